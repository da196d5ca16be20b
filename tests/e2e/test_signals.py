"""A signal at any moment of a run: the documented exit code, reports that are whole and valid, no
temporary file, and with --start no process left. The moments are drawn by a seed.

WSSPEC_SIGNALS is how many (40), WSSPEC_SIGNAL_SEED the seed (1):

    WSSPEC_SIGNALS=200 /usr/bin/python3 test_signals.py -v
"""

import collections
import concurrent.futures
import os
import pathlib
import random
import shlex
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from harness import Case, Server, binary, server_command, unused_port
from outputs import FILES, read_and_check

COUNT = int(os.environ.get("WSSPEC_SIGNALS", 40))
SEED = int(os.environ.get("WSSPEC_SIGNAL_SEED", 1))
SELECTION = ["utf8/valid-*", "utf8/binary-*", "--max-time", "60"]
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # end the run: exit code 130
IGNORED = (signal.SIGPIPE, signal.SIGXFSZ)  # an error of write() tells what they would


def awaited(pid, number):
    """Whether the process has a handler for the signal, or ignores it; None if it has ended."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    bit = 1 << number - 1
    masks = [int(line.split()[1], 16) for line in status.splitlines()
             if line.startswith(("SigCgt:", "SigIgn:"))]
    return any(mask & bit for mask in masks) if masks else None


def processes_with(word):
    """Numbers of all processes that have this word among their arguments, but wsspec's own."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            arguments = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if word.encode() in arguments and b"--start" not in arguments:
            found.append(int(folder.name))
    return found


class Shot:
    """One run, and one signal `moment` seconds after its start (None: no signal)."""

    def __init__(self, number, moment, started, url):
        self.number, self.moment, self.started = number, moment, started
        with tempfile.TemporaryDirectory() as folder:
            self.run(pathlib.Path(folder), url)

    def run(self, folder, url):
        files = {name: str(folder / name) for name in FILES}
        port = unused_port()
        options = []
        if self.started:
            url = f"ws://127.0.0.1:{port}/"
            command = shlex.join([*server_command("ws_echo.mjs"), "--port", str(port)])
            options = ["--start", f"exec {command}", "--wait-for", "30000"]
        begin = time.monotonic()
        process = subprocess.Popen(
            [binary(), "run", url, *SELECTION, *options, "--report-json", files["json"],
             "--report-junit", files["junit"], "--events", files["events"],
             "--transcript", files["transcript"]],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, restore_signals=True)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            reader = pool.submit(process.communicate, timeout=60)
            self.ready, sent = None, time.monotonic()
            if self.moment is not None:
                time.sleep(max(0, self.moment - (time.monotonic() - begin)))
                self.ready = awaited(process.pid, self.number)
                sent = time.monotonic()
                process.send_signal(self.number)
            process.out, process.err = reader.result()
        self.seconds = time.monotonic() - begin
        self.answered = time.monotonic() - sent  # how long it lived after the signal
        self.code = process.returncode
        self.there = sorted(path.name for path in folder.iterdir())
        self.left = processes_with(str(port)) if self.started else []
        self.words = f"{process.out.decode(errors='replace')}\n{process.err.decode(errors='replace')}"
        self.report = None
        if self.there == sorted(FILES) and self.code >= 0:
            self.report = read_and_check(process, files).report

    def problem(self):
        """What is wrong with it; empty if nothing is."""
        if self.left:
            return f"processes {self.left} are left"
        if set(self.there) - set(FILES):
            return f"files are left: {self.there}"
        if self.code == -self.number and self.moment is not None:
            # Before the run has begun a signal ends the program as it ends any other.
            return f"it was killed, and {self.there} are there" if self.ready or self.there else ""
        # A run that is over is not interrupted any more.
        allowed = (0, 130) if self.number in ENDING and self.moment is not None else (0,)
        if self.code not in allowed:
            return f"exit code {self.code}"
        if self.report is None:
            return f"of the reports only {self.there}"
        if self.report.get("interrupted", False) != (self.code == 130):
            return f"exit code {self.code}, but the report says {self.report.get('interrupted')}"
        false = {row["name"]: row["diagnosis"] for row in self.report["scenarios"]
                 if row["verdict"] in ("fail", "error") and row["cause"] != "interrupted"}
        return f"false findings: {false}" if false else ""

    def outcome(self):
        return "killed before the run" if self.code < 0 else f"exit code {self.code}"


class Signals(Case):
    def shoot(self, started, count):
        draw = random.Random(f"{SEED} {started}")
        with Server("ws_echo.mjs") as server, concurrent.futures.ThreadPoolExecutor(2) as pool:
            whole = Shot(0, None, started, server.url())
            self.assertEqual(whole.problem(), "", whole.words)
            plan = [(number, draw.uniform(0, 1.1 * whole.seconds), started, server.url())
                    for number in (ENDING + IGNORED) * (count // 5)]
            shots = list(pool.map(lambda one: Shot(*one), plan))
        self.table(started, whole, shots)
        for shot in shots:
            with self.subTest(signal=signal.Signals(shot.number).name, moment=shot.moment):
                self.assertEqual(shot.problem(), "", f"after {shot.moment:.3f} s\n{shot.words}")
        # At least some were in the middle of the run, or nothing was tried.
        self.assertGreaterEqual(sum(shot.code == 130 for shot in shots), max(1, count // 20))
        if "asan" not in binary():
            self.assertLess(max(shot.answered for shot in shots if shot.code == 130), 3)

    def table(self, started, whole, shots):
        rows = collections.Counter((signal.Signals(s.number).name, s.outcome()) for s in shots)
        slowest = max((s.answered for s in shots if s.code == 130), default=0)
        print(f"\n{'with --start, ' if started else ''}{len(shots)} signals in runs of "
              f"{whole.seconds:.2f} s; the slowest answer took {slowest:.2f} s", file=sys.stderr)
        for (name, outcome), count in sorted(rows.items()):
            print(f"  {name:8} {outcome:22} {count:4}", file=sys.stderr)

    def test_a_server_that_runs(self):
        self.shoot(False, COUNT * 3 // 4)

    def test_a_server_that_wsspec_starts(self):
        self.shoot(True, COUNT // 4)


if __name__ == "__main__":
    unittest.main()
