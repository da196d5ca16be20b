"""What is ours or this machine's is never the server's: too few descriptors, a process that was not
given the processor, other connections of our own."""

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from harness import SERVERS, Case, Listening, Server, binary, load_and_check_report, run_json
from serving import Serve

sys.path.insert(0, str(SERVERS))
import common  # noqa: E402

OWN = {"out-of-descriptors", "no-source-address", "out-of-memory", "own-lag"}


@contextlib.contextmanager
def scenario_file(*scenarios, **more):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "scenarios.json")
        with open(path, "w") as file:
            json.dump({"suite": "own", **more, "scenarios": [
                {"id": f"case-{n}", "title": "of this test", **one}
                for n, one in enumerate(scenarios)]}, file)
        yield path


class Descriptors(Case):
    def run_with(self, descriptors, *args, timeout=60):
        """A run that may open so many files, its exit code and its report."""
        with Serve() as server, tempfile.TemporaryDirectory() as folder:
            report = os.path.join(folder, "report.json")
            run = subprocess.run(
                [binary(), "run", server.url(), *args, "--report-json", report], timeout=timeout,
                capture_output=True, text=True, preexec_fn=lambda: resource.setrlimit(
                    resource.RLIMIT_NOFILE, (descriptors, descriptors)))
            seen = load_and_check_report(report) if os.path.exists(report) else None
            return run, seen

    def assertNothingIsTheServers(self, run, report):
        self.assertIn(run.returncode, (0, 3), run.stdout + run.stderr)
        if report is None:
            return
        self.assertEqual(report["summary"]["fail"], 0, run.stdout)
        for row in report["scenarios"]:
            if row["verdict"] == "error":
                self.assertIn(row["cause"], OWN, row)

    def test_few_descriptors_are_no_finding(self):
        for descriptors in (8, 12, 16, 24, 48):
            with self.subTest(descriptors):
                self.assertNothingIsTheServers(*self.run_with(
                    descriptors, "utf8/valid-*", "utf8/ill-formed-u-ov-*", "utf8/a-hundred-refusals",
                    "-j", "64"))

    def test_what_takes_more_connections_than_there_are_descriptors_is_not_judged(self):
        """The rest of the run is, with as many connections at once as there can be."""
        with scenario_file(
                {"connections": {"crowd": {"count": 100}},
                 "steps": [{"connect": True, "on": "crowd"},
                           {"send": {"text": "x"}, "on": "crowd"},
                           {"expect": {"echo": True}, "on": "crowd"}]},
                {"steps": [{"send": {"text": "x"}}, {"expect": {"accepted": True}}]}) as path:
            run, report = self.run_with(40, path)
        self.assertEqual(run.returncode, 3, run.stdout)
        crowd, single = report["scenarios"] if report["scenarios"][0]["name"].endswith("0") else \
            reversed(report["scenarios"])
        self.assertEqual((crowd["verdict"], crowd["cause"]), ("error", "out-of-descriptors"))
        self.assertEqual(single["verdict"], "pass")
        self.assertIn("ulimit -n", run.stdout)


class Lag(Case):
    """A process that is stopped for a while is late itself."""

    STEPS = [{"send": {"text": "x"}}, {"expect": {"echo": True}},
             {"expect": {"close": 1008, "within_ms": 600}}]

    def run_stopped(self, stop_at, seconds, times, *steps):
        with Serve("--idle-timeout-ms", 400) as server, tempfile.TemporaryDirectory() as folder, \
                scenario_file({"steps": list(steps or self.STEPS)}) as path:
            report = os.path.join(folder, "report.json")
            process = subprocess.Popen([binary(), "run", server.url(), path, "--report-json", report,
                                        "-vv"], stdout=subprocess.PIPE, text=True)
            try:
                for _ in range(times):
                    time.sleep(stop_at)
                    process.send_signal(signal.SIGSTOP)
                    time.sleep(seconds)
                    process.send_signal(signal.SIGCONT)
                output = process.communicate(timeout=20)[0]
            finally:
                process.kill()
            return process.returncode, output, load_and_check_report(report)

    def test_a_close_that_we_were_too_late_to_see_is_no_late_close(self):
        code, output, report = self.run_stopped(0.3, 1.5, 1)
        row, = report["scenarios"]
        self.assertEqual((code, row["verdict"]), (0, "pass"), output)
        self.assertGreater(report["loop"]["worst_lag_ms"], 500)
        self.assertLess(row["observed"]["lag_ms"], 100)  # of the run that was judged
        self.assertIn("event loop: longest step", output)

    def test_a_server_that_is_late_is_found_by_a_loop_that_is_not(self):
        with Serve("--idle-timeout-ms", 900) as server, scenario_file(
                {"steps": self.STEPS[:2] + [{"expect": {"close": 1008, "within_ms": 600}},]}) as path:
            run, report = run_json(server.url(), path)
        row, = report["scenarios"]
        self.assertEqual(row["verdict"], "fail")
        self.assertLess(row["observed"]["lag_ms"], 100)


class LateOnce(Listening):
    """Refuses a frame without a mask at its header, but the first `times` of them when it is whole."""

    def __init__(self, times):
        self.times = times

    def serve(self, sock):
        sock.sendall(common.switching(sock.recv(4096)))
        while data := sock.recv(4096):
            if data[1] & 0x80 == 0:
                self.times -= 1
                if self.times >= 0:
                    sock.recv(4096)
                return sock.sendall(common.close_frame(1002))
            sock.sendall(common.echo(data))


class Late(Case):
    """A server that other work kept from closing in time is looked at again, alone."""

    def judge(self, times):
        with LateOnce(times) as server:
            run, report = run_json(f"ws://127.0.0.1:{server.port}/",
                                   "masking/unmasked-refused-at-the-header-text-5", "--set",
                                   "capabilities.echo=true")
        row, = report["scenarios"]
        return row["verdict"], row["class"], str(run)

    def test_a_server_that_was_late_once_is_not_called_late(self):
        verdict, cls, run = self.judge(1)
        self.assertEqual((verdict, cls), ("pass", "exact"), run)

    def test_one_that_always_is_late_is(self):
        verdict, cls, run = self.judge(99)
        self.assertEqual((verdict, cls), ("tolerated", "late"), run)


class OtherMessages(Case):
    def test_a_server_that_says_something_else_is_not_stuck(self):
        steps = [{"send": {"text": "one"}},
                 {"expect": {"message": {"equals": "two"}, "within_ms": 300}}]
        with Server("ws_echo.mjs") as server, scenario_file({"steps": steps}) as path:
            run, report = run_json(server.url(), path)
        self.assertCode(run, 1)
        row, = report["scenarios"]
        self.assertEqual((row["verdict"], row["class"], row["cause"]),
                         ("fail", None, "no-message-fits"))
        self.assertIn("1 other message came", run.words)
        self.assertNotIn("stuck", run.words)


if __name__ == "__main__":
    unittest.main()
