"""The whole default run against endpoints that are no echo servers, each with its profile: no fail that
a plain echo server on the same WebSocket library does not have, and no error."""

import json
import unittest

from harness import ROOT, Case, brief, by_verdict, run_started

PROFILES = ROOT / "tests" / "profiles"
SOCKET_IO = "/socket.io/?EIO=4&transport=websocket"


class Plain:
    """A plain echo server, and the names that fail on it."""

    def __init__(self, *command, path="/", more=()):
        self.command, self.path, self.more = command, path, more
        self.failing = self.run()

    def run(self, *selected):
        _, report = run_started(self.command[0], self.command[1:], self.path, *selected, *self.more)
        return {row["name"] for row in by_verdict(report, "fail")}

    def fails_too(self, names):
        """Those of the names that fail here as well: at once, or in one of ten runs, as what a library
        does with octets that come one by one depends on how many of them it reads at a time."""
        for _ in range(10):
            if names <= self.failing:
                break
            self.failing |= self.run(*names - self.failing)
        return names & self.failing


class Endpoints(Case):
    @classmethod
    def setUpClass(cls):
        cls.ws = Plain("ws_echo.mjs", "--no-fragment-limit")

    def assertNoMoreThanPlain(self, server, profile, path, plain, least, options=(), more=(), own=()):
        run, report = run_started(server, options, path, "--target", PROFILES / f"{profile}.json",
                                  "--retry", 3, *more, timeout=400)
        self.assertEqual(by_verdict(report, "error"), [], brief(report, "error"))
        failing = {row["name"]: row for row in by_verdict(report, "fail")}
        surplus = set(failing) - set(own) - plain.failing
        surplus -= plain.fails_too(surplus)
        self.assertEqual(surplus, set(), json.dumps([failing[name] for name in surplus], indent=1))
        self.assertIn(run.code, (0, 1), f"\n{run}")
        self.assertGreater(report["summary"]["pass"], least)

    def test_chat(self):
        self.assertNoMoreThanPlain("chat.mjs", "chat", "/", self.ws, 1500)

    def test_graphql_transport_ws(self):
        # A busy machine may keep a login waiting.
        self.assertNoMoreThanPlain("graphql.mjs", "graphql", "/graphql", self.ws, 1500,
                                   ["--init-wait-ms", 20000])

    def test_mqtt(self):
        self.assertNoMoreThanPlain("mqtt.mjs", "mqtt", "/", self.ws, 500)

    def test_socket_io(self):
        # Engine.IO compares a whole target in absolute form with its path (RFC 9112 3.2.2).
        own = {"handshake/absolute-form", "handshake-headers/absolute-target-over-host"}
        self.assertNoMoreThanPlain("socketio.mjs", "socketio", SOCKET_IO, self.ws, 1500, own=own)

    def test_json_rpc_with_rising_ids(self):
        self.assertNoMoreThanPlain("jsonrpc.mjs", "jsonrpc", "/", self.ws, 1500)

    def test_stomp(self):
        quick = ("--timeout", 1000)  # this version leaves much of what is wrong without an answer
        plain = Plain("stomp.mjs", "--echo", path="/stomp", more=quick)
        self.assertNoMoreThanPlain("stomp.mjs", "stomp", "/stomp", plain, 700, more=quick)


if __name__ == "__main__":
    unittest.main()
