"""What a target promises is kept by every scenario that is not about it: the default run against a
server that makes a promise, with a profile that declares it, finds nothing, for each promise alone
and for all together."""

import concurrent.futures
import json
import pathlib
import tempfile
import unittest

from harness import Case, brief, by_verdict, run_json
from serving import Serve

JSON_CARRIER = {"prefix": "{\"say\":\"", "suffix": "\"}", "escape": "json"}
TOKEN = {"send": {"query": "token"}, "valid": "good", "wrong": ["bad"], "ttl_ms": 400}
CONNECTIONS = {"limit": 5, "action": "refuse", "status": 503}

# What the server is told, the profile, and the reason for which scenarios are skipped.
PROMISES = {
    "message_bytes 65536, in a carrier": (
        ["--max-message", 65536],
        {"policy": {"message_bytes": 65536}, "carrier": JSON_CARRIER},
        r"it sends a message of \d+ octets, and policy.message_bytes.limit is 65536"),
    "message_bytes 1000": (
        ["--max-message", 1000], {"policy": {"message_bytes": 1000}},
        r"it sends a message of \d+ octets, and policy.message_bytes.limit is 1000"),
    "message_bytes 100": (
        ["--max-message", 100], {"policy": {"message_bytes": 100}},
        r"it sends a message of \d+ octets, and policy.message_bytes.limit is 100"),
    "message_rate 20": (
        ["--message-rate", 20], {"policy": {"message_rate": 20}},
        r"it sends 2000 frames, which takes long where policy.message_rate.limit is 20"),
    "text_only": (
        ["--text-only"], {"policy": {"text_only": True}}, "the target declares policy.text_only"),
    "binary_only": (
        ["--binary-only"], {"policy": {"binary_only": True}},
        "the target declares policy.binary_only"),
    "token.ttl_ms 400": (
        ["--token", "good", "--token-ttl-ms", 400], {"policy": {"token": TOKEN}},
        "it takes longer than a connection lasts here: policy.token.ttl_ms is 400 ms"),
    "fragments 10": (
        ["--max-fragments", 10], {"policy": {"fragments": 10}},
        r"it sends a message in \d+ frames, and policy.fragments.limit is 10"),
    "connections 5": (
        ["--max-connections", 5], {"policy": {"connections": CONNECTIONS}},
        "it takes 16 connections at once, and policy.connections.limit is 5"),
    "session_ms 2000": (["--session-ms", 2000], {"policy": {"session_ms": 2000}}, None),
}
# All that can be promised together: text_only and binary_only leave nothing to send.
TOGETHER = (
    ["--max-message", 1000, "--message-rate", 20, "--text-only", "--token", "good",
     "--token-ttl-ms", 400, "--max-fragments", 10, "--max-connections", 5, "--session-ms", 2000],
    {"policy": {"message_bytes": 1000, "message_rate": 20, "text_only": True, "token": TOKEN,
                "fragments": 10, "connections": CONNECTIONS, "session_ms": 2000}})


def run_against(server, profile, *selectors, timeout=300):
    with tempfile.TemporaryDirectory() as folder, Serve(*server) as target:
        path = pathlib.Path(folder) / "profile.json"
        path.write_text(json.dumps(profile))
        return run_json(target.url(), *selectors, "--target", path, timeout=timeout)


class Promises(Case):
    def assertKept(self, run, report, least):
        self.assertEqual(by_verdict(report, "fail") + by_verdict(report, "error"), [],
                         brief(report, "fail", "error"))
        self.assertCode(run, 0)
        self.assertGreater(report["summary"]["pass"], least)

    def test_each_promise_alone(self):
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            runs = {name: pool.submit(run_against, server, profile)
                    for name, (server, profile, _) in PROMISES.items()}
        for name, (_, _, reason) in PROMISES.items():
            with self.subTest(name):
                run, report = runs[name].result()
                self.assertKept(run, report, 900 if name == "binary_only" else 1700)
                reasons = [row["because"] for row in by_verdict(report, "skipped")]
                if reason is not None:
                    self.assertRegex("\n".join(reasons), reason)

    def test_all_promises_together(self):
        run, report = run_against(*TOGETHER)
        self.assertKept(run, report, 1300)

    def test_a_rate_is_kept_by_waiting_and_by_skipping(self):
        run, report = run_against(
            ["--message-rate", 20], {"policy": {"message_rate": 20}},
            "masking/cut-at-every-offset",
            "framing/hundred-frames-in-one-segment", "framing/two-thousand-in-a-burst")
        rows = {row["name"].split("/")[1]: row for row in report["scenarios"]}
        self.assertEqual(rows["cut-at-every-offset"]["verdict"], "pass")
        self.assertGreater(rows["cut-at-every-offset"]["duration_ms"], 2000)
        for name in ("hundred-frames-in-one-segment", "two-thousand-in-a-burst"):
            self.assertEqual(rows[name]["verdict"], "skipped")
        self.assertKept(run, report, 0)

    def test_a_connection_that_lives_as_long_as_is_promised_is_not_turned_away(self):
        """Its token is over before the others are known to be refused."""
        run, report = run_against(
            ["--token", "good", "--token-ttl-ms", 60, "--max-connections", 5],
            {"policy": {"token": {**TOKEN, "ttl_ms": 60}, "connections": CONNECTIONS}},
            "policy/connections-above-the-limit")
        row, = report["scenarios"]
        self.assertEqual((row["verdict"], row["cause"]), ("skipped", "life-above-promise"), run)

    def test_what_is_declared_and_not_kept_by_the_server_is_found(self):
        """The promise is the server's: a scenario about it still tests it."""
        run, report = run_against(
            ["--max-message", 2000], {"policy": {"message_bytes": 1000}, "carrier": JSON_CARRIER},
            "policy/message-*")
        self.assertCode(run, 1)
        failed = {row["name"] for row in by_verdict(report, "fail")}
        self.assertIn("policy/message-above-the-size", failed)
        self.assertNotIn("policy/message-of-exactly-the-size", failed)


if __name__ == "__main__":
    unittest.main()
