"""Servers that hang, flood, lie and inject: always the right verdict and exit code, within bounds of
time and memory, in reports that are valid and safe to display. The expectations are in
hostile_table.md."""

import concurrent.futures
import fnmatch
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

import test_tls
from harness import (PYTHON, SERVERS, Case, Server, binary, brief, memory_limit, run_json, wsspec)
from hostile_table import TABLE
from outputs import FILES, read_and_check, run_and_check

GOOD, BAD = "utf8/valid-u-ok-01", "utf8/ill-formed-u-ov-01"
SECONDS = 20  # a generous bound, for those that are not in the table
LATEST = 60  # of a row of the table, which has its own bound
MEMORY = 200  # MiB
QUICK = ("--timeout", "800", "--connect-timeout", "1000")


def scenario_file(folder, *scenarios):
    path = os.path.join(folder, "scenarios.json")
    with open(path, "w") as file:
        json.dump({"suite": "own", "scenarios": [
            {"id": f"case-{n}", "title": "of this test", "steps": steps}
            for n, steps in enumerate(scenarios)]}, file)
    return path


def words_of(row):
    return " ".join((row["verdict"], row["class"] or "-", row["cause"] or "-"))


class Behaviours(Case):
    """Every row of the table, a few at a time, the slowest first: most of them only wait."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server("hostile.py").start()
        cls.addClassCleanup(cls.server.stop)
        certificates = test_tls.Certificates()
        cls.addClassCleanup(shutil.rmtree, certificates.folder)
        cls.certificate = certificates["self.pem"], certificates["self.key"]
        cls.pool = concurrent.futures.ThreadPoolExecutor(4)
        cls.addClassCleanup(cls.pool.shutdown)
        cls.futures = {row: cls.pool.submit(cls.run_row, row)
                       for row in sorted(TABLE, key=lambda row: -row.seconds)}

    @classmethod
    def run_row(cls, row):
        names, options = (GOOD, BAD), [*QUICK, "-j", "1"]
        if row.level == "deflate":
            names = tuple(name + "+deflate" for name in names)
            options += ["--deflate", "on"]
        if row.level != "tls":
            got = run_and_check(cls.server.url(row.behaviour), *names, *options, timeout=LATEST)
        else:
            with Server("hostile_tls.py", "--mode", row.behaviour, "--cert", cls.certificate[0], "--key",
                        cls.certificate[1]) as server:
                got = run_and_check(server.url("/", scheme="wss"), *names, *options, "-k",
                                    timeout=LATEST)
        verdicts = got.rows()
        return got.run, *(words_of(verdicts[name]) for name in names)

    def assertRow(self, row):
        run, good, bad = self.futures[row].result()
        for got, wanted in ((good, row.good), (bad, row.bad)):
            self.assertTrue(fnmatch.fnmatchcase(got, wanted), f"{got}, not {wanted}\n{run}")
        self.assertCode(run, row.code)
        self.assertLess(run.peak_rss, memory_limit(row.mebibytes))
        self.assertLess(run.seconds, row.seconds * (4 if "asan" in binary() else 1))
        self.assertIn(row.says, run.words)


for _number, _row in enumerate(TABLE):
    _name = re.sub(r"[^a-z0-9]+", "_", f"{_row.level} {_row.behaviour}".lower())
    setattr(Behaviours, f"test_{_number:03}_{_name}", lambda self, row=_row: self.assertRow(row))


class Table(Case):
    def listed(self, program):
        lines = subprocess.run([PYTHON, SERVERS / program, "--list"], check=True, text=True,
                               capture_output=True).stdout.splitlines()
        return {line.partition(":")[0] for line in lines}

    def test_every_behaviour_of_the_servers_is_judged(self):
        known = self.listed("hostile.py")
        elsewhere = {"honest", "redirect", "die"}  # in tests of their own, below
        reflecting = {name for name in known if name.startswith("reflect-")}  # test_secrets.py
        self.assertEqual({row.name for row in TABLE if row.level != "tls"},
                         known - elsewhere - reflecting)
        self.assertEqual({row.name for row in TABLE if row.level == "tls"},
                         self.listed("hostile_tls.py"))
        self.assertGreaterEqual(len(TABLE), 60)


class WholeSuite(Case):
    """352 scenarios, 16 at a time: a server that misbehaves on each costs seconds, not minutes."""

    def assertSuiteFindsOnly(self, behaviour, *expected):
        with Server("hostile.py") as server:
            run, report = run_json(server.url(f"/{behaviour}?good=1"), "utf8", "--exclude",
                                   "tag:big", "-j", "16", "--timeout", "200", timeout=150)
        self.assertCode(run, 1)
        self.assertLess(run.peak_rss, memory_limit(MEMORY))
        seen = {row["class"] for row in report["scenarios"] if row["verdict"] == "fail"}
        self.assertLessEqual(seen, set(expected), brief(report, "fail")[:3000])
        self.assertEqual(report["summary"]["error"], 0, brief(report, "error")[:3000])
        return run

    def test_text_flood(self):
        self.assertSuiteFindsOnly("text-flood", "repaired")

    def test_ping_flood(self):
        self.assertSuiteFindsOnly("ping-flood", "hung")

    def test_huge_frame(self):
        self.assertSuiteFindsOnly("huge-then-data", "hung")

    def test_masked(self):
        self.assertSuiteFindsOnly("masked", "broken")


class SecondLook(Case):
    """A scenario that hangs beside others is run again alone."""

    def run_one(self, bad, *args):
        with Server("hostile.py") as server:
            return run_json(server.url(f"/mute?good=1&bad={bad}"), "utf8/valid-u-ok-01",
                            "--timeout", "300", *args)

    def test_a_server_that_hangs_once_is_no_finding(self):
        run, _ = self.run_one(1)
        self.assertCode(run, 0)

    def test_a_server_that_hangs_again_is_a_finding(self):
        run, report = self.run_one(9)
        self.assertCode(run, 1)
        self.assertEqual(report["scenarios"][0]["class"], "hung")

    def test_with_one_job_a_hang_is_not_repeated(self):
        run, _ = self.run_one(1, "-j", "1")
        self.assertCode(run, 1)


class Bursts(Case):
    def never_reads(self, steps):
        with tempfile.TemporaryDirectory() as folder, Server("hostile.py") as server:
            return run_and_check(server.url("/never-reads?good=1"), scenario_file(folder, steps),
                                 *QUICK, timeout=SECONDS)

    def test_bursts_end_although_the_server_never_reads(self):
        """The socket takes no more: the send is given up after 5 s. Each in a run of its own, at the
        same time: of two in one run neither could be blamed for a server that stays stuck."""
        burst = [{"burst": {"send": {"binary": {"random": 1000, "seed": 1}}, "count": 1000000}},
                 {"expect": {"close": 1008}}]
        large = [{"send": {"binary": {"random": 64 << 20, "seed": 1}}}, {"expect": {"close": 1008}}]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for got in list(pool.map(self.never_reads, (burst, large))):
                self.assertCode(got.run, 1)
                self.assertLess(got.run.peak_rss, memory_limit(MEMORY))
                row, = got.report["scenarios"]
                self.assertEqual((row["verdict"], row["class"]), ("fail", "hung"))
                self.assertIn("stopped reading", got.run.words)

    def test_a_burst_ends_although_unread_pings_wait_for_pongs(self):
        burst = [{"burst": {"send": {"binary": {"random": 1000, "seed": 1}}, "count": 1000000}},
                 {"expect": {"close": 1008}}]
        with tempfile.TemporaryDirectory() as folder, Server("hostile.py") as server:
            got = run_and_check(server.url("/ping-flood-unread?good=1"), scenario_file(folder, burst),
                          *QUICK, timeout=SECONDS)
        self.assertCode(got.run, 1)
        self.assertLess(got.run.peak_rss, memory_limit(MEMORY))
        self.assertEqual(got.report["scenarios"][0]["class"], "hung")


class Redirects(Case):
    def test_no_redirect_is_followed(self):
        with socket.create_server(("127.0.0.1", 0)) as trap, Server("hostile.py") as server:
            port = trap.getsockname()[1]
            for target in (f"http://127.0.0.1:{port}/", f"ws://127.0.0.1:{port}/honest",
                           f"wss://127.0.0.1:{port}/honest", f"//127.0.0.1:{port}/", "/honest"):
                got = run_and_check(server.url("/redirect?to=" + target), GOOD, *QUICK)
                self.assertCode(got.run, 3)
                self.assertIn("HTTP 302", got.run.stdout)
            trap.settimeout(0)
            with self.assertRaises(BlockingIOError, msg="the redirect was followed"):
                trap.accept()


class Dies(Case):
    def test_a_server_that_dies_in_the_middle_of_the_run(self):
        with Server("hostile.py") as server:
            got = run_and_check(server.url("/die?good=1"), GOOD, BAD, *QUICK, "-j", "1", timeout=SECONDS)
        self.assertCode(got.run, 1)
        verdicts = {name: (row["verdict"], row["class"]) for name, row in got.rows().items()}
        self.assertEqual(sorted(verdicts.values(), key=str),
                         [("fail", "died"), ("skipped", None)])


class Stuck(Case):
    """A server that keeps TCP open after its Close: the scenario about that waits 40 s, by its own
    within_ms, and --max-time ends it."""

    def test_max_time_ends_it(self):
        with Server("hostile.py") as server:
            got = run_and_check(server.url("/close-keeps-tcp?good=1"), "tag:u-sq-09", "--slow",
                          "--max-time", "2", timeout=SECONDS)
        self.assertCode(got.run, 3)
        self.assertLess(got.run.seconds, 5)

    def test_after_within_ms_it_is_hung(self):
        steps = [{"send": {"text": {"hex": "ff"}}}, {"expect": {"close": 1007}},
                 {"expect": {"drop": True, "within_ms": 1500}}]
        with tempfile.TemporaryDirectory() as folder, Server("hostile.py") as server:
            got = run_and_check(server.url("/close-keeps-tcp?good=1"), scenario_file(folder, steps),
                          timeout=SECONDS)
        self.assertCode(got.run, 1)
        row, = got.report["scenarios"]
        self.assertEqual((row["verdict"], row["class"]), ("fail", "hung"))
        self.assertIn("keeps TCP open", row["diagnosis"])


class Interrupted(Case):
    def assertInterrupted(self, behaviour, after):
        """Ctrl-C in the middle of a suite."""
        with tempfile.TemporaryDirectory() as folder, Server("hostile.py") as server:
            files = {name: os.path.join(folder, name) for name in FILES}
            process = subprocess.Popen(
                [binary(), "run", server.url(f"/{behaviour}?good=1"), "utf8", "-vv", "--report-json",
                 files["json"], "--report-junit", files["junit"], "--events", files["events"],
                 "--transcript", files["transcript"]],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            # Read all the while, or the pipe fills and the driver waits for us.
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                reader = pool.submit(process.communicate, timeout=30)
                time.sleep(after)
                begin = time.monotonic()
                process.send_signal(signal.SIGINT)
                process.out, process.err = reader.result()
            self.assertLess(time.monotonic() - begin, 3)
            self.assertEqual(process.returncode, 130)
            report = read_and_check(process, files).report
        self.assertTrue(report["interrupted"])
        return report

    def test_in_a_flood(self):
        self.assertGreater(self.assertInterrupted("text-flood", 1.5)["summary"]["fail"], 0)

    def test_in_a_ping_flood(self):
        self.assertInterrupted("ping-flood", 1)

    def test_in_silence(self):
        self.assertInterrupted("mute", 1)

    def test_before_the_control_is_answered(self):
        self.assertInterrupted("drip", 1)


@unittest.skipUnless(os.path.exists("/dev/full"), "no /dev/full here")
class FullDisk(Case):
    def test_a_report_that_cannot_be_written(self):
        """It is said, costs a good run its 0, and does not hide a worse code."""
        with Server("hostile.py") as server:
            for path, code in (("/honest", 3), ("/masked?good=1", 1)):
                for option in ("--report-json", "--report-junit", "--events"):
                    run = wsspec("run", server.url(path), GOOD, *QUICK, option, "/dev/full")
                    self.assertCode(run, code)
                    self.assertIn("cannot write /dev/full: No space left on device", run.stderr)
                    self.assertRegex(run.stdout, r"(?m)^[01] passed, ")

    def test_the_other_reports_are_written_all_the_same(self):
        with tempfile.TemporaryDirectory() as folder, Server("hostile.py") as server:
            path = pathlib.Path(folder) / "report.json"
            run = wsspec("run", server.url("/honest"), GOOD, *QUICK, "--report-junit", "/dev/full",
                         "--report-json", path)
            self.assertCode(run, 3)
            self.assertEqual(json.loads(path.read_text())["summary"]["pass"], 1)

    def test_a_console_that_cannot_be_written(self):
        with Server("hostile.py") as server, open("/dev/full", "w") as full:
            process = subprocess.run([binary(), "run", server.url("/masked?good=1"), GOOD, *QUICK],
                                     stdout=full, stderr=subprocess.PIPE, timeout=30)
        self.assertEqual(process.returncode, 1)


if __name__ == "__main__":
    unittest.main()
