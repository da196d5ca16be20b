"""The scenario files say what they claim: every row of scenarios/coverage (requirements of the RFCs,
text u-*, policies p-*, cases of the Autobahn|Testsuite) has its scenarios, and Python's strict
decoder agrees with each table."""

import collections
import itertools
import json
import unittest

from harness import ROOT, Case, wsspec

TABLES = ROOT / "scenarios" / "tables"
MAX_EXCEPTIONS = 15
SUITES_ABOUT_TEXT = ("utf8", "binary-as-text", "close-reason", "deflate-data")


def coverage_file(name):
    with open(ROOT / "scenarios" / "coverage" / f"{name}.json", encoding="utf-8") as file:
        return json.load(file)


def row_ids(*prefixes):
    """The ids of scenarios/coverage/requirements.json that begin so: "u-" text, "p-" policies."""
    return [row["id"] for row in coverage_file("requirements") if row["id"].startswith(prefixes)]


def exceptions():
    return coverage_file("exceptions")


def all_scenarios():
    run = wsspec("list", "--json")
    if run.code != 0:
        raise AssertionError(str(run))
    return json.loads(run.stdout)["scenarios"]


def table(name):
    with open(TABLES / f"{name}.json", encoding="utf-8") as file:
        return json.load(file)


def well_formed(octets):
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def can_become_well_formed(octets):
    """Whether something could still follow: at most three octets, and only their ranges count."""
    return any(well_formed(octets + bytes(tail))
               for n in range(4)
               for tail in itertools.product((0x80, 0x90, 0xA0, 0xBF), repeat=n))


def proving_octet(octets):
    """The index of the first octet that proves `octets` ill-formed; their number if only the end
    of the message does."""
    for n in range(len(octets)):
        if not can_become_well_formed(octets[:n + 1]):
            return n
    return len(octets)


class Requirements(Case):
    @classmethod
    def setUpClass(cls):
        cls.rows = {row["id"]: row for row in coverage_file("requirements")}
        cls.ids = list(cls.rows)
        cls.tagged = collections.defaultdict(list)
        cls.scenarios = all_scenarios()
        for scenario in cls.scenarios:
            for tag in scenario["tags"]:
                cls.tagged[tag].append(scenario["name"])

    def test_every_row_has_a_scenario_or_a_reason(self):
        excepted = {entry["id"] for entry in exceptions()}
        missing = [i for i in self.ids if i not in self.tagged and i not in excepted]
        self.assertEqual(missing, [], "neither tagged nor excepted")
        both = [i for i in self.ids if i in self.tagged and i in excepted]
        self.assertEqual(both, [], "tagged and excepted")

    def test_exceptions_are_few_and_explained(self):
        entries = exceptions()
        self.assertLessEqual(len(entries), MAX_EXCEPTIONS)
        self.assertEqual(len({entry["id"] for entry in entries}), len(entries))
        for entry in entries:
            self.assertTrue(entry["reason"].strip(), entry["id"])
            self.assertIn(entry["id"], self.rows)

    def test_each_row_stands_once_and_can_be_understood(self):
        rows = coverage_file("requirements")
        self.assertEqual(len(rows), len(self.rows))
        self.assertEqual(len(row_ids("u-")), 196)
        self.assertEqual(len(row_ids("p-")), 73)
        self.assertEqual(len(row_ids("6455-", "7692-")), 278)
        for row in rows:
            with self.subTest(row["id"]):
                self.assertEqual(set(row), {"id", "spec", "level", "sent", "wanted"})
                self.assertIn(row["level"], ("MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY",
                                             "ROBUST"))
                self.assertTrue(row["sent"] and row["wanted"] and row["spec"])

    def test_a_rule_is_a_row_and_a_tag(self):
        ruled = [s for s in self.scenarios if s["rule"]]
        self.assertGreater(len(ruled), 2500)
        for scenario in ruled:
            with self.subTest(scenario["name"]):
                self.assertIn(scenario["rule"], self.rows)
                self.assertIn(scenario["rule"], scenario["tags"])

    def test_every_policy_scenario_says_which_row_it_is(self):
        for scenario in self.scenarios:
            if scenario["name"].startswith("policy/"):
                with self.subTest(scenario["name"]):
                    self.assertTrue(scenario["rule"])
                    self.assertTrue(scenario["title"])

    def test_every_scenario_about_text_says_where_it_comes_from(self):
        for scenario in self.scenarios:
            if scenario["name"].split("/")[0] not in SUITES_ABOUT_TEXT:
                continue
            with self.subTest(scenario["name"]):
                self.assertTrue(scenario["rule"])
                self.assertRegex(scenario["spec"], r"^RFC \d+ \d")
                self.assertTrue(scenario["title"])


