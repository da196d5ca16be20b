"""1008 on real servers: npm ws with rate-limiter-flexible, FastAPI on uvicorn, Tornado, and wrong
ones. That each scenario is right and can fail is the matter of test_policy_proof.py."""

import json
import os
import socket
import unittest

from harness import Case, Server, brief, run_json
from serving import Serve

PROFILES = os.path.join(os.path.dirname(__file__), "..", "profiles")


def profile(name):
    return os.path.join(PROFILES, name + ".json")


def verdicts(report):
    return {row["name"]: row for row in report["scenarios"] if row["verdict"] != "skipped"}


RATE = ["policy/burst-above-the-rate", "policy/one-message-above-the-rate",
        "policy/empty-messages-count"]


class RateLimiter(Case):
    def run_policy(self, *server_options):
        with Server("ws_policy.mjs", "--limit", "20", "--window-ms", "1000",
                    "--forbidden", "badword", *server_options) as server:
            run, report = run_json(server.url(), "policy", "policy/steady-below-the-rate",
                                   "--set", "policy.windows=2",
                                   "--target", profile("ws-policy"))
        return run, verdicts(report)

    def test_1008_comes_after_exactly_20_messages(self):
        run, rows = self.run_policy()
        self.assertCode(run, 0)
        for name in RATE:
            self.assertEqual(rows[name]["verdict"], "pass", name)
            self.assertEqual(rows[name]["observed"]["code"], 1008, name)
            self.assertEqual(rows[name]["observed"]["answered"], 20, name)
        for name in ("policy/steady-below-the-rate", "policy/exactly-the-rate-limit",
                     "policy/rate-after-an-idle-window", "policy/nearly-forbidden-content-0"):
            self.assertEqual(rows[name]["verdict"], "pass", name)
        self.assertEqual(rows["policy/forbidden-content-0"]["observed"]["code"], 1008)
        # A fixed window lets twice the limit pass around its edge, and is told to be one.
        edge = rows["policy/twice-the-rate-around-a-window-edge"]
        self.assertEqual(edge["verdict"], "tolerated")
        self.assertIn("fixed", edge["because"])
        self.assertGreaterEqual(len(rows), 25)

    def test_a_close_that_comes_5_messages_too_early_is_found(self):
        run, rows = self.run_policy("--early", "5")
        self.assertCode(run, 1)
        self.assertEqual(rows[RATE[0]]["verdict"], "fail")
        self.assertEqual(rows[RATE[0]]["observed"]["answered"], 15)
        self.assertEqual(rows["policy/exactly-the-rate-limit"]["verdict"], "fail")

    def test_1011_in_place_of_1008_is_found(self):
        run, rows = self.run_policy("--close-code", "1011")
        self.assertCode(run, 1)
        for name in RATE + ["policy/forbidden-content-0"]:
            self.assertEqual((rows[name]["verdict"], rows[name]["class"]), ("fail", "other-code"))

    def test_a_drop_in_place_of_1008_is_found(self):
        run, rows = self.run_policy("--drop")
        self.assertCode(run, 1)
        for name in RATE:
            self.assertEqual((rows[name]["verdict"], rows[name]["class"]), ("fail", "drop"))

    def test_a_limit_that_is_not_enforced_is_found(self):
        run, rows = self.run_policy("--never")
        self.assertCode(run, 1)
        for name in RATE + ["policy/forbidden-content-0"]:
            self.assertEqual((rows[name]["verdict"], rows[name]["class"]), ("fail", "accepted"))


