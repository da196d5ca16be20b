"""A server that never frees the slots of connections that ended without a Close: one finding, that
names the kind of end and how many it took, whatever the server then says."""

import json
import pathlib
import tempfile
import unittest

from harness import SERVERS, Case, Server, run_json, unused_port

ECHO = ("--set", "capabilities.echo=true")
# Fault of faulty.mjs, and how it meets a connection once its sixty slots are gone.
WAYS = (
    ("slots-leak-503", "refused with HTTP 503"),
    ("slots-leak-drop", "dropped without an answer"),
    ("slots-leak-silent", "left without an answer"),
)
HOW = {
    "refused with HTTP 503": "refused a new one with HTTP 503",
    "dropped without an answer": "dropped a new one without an answer",
    "left without an answer": "left a new one without an answer",
}
# Several ends of every kind, and few of the suites that need hundreds.
WITH_START = ("limits/slots-are-*", "framing/*", "close/*")
# Forty connections that are reset, twice; one that is served meanwhile; and what comes after.
MET = [
    {"id": "stays", "steps": [
        {"repeat": {"times": 60, "every_ms": 50, "steps": [
            {"send": {"ping": "x"}}, {"expect": {"pong": True}}]}}]},
    *({"id": f"resets-{n}", "connections": {"lost": {}}, "steps": [
        {"repeat": {"times": 20, "steps": [
            {"connect": True, "on": "lost"}, {"reset": True, "on": "lost"}]}}]} for n in range(3)),
    {"id": "resets-3", "steps": [{"reset": True}]},
    *({"id": f"after-{n}", "steps": [{"send": {"text": "x"}}, {"expect": {"echo": True}}]}
      for n in range(60)),
]
PART = ("framing/length-*-text", "tag:6455-7.1.1-c", "close/close-1000")


class Leaks(Case):
    def test_one_finding_names_the_end_and_the_number(self):
        for fault, way in WAYS:
            with self.subTest(fault), Server("faulty.mjs") as server:
                run, report = run_json(server.url(f"/?fault={fault}"), *PART, *ECHO, timeout=60)
                self.assertCode(run, 1)
                found = [s for s in report["scenarios"] if s["verdict"] == "fail"]
                self.assertEqual(len(found), 1, f"\n{run}")
                one = found[0]
                self.assertEqual((one["class"], one["cause"], one["impact"]),
                                 ("leaks", "slots-leaked", "critical"))
                self.assertRegex(one["name"], "^limits/slots-are-free-after-")
                self.assertRegex(one["diagnosis"],
                                 f"^After 6[0-9] connections of this kind had ended, a new one was {way}")
                self.assertEqual(report["summary"]["error"], 0, f"\n{run}")
                skipped = {s["cause"] for s in report["scenarios"] if s["verdict"] == "skipped"}
                self.assertEqual(skipped, {"slots-gone"})

    def test_a_whole_run_has_that_finding_and_no_other(self):
        for fault, way in WAYS:
            with self.subTest(fault), Server("faulty.mjs", "--fault", fault) as server:
                run, report = run_json(server.url(), *ECHO, timeout=120)
                self.assertCode(run, 1)
                found = [s for s in report["scenarios"] if s["verdict"] == "fail"]
                self.assertEqual([s["name"] for s in found], ["limits/slots-are-free-after-reset"],
                                 f"\n{run}")
                self.assertEqual((found[0]["class"], found[0]["cause"]), ("leaks", "slots-leaked"))
                self.assertRegex(found[0]["diagnosis"],
                                 f"^After 6[0-9] connections of this kind had ended, a new one was {way}")
                self.assertEqual(report["summary"]["error"], 0, f"\n{run}")
                self.assertEqual(report["summary"]["tolerated"], 0, f"\n{run}")
                skipped = [s["cause"] for s in report["scenarios"] if s["verdict"] == "skipped"]
                self.assertGreater(skipped.count("slots-gone"), 2000)
                self.assertNotIn("server-down", skipped)

    def test_a_server_that_is_started_again_has_each_kind_of_end_and_all_other_verdicts(self):
        for fault, way in WAYS:
            port = unused_port()
            command = f"exec node {SERVERS / 'faulty.mjs'} --port {port} --fault {fault}"
            with self.subTest(fault):
                run, report = run_json(f"ws://127.0.0.1:{port}/", *ECHO, *WITH_START, "--start",
                                       command, timeout=120)
                self.assertCode(run, 1)
                found = {s["name"]: s for s in report["scenarios"] if s["verdict"] == "fail"}
                self.assertEqual(set(found), {f"limits/slots-are-free-after-{kind}" for kind in
                                              ("reset", "reset-in-a-message", "fin")}, f"\n{run}")
                for one in found.values():
                    self.assertEqual(one["class"], "leaks")
                    self.assertRegex(one["diagnosis"], f"^After 6[0-9] connections .* was {way}")
                self.assertEqual(report["summary"]["error"], 0, f"\n{run}")
                self.assertIn("leaks", run.stdout)
                self.assertIn(": 3 scenarios", run.stdout)  # one group
                causes = {s["cause"] for s in report["scenarios"] if s["verdict"] == "skipped"}
                self.assertFalse(causes & {"slots-gone", "server-down"})

    def test_a_scenario_that_only_met_it_says_so(self):
        # Drop and silence are told from a crash or a hang by older connections that are still served.
        for fault, way in WAYS:
            with self.subTest(fault), Server("faulty.mjs", "--fault", fault) as server, \
                    tempfile.TemporaryDirectory() as folder:
                file = pathlib.Path(folder, "mine.json")
                file.write_text(json.dumps({"suite": "mine", "scenarios": MET}))
                run, report = run_json(server.url(), file, *ECHO, "--connect-timeout", "1500",
                                       "-j", "4", timeout=60)
                self.assertCode(run, 1)
                found = [s for s in report["scenarios"] if s["verdict"] == "fail"]
                self.assertEqual([(s["class"], s["cause"]) for s in found],
                                 [("leaks", "slots-leaked-in-run")], f"\n{run}")
                self.assertRegex(found[0]["diagnosis"],
                                 f"^Of [0-9]+ connections [0-9]+ had ended without .* {HOW[way]}")
                self.assertIn("This scenario only met it", run.words)
                self.assertEqual(report["summary"]["error"], 0, f"\n{run}")
                skipped = {s["cause"] for s in report["scenarios"] if s["verdict"] == "skipped"}
                self.assertEqual(skipped, {"slots-gone"})

    def test_what_cannot_be_told_from_a_hang_is_not_judged_and_says_why(self):
        with Server("faulty.mjs", "--fault", "slots-leak-silent") as server, \
                tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "mine.json")
            file.write_text(json.dumps({"suite": "mine", "scenarios": MET[1:]}))
            run, report = run_json(server.url(), file, *ECHO, "--connect-timeout", "500", "-j", "1",
                                   timeout=60)
        self.assertCode(run, 3)
        self.assertEqual({s["cause"] for s in report["scenarios"] if s["verdict"] == "error"},
                         {"no-new-connections"}, f"\n{run}")
        self.assertIn("cannot be told without a restart", run.words)

    def test_a_server_that_frees_them_has_no_finding(self):
        for server in (("faulty.mjs",), ("ws_echo.mjs",), ("websockets_echo.py",)):
            with self.subTest(server[0]), Server(*server) as running:
                run, report = run_json(running.url(), "tag:6455-7.1.1-c", *ECHO, timeout=60)
                self.assertCode(run, 0)
                self.assertEqual(report["summary"]["pass"], 6, f"\n{run}")


if __name__ == "__main__":
    unittest.main()
