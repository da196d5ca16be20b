"""What the end-to-end tests share. Standard library only.

    with Server("ws_echo.mjs", "--deflate") as server:
        run, report = run_json(server.url("/"), "utf8/**")

A Server is a program of tests/servers. It is started with --stdin-guard, so it ends when the test
does, however the test ends. The binary under test is the one that WSSPEC names.
"""

import contextlib
import dataclasses
import json
import os
import pathlib
import select
import signal
import shlex
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVERS = ROOT / "tests" / "servers"
BUILT_SERVERS = ROOT / "build" / "servers"
PYTHON = "/usr/bin/python3"  # the distribution's: python3-websockets and FastAPI live there


def server_command(name):
    """The words that run tests/servers/NAME."""
    path = SERVERS / name
    if path.suffix == ".mjs":
        if "from 'ws'" in path.read_text() and not (SERVERS / "node_modules" / "ws").is_dir():
            raise RuntimeError(f"{name} needs npm ws: run 'npm ci' in {SERVERS}")
        return ["node", str(path)]
    if path.suffix == ".pl":
        return ["/usr/bin/perl", str(path)]
    if path.suffix == "":  # built by ./dev truth
        return [str(BUILT_SERVERS / name)]
    return [PYTHON, str(path)]


class Server:
    """Starts tests/servers/NAME on a free port and ends it by its own pid."""

    def __init__(self, name, *args, start_timeout=10):
        self.name = name
        self.args = [str(a) for a in args]
        self.start_timeout = start_timeout
        self.port = None
        self.process = None
        self._stderr = None
        self._last_words = ""

    def start(self):
        self._stderr = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            server_command(self.name) + ["--stdin-guard"] + self.args, cwd=SERVERS, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=self._stderr)
        try:
            self.port = self._wait_until_listening()
        except BaseException:
            self.stop()
            raise
        return self

    def _wait_until_listening(self):
        deadline = time.monotonic() + self.start_timeout
        line = b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([self.process.stdout], [], [],
                                        max(0, deadline - time.monotonic()))
            got = os.read(self.process.stdout.fileno(), 1) if ready else b""
            if not got:
                why = "said nothing" if not ready else "ended"
                raise RuntimeError(f"{self.name} {why}: {self.stderr()}")
            line += got
        words = line.split()
        if len(words) != 2 or words[0] != b"listening":
            raise RuntimeError(f"{self.name} said {line!r}")
        return int(words[1])

    def stop(self):
        """Ends the program; returns its exit code."""
        if self.process is None or self._stderr.closed:
            return self.process and self.process.returncode
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                stream.close()
        self._last_words = self.stderr()
        self._stderr.close()
        return self.process.returncode

    def alive(self):
        return self.process.poll() is None

    def stderr(self):
        if self._stderr.closed:
            return self._last_words
        self._stderr.seek(0)
        return self._stderr.read().decode(errors="replace")

    def url(self, path="/", scheme="ws"):
        return f"{scheme}://127.0.0.1:{self.port}{path}"

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()