class Tokens(Case):
    NAMES = ["policy/no-token", "policy/wrong-token-0", "policy/wrong-token-1",
             "policy/expired-token", "policy/valid-token", "policy/token-runs-out"]
    SELECTORS = ["policy/no-token", "policy/wrong-token-*", "policy/expired-token",
                 "policy/valid-token", "policy/token-runs-out"]

    def test_missing_wrong_and_expired_tokens_on_uvicorn(self):
        for implementation in ("websockets", "wsproto"):
            with self.subTest(ws=implementation), \
                    Server("fastapi_app.py", "--ws", implementation) as server:
                run, report = run_json(server.url("/auth"), *self.SELECTORS, "--target",
                                       profile("fastapi-token"), "--set", "policy.active_ms=100")
                self.assertCode(run, 0)
                rows = verdicts(report)
                self.assertEqual(sorted(rows), sorted(self.NAMES))
                for name in self.NAMES:
                    self.assertEqual(rows[name]["verdict"], "pass", name)
                self.assertEqual(rows["policy/no-token"]["observed"]["code"], 1008)
                self.assertEqual(rows["policy/token-runs-out"]["observed"]["code"], 1008)
                self.assertGreater(rows["policy/token-runs-out"]["observed"]["answered"], 10)

    def test_a_refusal_in_the_handshake(self):
        with Server("fastapi_app.py") as server:
            run, report = run_json(server.url("/refuse"), *self.SELECTORS, "--target",
                                   profile("fastapi-refuse"))
        self.assertCode(run, 0)
        rows = verdicts(report)
        self.assertEqual(rows["policy/no-token"]["observed"]["http_status"], 403)
        self.assertEqual(rows["policy/valid-token"]["verdict"], "pass")

    def test_a_server_that_takes_every_token_is_found(self):
        with Server("fastapi_app.py") as server:
            run, report = run_json(server.url("/echo"), *self.SELECTORS, "--target",
                                   profile("fastapi-token"))
        self.assertCode(run, 1)
        rows = verdicts(report)
        for name in ("policy/no-token", "policy/wrong-token-1", "policy/expired-token",
                     "policy/token-runs-out"):
            self.assertEqual(rows[name]["verdict"], "fail", name)

    def test_no_token_is_printed(self):
        secret = "good-5ecret-canary"
        with Server("fastapi_app.py", "--token", secret) as server:
            run, report = run_json(server.url("/auth"), "policy/wrong-token-0", "policy/valid-token",
                                   "policy/almost-valid-token-*", "policy/token-twice-*", "-vv",
                                   "--target", profile("fastapi-token"),
                                   "--set", "policy.token.valid=" + secret)
        self.assertCode(run, 0)
        self.assertNotIn(secret, run.stdout + run.stderr + str(report))
        with Server("fastapi_app.py") as server:  # where findings come with a line to reproduce
            run, report = run_json(server.url("/echo"), "policy/wrong-token-0", "policy/no-token",
                                   "-vv", "--target", profile("fastapi-token"),
                                   "--set", "policy.token.valid=" + secret)
        self.assertCode(run, 1)
        self.assertIn("reproduce", run.stdout)
        self.assertNotIn(secret, run.stdout + run.stderr + str(report))


    def test_a_token_that_the_profile_does_not_have_is_missed_by_name(self):
        with Server("fastapi_app.py") as server:
            run, report = run_json(server.url("/refuse"), "policy/*-token*", "--target",
                                   profile("fastapi-refuse"), "--set", "policy.token.wrong=[]")
        self.assertCode(run, 0)
        rows = {row["name"]: row for row in report["scenarios"]}
        for name, missing in (("expired-token", "policy.token.expired"),
                              ("wrong-token-any", "policy.token.wrong"),
                              ("refusal-of-wrong-token-tells-nothing", "policy.token.wrong")):
            row = rows["policy/" + name]
            self.assertEqual(row["verdict"], "skipped", row)
            self.assertEqual(row["because"], f"the target declares no {missing}")


class Codes(Case):
    """A code that is false fails, one that says too little is tolerated, a listed one is right."""

    def closed_with(self, code, *options):
        with Server("tornado_app.py", "--text-only", "--forbidden", "badword", "--close-code",
                    code) as server:
            run, report = run_json(server.url(), "policy/binary-to-a-text-endpoint",
                                   "policy/forbidden-content-0",
                                   "policy/tcp-ends-after-a-close-for-content", "--target",
                                   profile("tornado"), *options)
        rows = verdicts(report)
        return run, rows["policy/binary-to-a-text-endpoint"], rows["policy/forbidden-content-0"]

    def test_too_little(self):
        run, binary, words = self.closed_with(1008)
        self.assertCode(run, 0)
        self.assertEqual((binary["verdict"], binary["cause"]), ("tolerated", "code-too-generic"))
        self.assertIn("1003 says that it is the type", binary["because"])
        self.assertIn("says too little", binary["diagnosis"])
        self.assertEqual((words["verdict"], words["class"]), ("pass", "exact"))

    def test_false(self):
        for code in (1000, 1002, 1007, 1011):
            run, binary, words = self.closed_with(code)
            self.assertCode(run, 1)
            for row in (binary, words):
                self.assertEqual((row["verdict"], row["class"]), ("fail", "other-code"), code)
                self.assertIn("says something else than what happened", row["diagnosis"])

    def test_listed(self):
        run, binary, _ = self.closed_with(1007, "--set", "policy.text_only.close=[1007]", "--set",
                                          "policy.forbidden.close=[1007]")
        self.assertCode(run, 0)
        self.assertEqual((binary["verdict"], binary["class"]), ("pass", "exact"))

    def test_an_application_s_own(self):
        run, binary, words = self.closed_with(4003)
        self.assertCode(run, 0)
        for row in (binary, words):
            self.assertEqual((row["verdict"], row["cause"]), ("tolerated", "code-not-listed"))


