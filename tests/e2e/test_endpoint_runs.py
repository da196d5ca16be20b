"""The whole default run against endpoints that are no echo servers, each with its profile: no fail that
a plain echo server on the same WebSocket library does not have, and no error."""

import unittest

from harness import ROOT, Case, brief, by_verdict, run_started

PROFILES = ROOT / "tests" / "profiles"
SOCKET_IO = "/socket.io/?EIO=4&transport=websocket"


class Endpoints(Case):
    plain = {}  # server and its options -> the names that fail there

    def failures_of_plain(self, name, *options, path="/", more=()):
        key = (name, options)
        if key not in Endpoints.plain:
            _, report = run_started(name, options, path, *more)
            Endpoints.plain[key] = {row["name"] for row in by_verdict(report, "fail")}
        return Endpoints.plain[key]

    def assertNoMoreThanPlain(self, server, profile, path, plain, least, options=(), more=()):
        run, report = run_started(server, options, path, "--target", PROFILES / f"{profile}.json",
                                  "--retry", 3, *more, timeout=400)
        self.assertEqual(by_verdict(report, "error"), [], brief(report, "error"))
        surplus = {row["name"] for row in by_verdict(report, "fail")} - plain
        self.assertEqual(surplus, set())
        self.assertIn(run.code, (0, 1), f"\n{run}")
        self.assertGreater(report["summary"]["pass"], least)

    def on_ws(self):
        return self.failures_of_plain("ws_echo.mjs", "--no-fragment-limit")

    def test_chat(self):
        self.assertNoMoreThanPlain("chat.mjs", "chat", "/", self.on_ws(), 1500)

    def test_graphql_transport_ws(self):
        # A busy machine may keep a login waiting.
        self.assertNoMoreThanPlain("graphql.mjs", "graphql", "/graphql", self.on_ws(), 1500,
                                   ["--init-wait-ms", 20000])

    def test_mqtt(self):
        self.assertNoMoreThanPlain("mqtt.mjs", "mqtt", "/", self.on_ws(), 500)

    def test_socket_io(self):
        # Engine.IO compares a whole target in absolute form with its path (RFC 9112 3.2.2).
        own = {"handshake/absolute-form", "handshake-headers/absolute-target-over-host"}
        self.assertNoMoreThanPlain("socketio.mjs", "socketio", SOCKET_IO, self.on_ws() | own, 1500)

    def test_json_rpc_with_rising_ids(self):
        self.assertNoMoreThanPlain("jsonrpc.mjs", "jsonrpc", "/", self.on_ws(), 1500)

    def test_stomp(self):
        quick = ("--timeout", 1000)  # this version leaves much of what is wrong without an answer
        plain = self.failures_of_plain("stomp.mjs", "--echo", path="/stomp", more=quick)
        self.assertNoMoreThanPlain("stomp.mjs", "stomp", "/stomp", plain, 700, more=quick)


if __name__ == "__main__":
    unittest.main()