def unused_port():
    """A port of 127.0.0.1 on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclasses.dataclass
class Run:
    """One finished run of the binary."""
    args: list
    code: int  # negative: ended by that signal
    stdout: str
    stderr: str
    seconds: float
    peak_rss: int  # octets; never below what this interpreter had at the fork
    out: bytes = b""  # both as they came
    err: bytes = b""

    @property
    def words(self):
        """Standard output on one line: the console wraps its texts between words."""
        return " ".join(self.stdout.split())

    def __str__(self):
        return (f"wsspec {' '.join(self.args)}\nexit code {self.code} after {self.seconds:.2f} s\n"
                f"--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}")


def binary():
    """The path of the binary. A missing one is a skip, unless WSSPEC promised it."""
    named = os.environ.get("WSSPEC")
    path = pathlib.Path(named) if named else ROOT / "build" / "release" / "wsspec"
    if not os.access(path, os.X_OK):
        if named:
            raise RuntimeError(f"WSSPEC={named} cannot be run")
        raise unittest.SkipTest(f"{path} is not built")
    return str(path)


def wsspec(*args, timeout=60, stdin=b"", env=None, cwd=None):
    """Runs the binary. Raises TimeoutError (and ends it by its pid) after `timeout` seconds."""
    args = [str(a) for a in args]
    whole_env = {**os.environ, **(env or {})}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, \
            tempfile.TemporaryFile() as given:
        given.write(stdin)
        given.seek(0)
        begin = time.monotonic()
        process = subprocess.Popen([binary(), *args], stdin=given, stdout=out, stderr=err,
                                   env=whole_env, cwd=cwd)
        late = False
        pause = 0.001
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            if not late and time.monotonic() - begin > timeout:
                late = True
                os.kill(process.pid, signal.SIGKILL)
            time.sleep(pause)
            pause = min(pause * 2, 0.02)
        process.returncode = os.waitstatus_to_exitcode(status)  # it is reaped: tell Popen
        out.seek(0)
        err.seek(0)
        octets = out.read(), err.read()
        run = Run(args, process.returncode, *(o.decode(errors="replace") for o in octets),
                  time.monotonic() - begin, usage.ru_maxrss * 1024, *octets)
    if late:
        raise TimeoutError(f"no end within {timeout} s\n{run}")
    return run


def run_json(url, *args, timeout=60, **more):
    """`wsspec run URL ... --report-json FILE`: the Run and the checked report, or None without one."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "report.json"
        run = wsspec("run", url, *args, "--report-json", path, timeout=timeout, **more)
        return run, load_and_check_report(path) if path.exists() else None


def run_started(program, arguments, path, *args, timeout=300):
    """run_json against tests/servers/PROGRAM, which wsspec starts, and brings back when it goes down: a
    death costs the rest of the run nothing."""
    port = unused_port()
    command = shlex.join([*server_command(program), "--port", str(port), *map(str, arguments)])
    return run_json(f"ws://127.0.0.1:{port}{path}", "--start", f"exec {command}", "--wait-for", 30000,
                    *args, timeout=timeout)


def load_and_check_report(path):
    """A JSON report. Raises AssertionError if its summary is not the count of its scenarios."""
    with open(path, encoding="utf-8") as file:
        report = json.load(file)
    if report.get("schema") != "wsspec-report/1":
        raise AssertionError(f"unexpected schema {report.get('schema')!r}")
    summary = report["summary"]
    for verdict in ("pass", "tolerated", "fail", "skipped", "error"):
        counted = sum(s["verdict"] == verdict for s in report["scenarios"])
        if counted != summary[verdict]:
            raise AssertionError(f"summary says {summary[verdict]} {verdict}, the list {counted}")
    return report


def note_rerun(what, first, second):
    """Says on standard error that something was run twice, and what differed. ./dev test prints all
    of these lines again at its end: a run that needs many of them is no proof."""
    print(f"rerun: {what}: first {first}; then {second}", file=sys.stderr, flush=True)


def slowness():
    """How many times as long as a release build another one may take: by its folder's name."""
    if "asan" in binary() or "sanitize" in binary():
        return 10
    return 3 if "build/dev/" in binary() else 1


def memory_limit(mebibytes):
    """Octets; sanitizer builds (their folder's name tells) keep freed memory for a while."""
    return (mebibytes << 20) * (4 if "asan" in binary() else 1)


class Listening:
    """A server of this process: `serve` is called with each connection, in a thread of its own."""

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self.listener.accept()
                threading.Thread(target=self.one, args=(sock,), daemon=True).start()

    def one(self, sock):
        with sock, contextlib.suppress(OSError):
            self.serve(sock)


def by_verdict(report, verdict):
    return [s for s in report["scenarios"] if s["verdict"] == verdict]


def brief(report, *verdicts):
    """A few lines on the scenarios with these verdicts, for a failure message."""
    return "\n".join(
        f"{s['name']}: {s['verdict']} {s['class']}: {s['diagnosis']}"
        for s in report["scenarios"] if s["verdict"] in verdicts)


class Case(unittest.TestCase):
    """TestCase with the two assertions that every test of the binary needs."""

    longMessage = True

    def assertCode(self, run, code):
        self.assertEqual(run.code, code, f"\n{run}")

    def assertNoCrash(self, run):
        self.assertIn(run.code, (0, 1, 2, 3, 130), f"\n{run}")
