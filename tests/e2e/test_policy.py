"""1008 on real servers: npm ws with rate-limiter-flexible, FastAPI on uvicorn, and wrong ones."""

import os
import unittest

from harness import Case, Server, run_json

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
            run, report = run_json(server.url(), "policy", "--target", profile("ws-policy"))
        return run, verdicts(report)

    def test_1008_comes_after_exactly_20_messages(self):
        run, rows = self.run_policy()
        self.assertCode(run, 0)
        for name in RATE:
            self.assertEqual(rows[name]["verdict"], "pass", name)
            self.assertEqual(rows[name]["observed"]["code"], 1008, name)
            self.assertEqual(rows[name]["observed"]["answered"], 20, name)
        for name in ("policy/steady-below-the-rate", "policy/exactly-the-rate-limit",
                     "policy/rate-after-an-idle-window", "policy/nearly-forbidden-content"):
            self.assertEqual(rows[name]["verdict"], "pass", name)
        self.assertEqual(rows["policy/forbidden-content"]["observed"]["code"], 1008)
        self.assertGreaterEqual(len(rows), 14)

    def test_a_close_that_comes_5_messages_too_early_is_found(self):
        run, rows = self.run_policy("--early", "5")
        self.assertCode(run, 1)
        self.assertEqual(rows[RATE[0]]["verdict"], "fail")
        self.assertEqual(rows[RATE[0]]["observed"]["answered"], 15)
        self.assertEqual(rows["policy/exactly-the-rate-limit"]["verdict"], "fail")

    def test_1011_in_place_of_1008_is_found(self):
        run, rows = self.run_policy("--close-code", "1011")
        self.assertCode(run, 1)
        for name in RATE + ["policy/forbidden-content"]:
            self.assertEqual((rows[name]["verdict"], rows[name]["class"]), ("fail", "other-code"))

    def test_a_drop_in_place_of_1008_is_found(self):
        run, rows = self.run_policy("--drop")
        self.assertCode(run, 1)
        for name in RATE:
            self.assertEqual((rows[name]["verdict"], rows[name]["class"]), ("fail", "drop"))

    def test_a_limit_that_is_not_enforced_is_found(self):
        run, rows = self.run_policy("--never")
        self.assertCode(run, 1)
        for name in RATE + ["policy/forbidden-content"]:
            self.assertEqual((rows[name]["verdict"], rows[name]["class"]), ("fail", "accepted"))


class Tokens(Case):
    NAMES = ["policy/no-token", "policy/wrong-token", "policy/expired-token", "policy/valid-token",
             "policy/token-runs-out"]

    def test_missing_wrong_and_expired_tokens_on_uvicorn(self):
        for implementation in ("websockets", "wsproto"):
            with self.subTest(ws=implementation), \
                    Server("fastapi_app.py", "--ws", implementation) as server:
                run, report = run_json(server.url("/auth"), "policy", "--target",
                                       profile("fastapi-token"))
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
            run, report = run_json(server.url("/refuse"), "policy", "--target",
                                   profile("fastapi-refuse"))
        self.assertCode(run, 0)
        rows = verdicts(report)
        self.assertEqual(rows["policy/no-token"]["observed"]["http_status"], 403)
        self.assertEqual(rows["policy/valid-token"]["verdict"], "pass")

    def test_a_server_that_takes_every_token_is_found(self):
        with Server("fastapi_app.py") as server:
            run, report = run_json(server.url("/echo"), "policy", "--target",
                                   profile("fastapi-token"))
        self.assertCode(run, 1)
        rows = verdicts(report)
        for name in ("policy/no-token", "policy/wrong-token", "policy/expired-token",
                     "policy/token-runs-out"):
            self.assertEqual(rows[name]["verdict"], "fail", name)

    def test_no_token_is_printed(self):
        secret = "good-5ecret-canary"
        with Server("fastapi_app.py") as server:
            run, report = run_json(server.url("/auth"), "policy/wrong-token", "policy/valid-token",
                                   "-vv", "--target", profile("fastapi-token"),
                                   "--set", "policy.token.valid=" + secret)
        self.assertCode(run, 0)
        self.assertNotIn(secret, run.stdout + run.stderr + str(report))
        with Server("fastapi_app.py") as server:  # where findings come with a line to reproduce
            run, report = run_json(server.url("/echo"), "policy/wrong-token", "policy/no-token",
                                   "-vv", "--target", profile("fastapi-token"),
                                   "--set", "policy.token.valid=" + secret)
        self.assertCode(run, 1)
        self.assertIn("reproduce", run.stdout)
        self.assertNotIn(secret, run.stdout + run.stderr + str(report))


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
        self.assertEqual(report["summary"]["fail"], 0)
        self.assertGreater(report["summary"]["error"], 0)


class PongBeforeTheClose(Case):
    def test_pong_comes_before_the_1008(self):
        """uvicorn and ws answer the ping behind the offending message first: still a pass."""
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
