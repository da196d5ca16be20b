"""A finding's line to reproduce it is tried before it is printed: alone, else in company."""

import json
import pathlib
import re
import shlex
import tempfile
import xml.etree.ElementTree as ET

from harness import Case, Server, by_verdict, load_and_check_report, wsspec

CHARACTER = "ce ba"  # one, in two octets

# One checker for all connections (fault utf8-shared): while `holds` waits inside a character, the
# text of `plain` is read as its end.
HOLDS = {"id": "holds", "steps": [
    {"send": {"text": {"hex": CHARACTER}, "hold": {"at": 1, "release_ms": 400}}},
    {"expect": {"echo": True}}]}
PLAIN = {"id": "plain", "steps": [
    {"wait_ms": 150}, {"send": {"text": "plain"}}, {"expect": {"echo": True}}]}
OTHER = {"id": "other", "steps": [{"send": {"ping": "x"}}, {"expect": {"pong": True}}]}

# One after the other: a character that `cuts` leaves open is still open for `after`, and `ends`
# closes it.
CUTS = {"id": "a-cuts", "steps": [
    {"send": {"frame": {"fin": False, "opcode": 1, "payload": {"hex": "ce"}}}},
    {"send": {"ping": "read?"}}, {"expect": {"pong": True}}, {"reset": True}]}
AFTER = {"id": "b-after", "steps": [{"send": {"text": "plain"}}, {"expect": {"echo": True}}]}
ENDS = {"id": "c-ends", "steps": [
    {"send": {"frame": {"fin": False, "opcode": 1, "payload": {"hex": "ba"}}}},
    {"expect": {"open_for_ms": 50}}, {"reset": True}]}


class Reproduce(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def suite(self, *scenarios):
        path = self.folder / "mine.json"
        path.write_text(json.dumps({"suite": "mine", "scenarios": list(scenarios)}))
        return str(path)

    def run_all(self, url, *args, **more):
        """The run, its JSON report, the text of its JUnit report and its events."""
        files = {name: self.folder / name for name in ("json", "junit", "events")}
        run = wsspec("run", url, *args, "--report-json", files["json"], "--report-junit",
                     files["junit"], "--events", files["events"], **more)
        junit = "".join(ET.parse(files["junit"]).getroot().itertext())
        events = [json.loads(line) for line in files["events"].read_text().splitlines()]
        return run, load_and_check_report(files["json"]), junit, events

    def line(self, run):
        return re.search(r"reproduce +wsspec (.*)", run.stdout).group(1)

    def test_a_plain_finding_is_repeated_alone(self):
        with Server("accept_all.mjs") as server:
            run, report, junit, events = self.run_all(server.url(), "utf8/ill-formed-*")
        self.assertCode(run, 1)
        self.assertIn("reproduced alone: yes", run.words)
        self.assertIn("reproduced alone: yes", junit)
        told = [s for s in report["scenarios"] if "reproduction" in s]
        self.assertGreater(len(by_verdict(report, "fail")), 40)
        self.assertEqual(len(told), 1)  # of its group, the one that is shown
        self.assertEqual(told[0]["reproduction"], {"alone": True, "with": [], "jobs": 1})
        repeated = [e for e in events if e["event"] == "repeated"]
        self.assertEqual([(e["name"], e["reproduction"]["alone"]) for e in repeated],
                         [(told[0]["name"], True)])
        self.assertEqual(sum(e["event"] == "result" for e in events), len(report["scenarios"]))

    def test_what_fails_only_in_company_names_it(self):
        file = self.suite(HOLDS, OTHER, PLAIN)
        with Server("faulty.mjs", "--fault", "utf8-shared") as server:
            run, report, junit, _ = self.run_all(server.url(), file)
            self.assertCode(run, 1)
            plain = next(s for s in report["scenarios"] if s["name"] == "mine/plain")
            self.assertEqual(plain["verdict"], "fail")
            self.assertEqual(plain["reproduction"]["alone"], False)
            self.assertIn("mine/holds", plain["reproduction"]["with"])
            self.assertIn("reproduced alone: no", run.words)
            self.assertIn("reproduced alone: no", junit)
            self.assertRegex(self.line(run), r" -j [23] mine/plain mine/holds")
            again = wsspec(*shlex.split(self.line(run)))
            self.assertCode(again, 1)
            self.assertRegex(again.stdout, r"FAIL +mine/plain")
            alone = wsspec("run", server.url(), file, "mine/plain")
            self.assertCode(alone, 0)

    def test_what_fails_only_in_the_run_has_the_command_of_the_run(self):
        file = self.suite(CUTS, AFTER, ENDS, OTHER)
        with Server("faulty.mjs", "--fault", "utf8-shared") as server:
            run, report, _, _ = self.run_all(server.url(), file, "-j", "1", "--seed", "5",
                                             "--exclude", "mine/oth*", "mine/*")
            self.assertCode(run, 1)
            after = next(s for s in report["scenarios"] if s["name"] == "mine/b-after")
            self.assertEqual(after["reproduction"], {"alone": False, "with": [], "jobs": 1})
            self.assertIn("reproduced alone: no; the line repeats the whole run", run.words)
            self.assertEqual(self.line(run), f"run {server.url()} --seed 5 {file} -j 1 "
                                             "--exclude 'mine/oth*' 'mine/*'")
            again = wsspec(*shlex.split(self.line(run)))
            self.assertCode(again, 1)
            self.assertRegex(again.stdout, r"FAIL +mine/b-after")

    def test_no_verdict_changes(self):
        file = self.suite(HOLDS, OTHER, PLAIN)
        with Server("faulty.mjs", "--fault", "utf8-shared") as server:
            run, report, _, _ = self.run_all(server.url(), file)
        self.assertEqual(len(report["scenarios"]), 3)
        self.assertEqual(report["summary"]["fail"], 1, f"\n{run}")

    def test_what_took_longer_than_all_may_is_not_repeated(self):
        def close_due(name, text, ms):
            return {"id": name, "steps": [{"send": {"text": text}},
                                          {"expect": {"close": 1007, "within_ms": ms}}]}
        file = self.suite(close_due("hangs", {"hex": "ff"}, 6000), close_due("quick", "good", 200))
        with Server("faulty.mjs", "--fault", "hang-on-invalid") as server:
            run, report, _, _ = self.run_all(server.url(), file, "-j", "1")
        tried = {s["name"]: "reproduction" in s for s in by_verdict(report, "fail")}
        self.assertEqual(tried, {"mine/hangs": False, "mine/quick": True}, f"\n{run}")
        self.assertEqual(run.stdout.count("reproduced alone"), 1)

    def test_after_max_time_nothing_is_repeated(self):
        bad = {"id": "bad", "steps": [{"send": {"text": {"hex": "ff"}}}, {"expect": {"close": 1007}}]}
        file = self.suite(bad, {"id": "waits", "steps": [{"wait_ms": 5000}]})
        with Server("accept_all.mjs") as server:
            run, report, _, _ = self.run_all(server.url(), file, "--max-time", "1")
        self.assertEqual(report["summary"]["fail"], 1, f"\n{run}")
        self.assertNotIn("reproduced alone", run.words)
        self.assertNotIn("reproduction", json.dumps(report))


if __name__ == "__main__":
    import unittest
    unittest.main()