class Coverage(Case):
    """`list --coverage` against the files themselves."""

    @classmethod
    def setUpClass(cls):
        run = wsspec("list", "--coverage", "--json")
        if run.code != 0:
            raise AssertionError(str(run))
        cls.coverage = json.loads(run.stdout)
        cls.text = wsspec("list", "--coverage").stdout
        cls.tagged = collections.defaultdict(list)
        for scenario in all_scenarios():
            for tag in scenario["tags"]:
                cls.tagged[tag].append(scenario["name"])

    def test_the_scenarios_named_are_those_with_the_tag(self):
        for kind, prefix in (("requirements", ""), ("autobahn", "autobahn:")):
            for row in self.coverage[kind]:
                self.assertEqual(row["scenarios"], self.tagged.get(prefix + row["id"], []),
                                 row["id"])

    def test_the_totals_are_the_sums(self):
        for kind in ("requirements", "autobahn"):
            rows, totals = self.coverage[kind], self.coverage["totals"][kind]
            covered = [r for r in rows if r["scenarios"]]
            reasoned = [r for r in rows if not r["scenarios"] and "reason" in r]
            self.assertEqual(totals["rows"], len(rows))
            self.assertEqual(totals["covered"], len(covered))
            self.assertEqual(totals["unobservable"], len(reasoned))
            self.assertEqual(totals["missing"], len(rows) - len(covered) - len(reasoned))
            self.assertEqual(totals["scenarios"],
                             len({name for r in rows for name in r["scenarios"]}))

    def test_the_text_has_a_line_for_each_row_and_the_totals(self):
        words = [line.split()[0] for line in self.text.splitlines() if line.strip()]
        for kind in ("requirements", "autobahn"):
            for row in self.coverage[kind]:
                self.assertIn(row["id"], words)
            self.assertRegex(self.text, rf"(?m)^{kind}: ".replace("autobahn", "Autobahn"))

    def test_no_tag_looks_like_a_row_and_is_none(self):
        rows = {r["id"] for r in self.coverage["requirements"]}
        rows |= {"autobahn:" + r["id"] for r in self.coverage["autobahn"]}
        wrong = [tag for tag in self.tagged
                 if tag.startswith(("6455-", "7692-", "u-", "p-", "autobahn:"))
                 and tag not in rows]
        self.assertEqual(wrong, [])

    def test_every_requirement_and_every_case_is_covered_or_excepted(self):
        for kind, rows in (("requirements", 547), ("autobahn", 517)):
            ids = [r["id"] for r in self.coverage[kind]]
            self.assertEqual((len(ids), len(set(ids))), (rows, rows))
            self.assertEqual([r["id"] for r in self.coverage[kind]
                              if not r["scenarios"] and not r.get("reason")], [])
            self.assertEqual([r["id"] for r in self.coverage[kind]
                              if r["scenarios"] and r.get("reason")], [])

    def test_every_scenario_has_a_title_a_section_and_a_row(self):
        for scenario in all_scenarios():
            with self.subTest(scenario["name"]):
                self.assertTrue(scenario["title"])
                self.assertTrue(scenario["tags"])
                if not scenario["name"].startswith("policy/"):
                    self.assertRegex(scenario["spec"], r"RFC \d+ \d|IANA")


class Tables(Case):
    ILL_FORMED = ("ill-formed", "foreign-encodings", "binary", "close-reasons")

    def test_ids_are_requirements_and_stand_once(self):
        ids = [row["id"] for name in (*self.ILL_FORMED, "valid") for row in table(name)]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertEqual([i for i in ids if i not in row_ids("u-")], [])

    def test_the_keys(self):
        for name in (*self.ILL_FORMED, "valid"):
            keys = {"id", "title", "hex"} | (set() if name == "valid" else {"proves_at"})
            for row in table(name):
                self.assertEqual(set(row), keys, row["id"])
                self.assertTrue(row["title"], row["id"])
                self.assertEqual(row["hex"], bytes.fromhex(row["hex"]).hex(" "), row["id"])

    def test_valid_is_valid(self):
        for row in table("valid"):
            self.assertTrue(well_formed(bytes.fromhex(row["hex"])), row["id"])

    def test_the_others_are_ill_formed_and_the_octet_that_proves_it_is_right(self):
        for name in self.ILL_FORMED:
            for row in table(name):
                octets = bytes.fromhex(row["hex"])
                self.assertFalse(well_formed(octets), row["id"])
                self.assertEqual(row["proves_at"], proving_octet(octets), row["id"])

    def test_ill_formed_stays_so_inside_good_text(self):
        for row in table("ill-formed"):
            self.assertFalse(well_formed(b"ab" + bytes.fromhex(row["hex"]) + b"cd"), row["id"])

    def test_a_close_reason_fits_its_frame(self):
        for row in table("close-reasons"):
            self.assertLessEqual(len(bytes.fromhex(row["hex"])), 123, row["id"])


if __name__ == "__main__":
    unittest.main()
