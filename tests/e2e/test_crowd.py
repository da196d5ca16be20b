"""Many connections at once, in one scenario and in many: above 500 the loop is libev's. No verdict
is lost, no Close is lost, and memory stays small."""

import json
import os
import tempfile
import unittest

from harness import Case, Server, memory_limit, run_json

BAD = {"text": {"hex": "ce ba e1 bd b9 ff"}}
FLOOD = {"burst": {"send": {"binary": {"random": 1000, "seed": 1}}, "count": 2000}}


def group(steps):
    """A scenario whose steps 600 (or, with --set, more) connections take together."""
    return {"suite": "crowd", "params": {"count": 600}, "defaults": {"within_ms": 10000},
            "scenarios": [{"id": "group", "title": "many together",
                           "connections": {"crowd": {"count": "${count}"}},
                           "steps": [{**step, "on": "crowd"} for step in steps]}]}


def single(count, steps):
    return {"suite": "crowd", "defaults": {"within_ms": 10000},
            "scenarios": [{"id": "single-${n}", "title": "one of many",
                           "for_each": {"n": {"range": [1, count]}}, "steps": steps}]}


class Crowd(Case):
    def run_document(self, server, document, *options):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "scenarios.json")
            with open(path, "w") as file:
                json.dump(document, file)
            return run_json(server.url(), path, *options, timeout=120)

    def assertAllPass(self, run, report, count):
        self.assertCode(run, 0)
        self.assertEqual(report["summary"]["pass"], count)
        self.assertLess(run.peak_rss, memory_limit(120))

    def test_2000_connections_of_a_group_are_closed_with_1007(self):
        document = group([{"connect": True}, {"send": BAD}, {"expect": {"close": 1007}}])
        with Server("ws_echo.mjs") as server:
            self.assertAllPass(*self.run_document(server, document, "--set", "crowd.count=2000"), 1)

    def test_2000_connections_of_a_group_get_their_echoes(self):
        document = group([{"connect": True}, {"send": {"text": "${conn}"}},
                          {"expect": {"echo": True}}, {"disconnect": True}])
        with Server("ws_echo.mjs") as server:
            self.assertAllPass(*self.run_document(server, document, "--set", "crowd.count=2000"), 1)

    def test_a_group_that_connects_again_while_another_strand_uses_it(self):
        document = group([{"connect": True}])
        document["scenarios"][0]["steps"] += [
            {"repeat": {"times": 40, "every_ms": 1, "background": True,
                        "steps": [{"send": {"text": "a"}, "on": "crowd"}]}},
            {"connect": True, "on": "crowd"}, {"wait_ms": 20}, {"connect": True, "on": "crowd"},
            {"send": {"text": "b"}, "on": "crowd"}, {"expect": {"echo": True}, "on": "crowd"}]
        with Server("ws_echo.mjs") as server:
            run, report = self.run_document(server, document, "--set", "crowd.count=1500")
        self.assertNoCrash(run)
        self.assertEqual(len(report["scenarios"]), 1)

    def test_2000_scenarios_at_once_have_a_verdict_each(self):
        document = single(2000, [{"send": BAD}, {"expect": {"close": 1007}}])
        with Server("ws_echo.mjs") as server:
            run, report = self.run_document(server, document, "-j", 2000)
        self.assertAllPass(run, report, 2000)
        self.assertEqual({row["observed"]["code"] for row in report["scenarios"]}, {1007})

    def test_one_wrong_connection_in_600_is_found(self):
        document = group([{"connect": True},
                          {"send": {"text": "${conn / 599}"}},  # 0 but for the last one
                          {"expect": {"message": {"equals": "0"}}}])
        with Server("ws_echo.mjs") as server:
            run, report = self.run_document(server, document)
        self.assertCode(run, 1)
        self.assertEqual(report["summary"]["fail"], 1)

    def test_how_many_counts_in_a_crowd(self):
        document = group([{"connect": True},
                          {"send": {"text": "${conn % 3}"}},
                          {"expect": {"message": {"equals": "0"}, "within_ms": 3000,
                                      "how_many": {"exactly": 200}}}])
        with Server("ws_echo.mjs") as server:
            self.assertAllPass(*self.run_document(server, document), 1)

    def test_600_floods_at_once_lose_no_close(self):
        """The server sends 1008 and closes while unread data waits: TCP answers with RST."""
        options = ("--set", "capabilities.echo=false")
        with Server("lost_close.py", "--read", "4096") as server:
            document = group([{"connect": True}, FLOOD, {"expect": {"close": 1008}}])
            self.assertAllPass(*self.run_document(server, document, *options), 1)
            document = single(600, [FLOOD, {"expect": {"close": 1008}}])
            run, report = self.run_document(server, document, "-j", 600, *options)
            self.assertAllPass(run, report, 600)
            self.assertEqual({row["observed"]["code"] for row in report["scenarios"]}, {1008})


if __name__ == "__main__":
    unittest.main()
