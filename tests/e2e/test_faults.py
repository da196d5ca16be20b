"""Every fault of tests/servers/faulty.mjs is found by the scenarios that its row names, and a server
without a fault by none.

    test_faults.py --table      every fault, and what found it
"""

import sys
import unittest

from faultplan import Bench, found_in
from harness import Case, Server, brief, note_rerun, run_json

SUITES = ("utf8", "binary-as-text", "close-reason")

# Faults that concern everything: all of the 1007 suites are run. The union must cover every scenario.
WHOLE = ("no-utf8", "reject-non-ascii", "reject-controls", "sniff", "binary-checked-as-text",
         "ping-checked-as-utf8", "text-after-close", "utf8-late")

# Faults of which the table names rows about text (u-*): only those are run, and each must be a finding.
ROWS = ("allow-overlong", "allow-surrogates", "allow-above-10ffff", "allow-lone-continuation",
        "allow-broken", "allow-fe-ff", "allow-truncated", "block-border", "utf8-skip-last-octet",
        "utf8-only-first-frame", "empty-final-unchecked", "carry-state", "close-reason-unchecked",
        "reject-nul", "reject-fffd", "reject-nonchar", "reject-astral", "reject-bom", "off-by-one",
        "utf8-per-frame", "ping-resets-utf8", "empty-resets-utf8", "utf8-shared",
        "binary-feeds-utf8", "control-feeds-utf8", "big-limit-64k", "strip-bom",
        "strip-feff", "stop-at-nul", "normalise-nfc", "strip-invisible", "fix-double-encoding",
        "crlf-to-lf", "binary-as-text", "pong-missing", "pong-empty", "utf8-frame-end",
        "tenth-1002", "deflate-unchecked", "plain-unchecked", "checks-wire",
        "corrupt-deflate-ignored", "corrupt-deflate-1011")

# Faults that need a selection of their own: (fault, what to run). All of it must find the fault.
SELECTED = (
    ("impatient", ("utf8/long-pause-inside-a-character",)),
    ("fragment-limit-1000", ("utf8/every-code-point-in-fragments-of-4093",)),
    ("close-all", ("utf8/neighbours-are-left-alone",)),
    ("stall-others", ("utf8/neighbours-are-left-alone",)),
    ("echo-truncated", ("utf8/valid-*", "utf8/emoji-at-every-offset")),
    ("echo-missing", ("utf8/valid-u-ok-1*",)),
    ("echo-twice", ("utf8/valid-u-ok-1*",)),
    ("text-as-binary", ("utf8/valid-*",)),
    ("reject-all", ("utf8/valid-*",)),
    ("block-16", ("utf8/ill-formed-u-ov-*",)),
    ("utf8-first-64", ("tag:u-po-04",)),
    ("code-1000", ("utf8/ill-formed-*",)),
    ("code-1002", ("utf8/ill-formed-*",)),
    ("code-1003", ("utf8/ill-formed-*",)),
    ("code-1011", ("utf8/ill-formed-*",)),
    ("drop-on-invalid", ("utf8/ill-formed-*",)),
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
    ("crash", ("utf8/ill-formed-u-ov-02",)),
    ("crash-after-50", ("utf8/a-hundred-refusals",)),
)

# Suites that are proven elsewhere, or repeat what others find.
# Their faults are those of other servers (test_policy_proof.py, test_broadcast.py).
OTHER_SUITES = {"policy", "autobahn", "autobahn-mass", "broadcast"}

# Rows that only a slow scenario has.
SLOW_ROWS = {"u-sq-09"}

# Deviations that are none: nothing may be found.
LEGAL = ("chatty", "slow", "fragmented-echo", "no-deflate")
LEGAL_RUNS = ("utf8/valid-*", "utf8/ill-formed-*", "close-reason", "utf8/split-*", "utf8/good-*")


def rows_found_in(report):
    """The tags of the scenarios that are findings of some kind."""
    found = set(found_in(report))
    return {tag for s in report["scenarios"] if s["name"] in found for tag in s["tags"]}


def tags(rows):
    return [f"tag:{row}" for row in sorted(rows)]


