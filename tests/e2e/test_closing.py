"""How connections end: each server is correct but for one fault (tests/servers/closers.py), and the
scenario beside it must find that fault."""

import json
import pathlib
import tempfile

from harness import Case, Server, brief, run_json

PASS, LATE, FAIL = "pass", "tolerated", "fail"

# path, scenario, (verdict, class)
TABLE = [
    ("late-end", "close/close-1000", (PASS, "exact")),
    ("late-end", "close/tcp-ends-at-once", (LATE, None)),
    ("no-end", "close/close-1000", (FAIL, "hung")),
    ("no-end", "close/tcp-ends-at-once", (FAIL, "hung")),
    ("reset-end", "close/close-1000", (PASS, "exact")),
    ("reset-end", "close/tcp-ends-in-order", (LATE, None)),
    ("waits-for-answer", "close/error-without-our-answer-rsv1", (FAIL, "hung")),
    ("two-closes", "close/crossing-rsv1", (FAIL, "broken")),
    ("two-closes", "close/crossing-on-the-way", (FAIL, "broken")),
    ("pongs-on", "close/behind-the-servers-close", (FAIL, "broken")),
    ("pongs-on", "close/nothing-behind-rsv1", (FAIL, "broken")),
    ("sleeps-over-a-piece", "fragmentation/fragmented-close-1000-refused-at-the-header",
     (LATE, "other-code")),
    ("never-closes-for-a-piece", "fragmentation/fragmented-close-1000-refused-at-the-header",
     (FAIL, "accepted")),
    ("reads-on", "close/behind-our-close-a-text", (FAIL, "accepted")),
    ("reads-on", "close/behind-our-close-an-invalid-frame", (LATE, "other-code")),
    ("half-frame", "close/close-behind-a-text-of-256-kib", (FAIL, "broken")),
    ("echoes-any-code", "close-codes/valid-1001", (PASS, "exact")),
    ("echoes-any-code", "close-codes/reserved-1005", (FAIL, "broken")),
    ("echoes-any-code", "close-codes/above-4999-5000", (FAIL, "broken")),
    ("echoes-any-code", "close/close-body-of-one-octet", (FAIL, "broken")),
    ("names-an-extension", "close-codes/code-of-the-server-rsv1", (FAIL, "broken")),
    ("echoes-halves", "close/close-inside-a-message-without-echo", (FAIL, None)),
    ("crash", "close/server-goes-down", (FAIL, "drop")),
    ("crash", "close-codes/handler-that-throws-0", (LATE, "drop")),
]

PROFILE = {
    "triggers": {"shutdown": [{"send": {"text": "shutdown"}}]},
    "policy": {"throws": {"messages": ["boom"]}},
}


class Closing(Case):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("closers.py").start()
        cls.addClassCleanup(cls.server.stop)
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.profile = pathlib.Path(folder.name) / "profile.json"
        cls.profile.write_text(json.dumps(PROFILE), encoding="utf-8")

    def run_on(self, path, *selectors):
        return run_json(self.server.url(f"/{path}"), *selectors, "--target", self.profile,
                        "--set", "close.end_ms=2500", "--set", "close.back_ms=50")

    def test_each_fault_is_found(self):
        for path in dict.fromkeys(row[0] for row in TABLE):
            rows = {name: wanted for at, name, wanted in TABLE if at == path}
            with self.subTest(path):
                run, report = self.run_on(path, *rows)
                seen = {s["name"]: (s["verdict"], s["class"]) for s in report["scenarios"]}
                self.assertEqual(seen, rows, f"\n{run}")

    def test_the_honest_server_passes(self):
        run, report = run_json(self.server.url("/honest"), "close", "close-codes")
        self.assertCode(run, 0)
        self.assertEqual(report["summary"]["tolerated"], 0, brief(report, "tolerated"))

    def test_a_server_that_goes_down_in_order_and_a_handler_that_throws(self):
        run, report = self.run_on("restart", "close/server-goes-down",
                                  "close-codes/handler-that-throws-0")
        self.assertCode(run, 0)
        self.assertEqual(report["summary"]["pass"], 2, brief(report, "skipped", "tolerated"))

    def survives(self, server, path="/"):
        """The rows of close/close-survives-*: verdict, cause and share."""
        run, report = run_json(server.url(path), "close/close-survives-*", "--set",
                               "capabilities.echo=true", "--set", "capabilities.binary=true")
        self.assertIsNotNone(report, f"\n{run}")
        self.assertGreaterEqual(len(report["scenarios"]), 5)
        for row in report["scenarios"]:
            share = row.get("connections")
            yield row, (row["verdict"], row["cause"], share and (share["matched"], share["total"]))

    def test_a_close_that_a_reset_takes_away_is_counted_over_several_connections(self):
        lost = "A Close came on {} of 5 connections; on {} the server reset TCP without one."
        for fault, came in (("close-lost-to-reset", 0), ("close-lost-to-reset-2-of-5", 3)):
            with self.subTest(fault), Server("faulty.mjs", "--fault", fault) as server:
                for row, seen in self.survives(server):
                    self.assertEqual(seen, (LATE, "close-lost-to-reset", (came, 5)), row["name"])
                    self.assertIn(lost.format(came, 5 - came), row["diagnosis"])
                    self.assertIn("shutdown(SHUT_WR)", row["diagnosis"])
                    self.assertEqual((row["class"], row["observed"]["end"]), ("drop", "reset"))

    def test_a_reset_after_the_close_is_counted_and_takes_it_away_where_it_waits_for_the_client(self):
        with Server("faulty.mjs", "--fault", "reset-after-close") as server:
            for row, seen in self.survives(server):
                waits = row["name"] == "close/close-survives-unread-echoes"
                cause = "close-lost-to-reset" if waits else "reset-after-close"
                self.assertEqual(seen, (LATE, cause, (0, 5)), row["name"])

    def test_a_close_that_never_comes_is_not_said_to_be_lost(self):
        with Server("faulty.mjs", "--fault", "reset-on-invalid") as server:
            for row, (verdict, cause, share) in self.survives(server):
                if row["name"].endswith("bad-text"):
                    self.assertEqual((verdict, cause, share), (LATE, "reset-without-close", None))
                else:
                    self.assertEqual(verdict, PASS, row["name"])

    def test_without_trigger_and_policy_they_are_skipped(self):
        run, report = run_json(self.server.url("/honest"), "close/server-goes-down",
                               "close-codes/handler-that-throws-*", "close/close-1000")
        self.assertCode(run, 0)
        self.assertEqual(report["summary"]["pass"], 1)

    def test_a_heartbeat_closes_a_client_that_does_not_answer(self):
        policy = ("control/heartbeat-*", "--slow", "--set", "policy.heartbeat_ms.limit=600",
                  "--set", "policy.heartbeat_ms.close=1011")
        with Server("websockets_echo.py", "--heartbeat-ms", 600) as server:
            run, report = run_json(server.url(), *policy)
        self.assertCode(run, 0)
        self.assertEqual(report["summary"]["pass"], 4, f"\n{run}")
        with Server("websockets_echo.py") as server:  # its first ping comes after 20 s
            run, report = run_json(server.url(), *policy)
        seen = {s["name"]: s["verdict"] for s in report["scenarios"]}
        self.assertEqual(seen, {"control/heartbeat-answered": "pass",
                                "control/heartbeat-unanswered": "tolerated",  # the RFC asks for none
                                "control/heartbeat-answered-with-other-octets": "tolerated",
                                "control/heartbeat-answered-too-late": "tolerated"}, f"\n{run}")


if __name__ == "__main__":
    import unittest
    unittest.main()
