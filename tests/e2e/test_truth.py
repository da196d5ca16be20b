"""Whole runs against real servers find what tests/golden says, and nothing else. The servers that
need a compiler or more packages of the distribution run in ./dev truth."""

import unittest

from harness import Case
from truth import GOLDEN, SERVERS, compare, golden, run_on


class Golden(Case):
    def assertAsGolden(self, name):
        run, report = run_on(name)
        self.assertIsNotNone(report, run)
        self.assertEqual(compare(golden(name)["findings"], report), [])
        self.assertGreater(report["summary"]["pass"], 1000)

    def test_npm_ws(self):
        self.assertAsGolden("ws")

    def test_python3_websockets(self):
        self.assertAsGolden("websockets")

    def test_tornado(self):
        self.assertAsGolden("tornado")

    def test_npm_websocket(self):
        self.assertAsGolden("websocket")


class Files(Case):
    def test_every_golden_file_names_a_server_and_explains_its_findings(self):
        for path in sorted(GOLDEN.glob("*.json")):
            with self.subTest(path.name):
                self.assertIn(path.stem, SERVERS)
                kept = golden(path.stem)
                self.assertEqual(set(kept), {"server", "findings"})
                for entry in kept["findings"]:
                    self.assertLessEqual(set(entry), {"scenarios", "count", "section", "why"})
                    self.assertRegex(entry["section"], r"RFC \d{4} ")
                    self.assertTrue(entry["why"])

    def test_a_new_finding_and_a_missing_one_are_seen(self):
        report = {"scenarios": [
            {"name": "a/x", "verdict": "fail", "class": "drop", "spec": "RFC", "diagnosis": "d"},
            {"name": "a/y", "verdict": "pass"}]}
        self.assertEqual(len(compare([], report)), 1)
        self.assertEqual(compare([{"scenarios": "a/*"}], report), [])
        self.assertEqual(len(compare([{"scenarios": "a/x"}, {"scenarios": "a/y"}], report)), 1)
        self.assertEqual(len(compare([{"scenarios": ["a/*"], "count": 2}], report)), 1)


if __name__ == "__main__":
    unittest.main()