class Served(Case):
    def test_what_was_served_after_the_breach_is_counted(self):
        with Server("ws_policy.mjs", "--token", "good-1", "--late-refusal", "--token-late-ms",
                    100) as server:
            run, report = run_json(server.url(), "policy/nothing-served-with-wrong-token",
                                   "--set", "capabilities.echo=true", "--set",
                                   "policy.token.send.query=token", "--set",
                                   "policy.token.valid=good-1", "--set",
                                   'policy.token.wrong=["bad"]')
        self.assertCode(run, 1)
        row = report["scenarios"][0]
        self.assertEqual((row["class"], row["cause"]),
                         ("processed-after-fault", "served-after-breach"))
        self.assertIn("served 2 messages from the breach on", row["diagnosis"])


class WholeProfiles(Case):
    """What a user does: a profile, and all that it is about."""

    QUICK = ["--slow", "--exclude", "policy/heartbeat-pings"]

    def assertNoFailIn(self, server, path, name, *more):
        with server:
            run, report = run_json(server.url(path), "policy", *self.QUICK, "--target",
                                   profile(name), *more)
        self.assertEqual(report["summary"]["fail"] + report["summary"]["error"], 0,
                         brief(report, "fail", "error"))
        self.assertCode(run, 0)
        return verdicts(report)

    def test_an_application_in_json(self):
        rows = self.assertNoFailIn(Server("fastapi_app.py"), "/app", "fastapi-app")
        for name in ("right-withdrawn", "forbidden-to-this-user-0", "out-of-order-0",
                     "out-of-order-1", "in-order-1", "not-json-depth", "json-of-another-shape-1",
                     "no-token", "wrong-token-1", "data-that-looks-like-sql"):
            self.assertEqual(rows["policy/" + name]["verdict"], "pass", name)
        told = rows["policy/refusal-of-expired-token-tells-nothing"]
        self.assertEqual((told["verdict"], told["observed"]["reason"]),
                         ("tolerated", "token expired"))

    def test_a_login_by_the_first_message(self):
        rows = self.assertNoFailIn(Server("fastapi_app.py", "--auth-deadline-ms", 1500), "/login",
                              "fastapi-login-message")
        for name in ("no-auth-message", "data-before-auth", "wrong-token-0", "expired-token"):
            self.assertEqual(rows["policy/" + name]["verdict"], "pass", name)
        self.assertNotIn("policy/no-token", rows)

    def test_size_and_pace_on_tornado(self):
        rows = self.assertNoFailIn(
            Server("tornado_app.py", "--max-message", 65536, "--max-frame", 16384,
                   "--max-fragments", 100, "--frame-timeout-ms", 1500, "--message-timeout-ms",
                   1500, "--text-only", "--forbidden", "badword"), "/", "tornado")
        for name in ("frame-above-the-size", "message-of-exactly-the-size-in-frames",
                     "too-many-fragments", "stalled-frame", "stalled-message",
                     "binary-to-a-text-endpoint", "forbidden-content-in-pieces-0"):
            self.assertEqual(rows["policy/" + name]["verdict"], "pass", name)
        self.assertNotIn("policy/message-of-exactly-the-size", rows)

    def test_json_on_tornado(self):
        rows = self.assertNoFailIn(Server("tornado_app.py", "--json"), "/", "tornado-json")
        self.assertEqual(rows["policy/not-json-depth"]["verdict"], "pass")
        self.assertEqual(rows["policy/json-of-the-right-shape-1"]["verdict"], "pass")


class SharedByAllConnections(Case):
    def test_a_limit_that_one_scenario_used_up_fails_no_other(self):
        """Rates, connections and penalties of one address, with floods against each of them: the
        scenarios that send one message, the probes and the health checks still pass."""
        selectors = ["exactly-*", "burst-above-*", "rate-shared-*", "new-connection-*", "strikes",
                     "connections-above-*", "slots-*", "connects-*", "connects-above-the-rate",
                     "denied-*", "data-that-*"]
        with Server("ws_policy.mjs", "--limit", 20, "--scope", "address", "--max-connections", 8,
                    "--connect-limit", 20, "--deny", "127.0.0.66", "--strikes", 3,
                    "--penalty-ms", 1000) as server:
            run, report = run_json(server.url(), *["policy/" + name for name in selectors],
                                   "--shuffle", "--target", profile("ws-policy-address"),
                                   "--set", "policy.spare=3", "--set", "policy.churn_rounds=1")
        rows = verdicts(report)
        self.assertEqual({name: row["diagnosis"] for name, row in rows.items()
                          if row["verdict"] != "pass"}, {})
        self.assertGreaterEqual(len(rows), 18)
        self.assertCode(run, 0)

    def test_a_scenario_that_needs_too_many_connections_is_skipped(self):
        with Server("ws_policy.mjs", "--limit", 20, "--max-connections", 4) as server:
            run, report = run_json(
                server.url(), "policy/neighbours-unharmed", "policy/exactly-*",
                "--set", "policy.connections=4", "--set", "policy.message_rate.limit=20")
        self.assertCode(run, 0)
        row = next(row for row in report["scenarios"]
                   if row["name"] == "policy/neighbours-unharmed")
        self.assertEqual(row["verdict"], "skipped")
        self.assertEqual(row["because"],
                         "it takes 11 connections at once, and policy.connections.limit is 4")


