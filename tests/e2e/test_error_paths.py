"""What goes wrong beside the run itself: no such host, full disks, closed streams, limits of the
system, files that a terminal must not be given raw. Each is told, has its exit code, and spoils no
file."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

from harness import ROOT, Case, Server, binary, wsspec

GOOD = "utf8/valid-u-ok-01"


class Paths(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def shell(self, command, timeout=30):
        """`command` with $WSSPEC in it, run by bash in the test's folder."""
        return subprocess.run(["bash", "-c", command], cwd=self.folder, timeout=timeout,
                              env={**os.environ, "WSSPEC": binary()}, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)

    def assertFails(self, run, code, *words):
        self.assertEqual(run.returncode, code, f"\n{run.stdout}\n{run.stderr}")
        for text in words:
            self.assertIn(text, run.stderr)


class NoTarget(Paths):
    def test_a_host_that_does_not_resolve_is_in_every_report(self):
        run = self.shell(f"$WSSPEC run ws://no.such.host.invalid/a {GOOD} utf8/valid-u-ok-02 "
                         "--report-json r.json --report-junit r.xml --events e.jsonl --no-progress")
        self.assertFails(run, 3, "cannot resolve 'no.such.host.invalid'")
        report = json.loads((self.folder / "r.json").read_text())
        self.assertEqual(report["target"]["url"], "ws://no.such.host.invalid/a")
        self.assertEqual([(row["verdict"], row["cause"]) for row in report["scenarios"]],
                         [("skipped", "target-unreachable")] * 2)
        junit = xml.etree.ElementTree.parse(self.folder / "r.xml").getroot()
        self.assertEqual((junit.get("tests"), junit.get("errors")), ("3", "1"))
        events = [json.loads(line)["event"]
                  for line in (self.folder / "e.jsonl").read_text().splitlines()]
        self.assertEqual(events, ["start", "result", "result", "end"])

    def test_a_run_that_is_refused_leaves_the_old_files(self):
        for options in ("utf8/nothing", "'bad url'", f"{GOOD} --level nonsense"):
            with self.subTest(options):
                (self.folder / "e.jsonl").write_text("old")
                (self.folder / "r.json").write_text("old")
                target = "" if "url" in options else "ws://127.0.0.1:1/ "
                run = self.shell(f"$WSSPEC run {target}{options} --events e.jsonl "
                                 "--report-json r.json")
                self.assertFails(run, 2)
                self.assertEqual((self.folder / "e.jsonl").read_text(), "old")
                self.assertEqual((self.folder / "r.json").read_text(), "old")


    def assertNotGreen(self, url):
        """What a run left that never began."""
        report = json.loads((self.folder / "r.json").read_text())
        self.assertEqual(report["target"]["url"], url)
        self.assertEqual([row["verdict"] for row in report["scenarios"]], ["skipped"])
        junit = xml.etree.ElementTree.parse(self.folder / "r.xml").getroot()
        self.assertEqual((junit.get("tests"), junit.get("errors")), ("2", "1"))
        events = [json.loads(line)["event"]
                  for line in (self.folder / "e.jsonl").read_text().splitlines()]
        self.assertEqual((events[0], events[-1]), ("start", "end"))

    def test_a_server_that_does_not_start_is_in_every_report(self):
        for options, words in (("--start 'exit 7'", "the command ended"),
                               ("--start /no/such/program", "the command ended"),
                               ("--start 'sleep 9' --start-log /no/such/folder/log", "cannot write"),
                               ("--start 'sleep 9' --start-log /dev/full/x", "cannot write")):
            with self.subTest(options):
                run = self.shell(f"$WSSPEC run ws://127.0.0.1:1/ {GOOD} {options} --report-json "
                                 "r.json --report-junit r.xml --events e.jsonl --no-progress")
                self.assertFails(run, 3, words)
                self.assertNotGreen("ws://127.0.0.1:1/")

    def test_an_event_loop_that_cannot_be_made_is_in_every_report(self):
        seen = 0
        for limit in range(5, 16):
            for name in ("r.json", "r.xml", "e.jsonl"):
                (self.folder / name).unlink(missing_ok=True)
            run = self.shell(f"ulimit -n {limit}; exec $WSSPEC run ws://127.0.0.1:1/ {GOOD} "
                             "--report-json r.json --report-junit r.xml --events e.jsonl")
            with self.subTest(limit):
                self.assertIn(run.returncode, (2, 3), run.stderr)
                self.assertTrue(run.stderr)
                if "libwebsockets" in run.stderr or "timerfd" in run.stderr:
                    seen += 1
                    self.assertNotGreen("ws://127.0.0.1:1/")
        self.assertGreater(seen, 0)


