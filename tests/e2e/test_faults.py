"""Every scenario of the 1007 suites can pass and can fail: each has passed on the faultless server
and was a finding on the same server with some fault. tests/servers/faults.mjs says which rows of the
catalogue a fault must be found by."""

import json
import re
import subprocess
import unittest

from harness import SERVERS, Case, Server, brief, run_json
from test_coverage import catalogue_ids

SUITES = ("utf8", "binary-as-text", "close-reason", "deflate-data")

# Faults that concern everything: all suites are run. The union must cover every scenario.
WHOLE = ("no-utf8", "reject-non-ascii", "reject-controls", "sniff", "binary-checked-as-text",
         "ping-checked-as-utf8", "text-after-close", "utf8-late", "replace", "latin1-repair",
         "code-1011", "drop-on-invalid")

# Faults of which faults.mjs names rows: only those are run, and each must be a finding.
ROWS = ("allow-overlong", "allow-surrogates", "allow-above-10ffff", "allow-lone-continuation",
        "allow-broken", "allow-fe-ff", "allow-truncated", "block-border", "utf8-skip-last-octet",
        "utf8-only-first-frame", "empty-final-unchecked", "carry-state", "close-reason-unchecked",
        "reject-nul", "reject-fffd", "reject-nonchar", "reject-astral", "reject-bom", "off-by-one",
        "utf8-per-frame", "ping-resets-utf8", "empty-resets-utf8", "big-limit-64k", "strip-bom",
        "strip-feff", "stop-at-nul", "normalise-nfc", "strip-invisible", "fix-double-encoding",
        "crlf-to-lf", "binary-as-text", "pong-missing", "pong-empty", "utf8-frame-end",
        "tenth-1002", "deflate-unchecked", "plain-unchecked", "checks-wire",
        "corrupt-deflate-ignored", "corrupt-deflate-1011")

# Faults that need a selection of their own: (fault, what to run).
SELECTED = (
    ("impatient", ("utf8/long-pause-inside-a-character",)),
    ("fragment-limit-1000", ("utf8/every-code-point-in-fragments-of-4093",)),
    ("close-all", ("utf8/neighbours-are-left-alone",)),
    ("stall-others", ("utf8/neighbours-are-left-alone",)),
    ("echo-truncated", ("utf8/valid-*", "utf8/emoji-at-every-offset")),
    ("echo-missing", ("utf8/valid-u-ok-1*",)),
    ("text-as-binary", ("utf8/valid-*",)),
    ("code-1000", ("utf8/ill-formed-*",)),
    ("wrong-code-1006-sent", ("utf8/ill-formed-*",)),
    ("reset-on-invalid", ("utf8/ill-formed-*",)),
    ("hang-on-invalid", ("utf8/ill-formed-u-ov-*",)),
    ("ignore-invalid", ("utf8/ill-formed-u-ov-*",)),
    ("slow-close", ("utf8/ill-formed-u-ov-*",)),
    ("echo-then-close", ("utf8/ill-formed-*", "utf8/refused-not-repaired")),
    ("processed-after-fault", ("utf8/bad-then-good-and-ping",)),
    ("double-close", ("utf8/two-bad-texts-at-once", "close-reason/close-1007-with-bad-reason")),
    ("data-after-close", ("utf8/ill-formed-*",)),
    ("close-frame-mid-frame", ("utf8/slow-reader-of-a-large-echo",)),
    ("one-octet-close-body", ("utf8/ill-formed-*",)),
    ("empty-close", ("utf8/ill-formed-*",)),
    ("invalid-reason", ("utf8/ill-formed-*",)),
    ("long-reason", ("utf8/ill-formed-*",)),
    ("fragmented-close", ("utf8/ill-formed-*",)),
    ("keep-tcp", ("close-reason/close-1007-*", "close-reason/reason-with-*")),
    ("no-close-reply", ("close-reason", "utf8/bad-text-behind-our-close")),
    ("masked-frames", ("utf8/valid-*", "utf8/ill-formed-*")),
    ("rsv-frames", ("utf8/valid-*", "utf8/ill-formed-*")),
    ("reserved-opcode", ("utf8/valid-*", "utf8/ill-formed-*")),
    ("invalid-text", ("utf8/valid-*",)),
)

# Rows that only a slow scenario has.
SLOW_ROWS = {"u-sq-09"}

# Deviations that are none: nothing may be found.
LEGAL = ("chatty", "slow", "fragmented-echo", "no-deflate")
LEGAL_RUNS = ("utf8/valid-*", "utf8/ill-formed-*", "close-reason", "utf8/split-*", "utf8/good-*")

# Known from a declaration, as a profile would: a fault may spoil the probes.
DECLARED = [word for name in ("echo", "binary", "ping", "deflate")
            for word in ("--set", f"capabilities.{name}=true")]