class Faults(Case):
    @classmethod
    def setUpClass(cls):
        cls.bench = Bench()
        cls.addClassCleanup(cls.bench.stop)
        cls.mass_server = Server("faulty.mjs").start()
        cls.addClassCleanup(cls.mass_server.stop)
        cls.mass = cls.bench.pool.submit(run_json, cls.mass_server.url(), "autobahn-mass",
                                         "--slow", timeout=200)
        cls.scenarios, cls.known_tags = cls.bench.scenarios, cls.bench.known_tags

    def assertReported(self, future):
        run, report = future.result()
        self.assertNoCrash(run)
        self.assertIsNotNone(report, f"\n{run}")
        return report

    def rows_missed_in_two_runs(self, fault, rows, future):
        """The rows none of whose scenarios is a finding, and all verdicts there were. Rows that the
        first run misses are run once more, and note_rerun says which: with eight runs at a time a
        short timeout may end before a late fault shows."""
        report = self.assertReported(future)
        verdicts = {s["verdict"] for s in report["scenarios"]}
        missed = set(rows) - rows_found_in(report)
        if not missed:
            return [], verdicts
        second = self.assertReported(self.bench.pool.submit(
            self.bench.run_on_new_server, fault, tags(missed)))
        still = missed - rows_found_in(second)
        note_rerun(f"{fault} by {', '.join(sorted(missed))}",
                   f"no finding ({verdicts or 'nothing was run'})",
                   f"missed by {', '.join(sorted(still))}" if still else "found by each")
        return sorted(still), verdicts | {s["verdict"] for s in second["scenarios"]}

    def test_every_1007_scenario_passes_without_a_fault_and_finds_some_fault(self):
        run, report = run_json(self.bench.server.url(), *SUITES, "--exclude", "tag:slow")
        self.assertCode(run, 0)
        names = {s["name"] for s in report["scenarios"]}
        self.assertEqual({s["verdict"] for s in report["scenarios"]}, {"pass"},
                         brief(report, "tolerated", "fail", "skipped", "error"))
        big = ["--exclude", "tag:big"]
        futures = [self.bench.start(fault, SUITES, more=() if n < 2 else big)
                   for n, fault in enumerate(WHOLE)]
        more = {"close-all": "utf8/neighbours-are-left-alone", "code-1011": "close-reason",
                "stall-others": "utf8/neighbours-are-left-alone"}
        futures += [self.bench.start(fault, (selector,)) for fault, selector in more.items()]
        seen = set()
        for fault, future in zip((*WHOLE, *more), futures):
            found = found_in(self.assertReported(future))
            self.assertTrue(found, f"nothing finds {fault}")
            seen.update(found)
        blind = sorted(names - seen)
        self.assertEqual(blind, [], "found no fault at all:\n" + "\n".join(blind))

    def test_faults_are_found_by_each_row_about_text_that_the_table_names(self):
        rows = {fault: self.bench.faults[fault].rows - SLOW_ROWS for fault in ROWS}
        futures = {fault: self.bench.start(fault, tags(rows[fault])) for fault in ROWS}
        for fault, future in futures.items():
            with self.subTest(fault):
                self.assertTrue(rows[fault])
                blind, _ = self.rows_missed_in_two_runs(fault, rows[fault], future)
                self.assertEqual(blind, [], "these rows did not find it")

    def test_faults_are_found_by_their_scenarios(self):
        futures = [(fault, self.bench.start(fault, selectors, slow=fault == "impatient"))
                   for fault, selectors in SELECTED]
        for fault, future in futures:
            with self.subTest(fault):
                report = self.assertReported(future)
                blind = [s["name"] for s in report["scenarios"] if s["verdict"] not in
                         ("fail", "tolerated")]
                self.assertEqual(blind, [], "these did not find it")
                if fault.startswith("crash"):
                    self.assertEqual({s["class"] for s in report["scenarios"]}, {"died"})

    def test_faults_are_found_by_the_rows_of_the_rfcs_that_the_table_names(self):
        futures = {}
        for fault in self.bench.faults.values():
            if fault.by_requirement and not fault.legal:
                rows = fault.rows & self.known_tags
                strict = ["--strict"] if fault.should else []
                if rows:
                    futures[fault.name] = rows, self.bench.start(fault.name, tags(rows), more=strict)
        for name, (rows, future) in futures.items():
            with self.subTest(name):
                fault, report = self.bench.faults[name], self.assertReported(future)
                words = f"{fault.what}\n{brief(report, 'pass', 'tolerated', 'skipped', 'error')}"
                if fault.once:
                    verdicts = {s["verdict"] for s in report["scenarios"]}
                else:
                    blind, verdicts = self.rows_missed_in_two_runs(name, rows, future)
                    self.assertEqual(blind, [], words)
                if fault.may:
                    self.assertIn("tolerated", verdicts, words)
                elif fault.should:  # what is only recommended fails a run with --strict
                    run = future.result()[0]
                    if run.code == 0:  # as in rows_missed_in_two_runs
                        run = self.bench.run_on_new_server(name, tags(rows), more=["--strict"])[0]
                        note_rerun(f"{name} with --strict", "exit code 0", f"exit code {run.code}")
                    self.assertCode(run, 1)
                else:
                    self.assertIn("fail", verdicts, words)

    def test_a_server_without_a_fault_has_no_finding_in_the_whole_run(self):
        """All that runs by default; what moves very much data runs on a server of its own."""
        with Server("faulty.mjs") as server:
            rest = run_json(server.url(), "--strict", timeout=200)
        for run, report in (rest, self.mass.result()):
            self.assertIsNotNone(report, f"\n{run}")
            self.assertEqual(brief(report, "tolerated", "fail", "error"), "")
            self.assertCode(run, 0)

    def test_repairs_are_called_repairs(self):
        for fault in ("replace", "strip-invalid", "latin1-repair"):
            with self.subTest(fault):
                report = self.assertReported(self.bench.start(
                    fault, ("utf8/refused-not-repaired", "utf8/embedded-*")))
                self.assertEqual({s["class"] for s in report["scenarios"]}, {"repaired"})

    def test_legal_behaviour_is_no_finding(self):
        legal = {fault: LEGAL_RUNS for fault in LEGAL}
        suites = {name.split("/")[0] for name in self.scenarios}
        for fault in self.bench.faults.values():
            if fault.legal and suites.issuperset(fault.settings["pick"]):
                legal[fault.name] = fault.settings["pick"]
        for fault, selectors in legal.items():
            with self.subTest(fault):
                more = ["--set", "chatty=true"] if fault in ("chatty", "fault-told-in-text") else []
                if fault == "no-deflate":
                    more = ["--set", "capabilities.deflate=false"]
                report = self.assertReported(self.bench.start(fault, selectors, timeout_ms=2000, more=more))
                bad = brief(report, "fail", "error")
                self.assertEqual(bad, "")

    def test_the_tables_name_faults_that_exist(self):
        named = {*WHOLE, *ROWS, *LEGAL, *(fault for fault, _ in SELECTED)}
        known = {*self.bench.faults, "code-1000", "code-1011"}
        self.assertEqual(sorted(named - known), [])

    def test_each_suite_has_at_least_four_faults(self):
        rows = {name: fault.rows for name, fault in self.bench.faults.items()}
        for suite in sorted({name.split("/")[0] for name in self.scenarios} - OTHER_SUITES):
            own = set().union(*(each for name, each in self.scenarios.items()
                                if name.startswith(suite + "/")))
            with self.subTest(suite):
                self.assertGreaterEqual(sum(bool(each & own) for each in rows.values()), 4)
        self.assertGreaterEqual(len(rows), 100)


def table():
    """Every fault and what finds it, in lines of at most 110 characters or so."""
    bench = Bench()
    try:
        known = bench.known_tags
        futures = {}
        for fault in bench.faults.values():
            selectors = fault.settings.get("pick") or tags(fault.rows & known)
            selectors = dict(SELECTED).get(fault.name, selectors)
            if fault.name in WHOLE:
                selectors = ("close-reason", "utf8/ill-formed-*", "utf8/valid-*", "binary-as-text")
            futures[fault.name] = bench.start(fault.name, selectors) if selectors else None
        for name, future in futures.items():
            report = future and future.result()[1]
            found = found_in(report) if report else []
            some = ", ".join(found[:2]) + (f" and {len(found) - 2} more" if len(found) > 2 else "")
            print(f"{name:28} {bench.faults[name].what}\n{'':28} found by: {some or '-'}", flush=True)
    finally:
        bench.stop()


if __name__ == "__main__":
    if "--table" in sys.argv:
        table()
    else:
        unittest.main()