class Triggers(Case):
    def test_a_trigger_that_fails_is_an_error_and_no_finding(self):
        steps = [{"connect": {"handshake": False}},
                 {"send": {"bytes": "POST /nowhere HTTP/1.1\r\nHost: a\r\n\r\n"}},
                 {"expect": {"http": 204}}]
        with Server("fastapi_app.py") as server:
            run, report = run_json(server.url("/app"), "policy/right-withdrawn", "--target",
                                   profile("fastapi-app"), "--set",
                                   "triggers.revoke-session=" + json.dumps(steps))
        self.assertCode(run, 3)
        row = report["scenarios"][0]
        self.assertEqual(row["verdict"], "error")
        self.assertIn("trigger:revoke-session failed", row["because"])
        self.assertIn("404", row["because"])


class FarAway(Case):
    """The machine's own address is not loopback, although nothing leaves the machine."""

    def setUp(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect(("192.0.2.1", 9))  # sends nothing
                self.address = probe.getsockname()[0]
            except OSError:
                self.address = "127.0.0.1"
        if self.address.startswith("127."):
            self.skipTest("no address but loopback")

    def test_load_needs_a_permission_and_a_source_address_needs_loopback(self):
        with Serve(listen=f"{self.address}:0") as server:
            run, report = run_json(server.url(), "policy/*-flood", "policy/data-that-*",
                                   "policy/denied-*", "--set",
                                   "policy.deny_address.addresses=[\"127.0.0.66\"]")
            self.assertCode(run, 0)
            rows = {row["name"]: row for row in report["scenarios"]}
            self.assertNotIn("policy/pong-flood", rows)
            self.assertEqual(rows["policy/denied-address-0"]["verdict"], "skipped")
            self.assertIn("127.0.0.66", rows["policy/denied-address-0"]["because"])
            self.assertEqual(rows["policy/data-that-looks-like-sql"]["verdict"], "pass")
            run, report = run_json(server.url(), "policy/pong-flood", "--set", "policy.pongs=5")
            self.assertCode(run, 2)
            self.assertIn("--i-may-load-this-target", run.stderr)
            run, report = run_json(server.url(), "policy/pong-flood", "--set", "policy.pongs=5",
                                   "--i-may-load-this-target")
            self.assertCode(run, 0)


class Prologue(Case):
    def test_a_login_and_its_captured_token(self):
        with Server("fastapi_app.py") as server:
            run, report = run_json(server.url("/ws-login"), "utf8", "--exclude", "tag:big",
                                   "--target", profile("fastapi-login"))
        self.assertCode(run, 0)
        self.assertEqual(report["summary"]["fail"] + report["summary"]["error"], 0)
        self.assertGreater(report["summary"]["pass"], 20)

    def test_a_prologue_that_fails_is_an_error_and_no_finding(self):
        with Server("fastapi_app.py") as server:
            run, report = run_json(server.url("/echo"), "utf8", "--exclude", "tag:big",
                                   "--target", profile("fastapi-login"))
        self.assertCode(run, 3)
        self.assertEqual(report["summary"]["skipped"], len(report["scenarios"]))
        self.assertEqual({row["cause"] for row in report["scenarios"]}, {"target-unreachable"})
        self.assertIn("The profile's prologue failed at step", run.words)


class PongBeforeTheClose(Case):
    def test_pong_comes_before_the_1008(self):
        """uvicorn and ws answer the ping after the offending message first: still a pass."""
        with Server("ws_policy.mjs", "--limit", "1000", "--forbidden", "badword") as server:
            run, report = run_json(server.url(), "policy/pong-before-the-close", "--target",
                                   profile("ws-policy"), "--repeat", "20")
        self.assertCode(run, 0)
        self.assertEqual(report["summary"]["pass"], 20)

    def test_a_pong_alone_does_not_prove_acceptance(self):
        with Server("fastapi_app.py") as server:
            run, report = run_json(server.url("/auth"), "policy/no-token", "--target",
                                   profile("fastapi-token"), "--repeat", "10")
        self.assertCode(run, 0)
        self.assertEqual(report["summary"]["pass"], 10)


if __name__ == "__main__":
    unittest.main()