def rows_of(claim):
    """The rows of the catalogue's part 3 that a text names: u-ov-*, u-br-06..08, u-en-16."""
    out = set()
    for kind, first, last in re.findall(r"\bu-([a-z]{2})-(\*|\d+)(?:\.\.(\d+))?", claim):
        for row in catalogue_ids():
            part, of, number = row.split("-")
            if (part, of) != ("u", kind):  # there is a p-cl as well as a u-cl
                continue
            if first == "*" or int(first) <= int(number) <= int(last or first):
                out.add(row)
    return out


def fault_list():
    words = subprocess.run(["node", str(SERVERS / "faulty.mjs"), "--list-faults"],
                           check=True, capture_output=True, timeout=20)
    return json.loads(words.stdout)


class Faults(Case):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("faulty.mjs").start()
        cls.addClassCleanup(cls.server.stop)
        cls.claims = fault_list()
        cls.found = {}  # scenario -> the faults that it found

    def run_with(self, fault, *selectors, slow=False):
        args = list(selectors or SUITES) + DECLARED + ["--timeout", "500"]
        if not slow:
            args += ["--exclude", "tag:slow"]
        run, report = run_json(self.server.url(f"/?fault={fault}"), *args, timeout=60)
        self.assertNoCrash(run)
        self.assertIsNotNone(report, f"\n{run}")
        for scenario in report["scenarios"]:
            self.assertNotIn(scenario["verdict"], ("error", "skipped"),
                             f"{fault}: {scenario['name']}: {scenario['diagnosis']}")
            if scenario["verdict"] != "pass":
                self.found.setdefault(scenario["name"], []).append(fault)
        return report["scenarios"]

    def test_every_scenario_passes_without_a_fault_and_finds_some_fault(self):
        run, report = run_json(self.server.url(), *SUITES, "--exclude", "tag:slow")
        self.assertCode(run, 0)
        names = {s["name"] for s in report["scenarios"]}
        self.assertEqual({s["verdict"] for s in report["scenarios"]}, {"pass"},
                         brief(report, "tolerated", "fail", "skipped", "error"))
        for fault in WHOLE:
            found = [s for s in self.run_with(fault) if s["verdict"] != "pass"]
            self.assertTrue(found, f"nothing finds {fault}")
        for fault in ("close-all", "stall-others"):
            self.run_with(fault, "utf8/neighbours-are-left-alone")
        self.run_with("checks-wire", "deflate-data")
        blind = sorted(names - set(self.found))
        self.assertEqual(blind, [], "found no fault at all:\n" + "\n".join(blind))

    def test_faults_are_found_by_the_rows_that_faults_mjs_names(self):
        for fault in ROWS:
            with self.subTest(fault):
                rows = rows_of(self.claims[fault][1]) - SLOW_ROWS
                self.assertTrue(rows, self.claims[fault])
                scenarios = self.run_with(fault, *(f"tag:{row}" for row in sorted(rows)))
                seen = {tag for s in scenarios if s["verdict"] != "pass" for tag in s["tags"]}
                self.assertEqual(sorted(rows - seen), [], "these rows did not find it")

    def test_faults_are_found_by_their_scenarios(self):
        for fault, selectors in SELECTED:
            with self.subTest(fault):
                scenarios = self.run_with(fault, *selectors, slow=fault == "impatient")
                blind = [s["name"] for s in scenarios if s["verdict"] == "pass"]
                self.assertEqual(blind, [], "these did not find it")

    def test_repairs_are_called_repairs(self):
        for fault in ("replace", "strip-invalid", "latin1-repair"):
            with self.subTest(fault):
                scenarios = self.run_with(fault, "utf8/refused-not-repaired", "utf8/embedded-*")
                self.assertEqual({s["class"] for s in scenarios}, {"repaired"})

    def test_legal_behaviour_is_no_finding(self):
        for fault in LEGAL:
            with self.subTest(fault):
                args = ["--set", "chatty=true"] if fault == "chatty" else []
                run, report = run_json(self.server.url(f"/?fault={fault}"), *LEGAL_RUNS, *args,
                                       timeout=60)
                self.assertCode(run, 0)
                self.assertEqual({s["verdict"] for s in report["scenarios"]}, {"pass"},
                                 brief(report, "tolerated", "fail", "skipped", "error"))

    def test_a_crash_is_told_as_one(self):
        for fault, selector in (("crash", "utf8/ill-formed-u-ov-02"),
                                ("crash-after-50", "utf8/a-hundred-refusals")):
            with self.subTest(fault), Server("faulty.mjs", "--fault", fault) as server:
                run, report = run_json(server.url(), selector, timeout=60)
                self.assertCode(run, 1)
                self.assertEqual([s["class"] for s in report["scenarios"]], ["died"])

    def test_the_tables_name_faults_that_exist(self):
        named = {*WHOLE, *ROWS, *LEGAL, *(fault for fault, _ in SELECTED)}
        known = {*self.claims, "code-1000", "code-1011"}
        self.assertEqual(sorted(named - known), [])


if __name__ == "__main__":
    unittest.main()