class Memory(Paths):
    def test_too_little_of_it_ends_with_3_and_says_so(self):
        """From what libraries alone need up to what is enough."""
        ends = set()
        (self.folder / "many.json").write_text(json.dumps({"suite": "many", "scenarios": [
            {"id": f"s{i}", "steps": [{"send": {"text": "a" * 20}}, {"expect": {"echo": True}}]}
            for i in range(3000)]}))
        with Server("ws_echo.mjs") as server:
            for mib in range(24, 200, 2):
                for name in ("r.json", "r.xml"):
                    (self.folder / name).unlink(missing_ok=True)
                run = self.shell(f"ulimit -v {mib * 1024}; exec $WSSPEC run {server.url()} "
                                 "many.json -j 20 --report-json r.json --report-junit r.xml")
                if run.returncode == 127:  # a library could not be loaded
                    continue
                with self.subTest(mib=mib):
                    self.assertIn(run.returncode, (0, 3), f"{run.stdout}\n{run.stderr}")
                    ends.add(run.returncode)
                    if run.returncode == 3:
                        self.assertIn("memory", run.stdout + run.stderr)
                    for name, read in (("r.json", json.loads),
                                       ("r.xml", xml.etree.ElementTree.fromstring)):
                        if (self.folder / name).exists():
                            read((self.folder / name).read_text())
                if run.returncode == 0:
                    break
        self.assertEqual(ends, {0, 3})


class Output(Paths):
    def test_a_full_disk_under_standard_output(self):
        for command in ("list", "list --json", "list --coverage", f"show {GOOD}", "explain 1007",
                        "explain 1007 --json", f"check {ROOT}/scenarios/suites/utf8.json", "--help",
                        "run --help", "--version", f"demo {GOOD}"):
            with self.subTest(command):
                self.assertFails(self.shell(f"$WSSPEC {command} > /dev/full"), 3,
                                 "cannot write to standard output")

    def test_closed_streams_are_no_place_for_a_file(self):
        with Server("ws_echo.mjs") as server:
            for closed in (">&-", "2>&-", "<&-", ">&- 2>&- <&-"):
                with self.subTest(closed):
                    run = self.shell(f"$WSSPEC run {server.url()} {GOOD} --events e.jsonl "
                                     f"--report-json r.json {closed}")
                    self.assertFails(run, 0)
                    for line in (self.folder / "e.jsonl").read_text().splitlines():
                        json.loads(line)
                    json.loads((self.folder / "r.json").read_text())

    def test_a_fifo_without_a_reader_is_an_error(self):
        os.mkfifo(self.folder / "fifo")
        with Server("ws_echo.mjs") as server:
            for option in ("--events", "--report-json", "--report-junit"):
                with self.subTest(option):
                    run = self.shell(f"$WSSPEC run {server.url()} {GOOD} {option} fifo")
                    self.assertFails(run, 3, "cannot write fifo: no process reads it")
            run = self.shell(f"cat fifo > got & $WSSPEC run {server.url()} {GOOD} --events fifo; "
                             "code=$?; wait; exit $code")
            self.assertFails(run, 0)
        self.assertEqual(len((self.folder / "got").read_text().splitlines()), 3)

    def test_a_limit_on_files_is_an_error_and_leaves_no_temporary_file(self):
        with Server("ws_echo.mjs") as server:
            run = self.shell(f"(ulimit -f 4; exec $WSSPEC run {server.url()} 'utf8/valid-*' "
                             "--report-json r.json -q)")
        self.assertFails(run, 3, "cannot write r.json: File too large")
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_a_dumb_terminal_has_no_colours(self):
        with Server("ws_echo.mjs") as server:
            for term, coloured in (("dumb", False), ("xterm", True)):
                run = self.shell(f"TERM={term} script -qec '$WSSPEC run {server.url()} {GOOD}' "
                                 "/dev/null")
                self.assertFails(run, 0)
                self.assertEqual("\x1b[3" in run.stdout, coloured, repr(run.stdout))


class Terminal(Paths):
    def test_nothing_of_a_file_reaches_the_terminal_raw(self):
        raw = "a\x1b[31m\x9b\u202e\u200b"
        for name, text in (("escaped", json.dumps({"suite": "x", "scenarios": [], raw: 1})),
                           ("raw", '{"suite":"x","scenarios":[],"a\x9b\u202e\x1b[31m":1}'),
                           ("values", json.dumps({"suite": "x", "scenarios": [
                               {"id": "a", "title": "t", "level": raw, "steps": []}]}))):
            path = self.folder / f"{name}\x1b[32m.json"
            path.write_text(text, encoding="utf-8")
            for command in (("check", path), ("list", path), ("show", path),
                            ("run", "ws://127.0.0.1:1/", path), ("check", path, "--target", path)):
                with self.subTest(name, command=command[0]):
                    run = wsspec(*command)
                    self.assertCode(run, 2)
                    for bad in ("\x1b", "\x9b", "\u202e", "\u200b"):
                        self.assertNotIn(bad, run.stdout + run.stderr)


if __name__ == "__main__":
    unittest.main()
