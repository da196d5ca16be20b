"""Nothing stops the event loop: whatever a server does, timers, --max-time and signals get through,
and memory stays small."""

import json
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import zlib

from harness import (SERVERS, Case, Listening, Server, binary, load_and_check_report, memory_limit,
                     optimized, run_json)

sys.path.insert(0, str(SERVERS))
import common  # noqa: E402

MS = 250  # in which a signal and --max-time are answered
BUSY = 750  # what the machine may add to that


def bomb(octets, part=lambda: bytes(1 << 20)):
    """A compressed binary message of so many octets, as a rule zeros."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = b"".join(packer.compress(part()) for _ in range(octets // len(part())))
    data = (data + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]
    return b"\xc2\x7f" + struct.pack(">Q", len(data)) + data


# Each octet of it inflates to 100: what one read takes in is several steps of the loop.
SOME = random.Random(1)
SPARSE = bomb(60 << 20, lambda: SOME.randbytes(4).ljust(900, b"\0"))


class Deflating(Listening):
    """Agrees to permessage-deflate and calls `go_on`; where that is not offered it echoes."""

    def serve(self, sock):
        head = b""
        while b"\r\n\r\n" not in head:
            head += sock.recv(4096)
        answer = common.switching(head)
        if b"permessage-deflate" not in head:
            sock.sendall(answer)
            while data := sock.recv(65536):
                sock.sendall(common.echo(data))
        sock.sendall(answer[:-2] + b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n")
        self.go_on(sock)


class Bombs(Deflating):
    """Answers all that comes after its own handshake with a bomb."""

    octets = bomb(400 << 20)

    def go_on(self, sock):
        while sock.recv(65536):
            sock.sendall(self.octets)


class StopsTheReader(Deflating):
    """Answers a message with 60 MiB in 500 KiB, and the client is stopped until its deadline."""

    client: subprocess.Popen

    def go_on(self, sock):
        sock.recv(65536)
        self.client.send_signal(signal.SIGSTOP)
        threading.Timer(1, self.client.send_signal, [signal.SIGCONT]).start()
        sock.sendall(SPARSE)
        while sock.recv(65536):
            pass


class EndlessTls(Listening):
    """A TLS handshake message of 2^24-1 octets, and records without end."""

    def serve(self, sock):
        sock.recv(4096)
        record = struct.pack(">BHH", 22, 0x0303, 16384)
        sock.sendall(record + b"\x02\xff\xff\xff" + bytes(16380))
        chunk = (record + bytes(16384)) * 512
        while True:
            sock.sendall(chunk)


def own_suite(folder, scenario):
    """A file with this one scenario."""
    path = os.path.join(folder, "own.json")
    with open(path, "w") as file:
        json.dump({"suite": "own", "scenarios": [{"id": "one", "title": "of this test", **scenario}]},
                  file)
    return path


class WholeRuns(Case):
    """A default run, with all that it sends and gets: no step is long."""

    def check(self, *server):
        with Server(*server) as under_test:
            run, report = run_json(under_test.url("/"), timeout=240)
        self.assertIn(run.code, (0, 1), f"\n{run}")
        if optimized():
            self.assertLess(report["loop"]["longest_step_ms"], 20)
            self.assertEqual(report["loop"]["long_steps"], 0)

    def test_npm_ws(self):
        self.check("ws_echo.mjs")

    def test_npm_ws_with_compression(self):
        self.check("ws_echo.mjs", "--deflate")

    def test_our_own_server_without_a_fault(self):
        self.check("faulty.mjs")


class Answered(Case):
    """--max-time and a signal are answered, and memory stays small, whatever the scenario asks for."""

    def check_both(self, scenario, *server, max_time=2, mebibytes=100):
        with Server(*server) as under_test, tempfile.TemporaryDirectory() as folder:
            path = own_suite(folder, scenario)
            started = time.monotonic()
            run, report = run_json(under_test.url("/"), path, "--max-time", max_time, timeout=60)
            self.assertLess(time.monotonic() - started, max_time + (MS + BUSY) / 1000, f"\n{run}")
            self.assertCode(run, 3)
            self.assertEqual(report["scenarios"][0]["cause"], "out-of-time")
            self.assertLess(run.peak_rss, memory_limit(mebibytes))
            if optimized():
                self.assertEqual(report["loop"]["long_steps"], 0)
            process = subprocess.Popen([binary(), "run", under_test.url("/"), path],
                                       stdout=subprocess.DEVNULL)
            try:
                time.sleep(1.5)
                started = time.monotonic()
                process.send_signal(signal.SIGINT)
                self.assertEqual(process.wait(30), 130)
                self.assertLess(time.monotonic() - started, (MS + BUSY) / 1000)
            finally:
                process.kill()

    def test_a_message_of_1_TiB_that_is_compressed(self):
        for kind, payload in (("text", {"repeat": "a", "times": 1 << 40}),
                              ("binary", {"random": 1 << 40})):
            with self.subTest(kind):
                self.check_both({"steps": [{"send": {kind: payload, "deflate": True}},
                                           {"expect": {"echo": True}}]},
                                "ws_echo.mjs", "--deflate")


class Loop(Case):
    def run_bombs(self, server, *args, steps=None, **more):
        steps = steps or [{"send": {"binary": {"random": 100, "seed": 1}}}, {"wait_ms": 300},
                          {"send": {"binary": {"random": 100, "seed": 2}}},
                          {"expect": {"echo": True}}]
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "scenarios.json")
            with open(path, "w") as file:
                json.dump({"suite": "own", "scenarios": [
                    {"id": "case-${n}", "title": "of this test", "steps": steps,
                     "for_each": {"n": {"range": [1, 16]}},
                     "connect": {"extensions": ["permessage-deflate"]}}]}, file)
            return run_json(f"ws://127.0.0.1:{server.port}/", path, "--set",
                            "capabilities.echo=true", "--set", "capabilities.deflate=true", *args,
                            **more)

    def test_bombs_from_everywhere_are_read_in_short_steps(self):
        with Bombs() as server:
            run, report = self.run_bombs(server, timeout=60)
        self.assertCode(run, 1)
        self.assertEqual({row["class"] for row in report["scenarios"]}, {"repaired"})
        self.assertLess(run.peak_rss, memory_limit(200))
        self.assertLess(report["loop"]["longest_step_ms"], 20)
        self.assertEqual(report["loop"]["long_steps"], 0)

    def test_what_lies_unread_at_the_deadline_counts(self):
        """All of the answer had come by then, and reading it takes several steps of the loop."""
        scenario = {"id": "case-${n}", "title": "of this test", "for_each": {"n": {"range": [1, 4]}},
                    "connect": {"extensions": ["permessage-deflate"]},
                    "steps": [{"send": {"binary": {"random": 100, "seed": 1}}},
                              {"expect": {"echo": True, "within_ms": 500}}]}
        with StopsTheReader() as server, tempfile.TemporaryDirectory() as folder:
            path, report = (os.path.join(folder, name) for name in ("scenarios.json", "report.json"))
            with open(path, "w") as file:
                json.dump({"suite": "own", "scenarios": [scenario]}, file)
            server.client = subprocess.Popen(
                [binary(), "run", f"ws://127.0.0.1:{server.port}/", path, "--report-json", report,
                 "-j", "1", "--set", "capabilities.echo=true", "--set", "capabilities.deflate=true"],
                stdout=subprocess.PIPE, text=True)
            output = server.client.communicate(timeout=30)[0]
            rows = load_and_check_report(report)["scenarios"]
        self.assertEqual({(row["class"], row["cause"]) for row in rows},
                         {("repaired", "echo-differs")}, output)

    def test_max_time_is_kept_under_bombs(self):
        with Bombs() as server:
            started = time.monotonic()
            self.run_bombs(server, "--max-time", "0.6", timeout=60)
            self.assertLess(time.monotonic() - started, 0.6 + (MS + BUSY) / 1000)

    def test_tls_records_without_end_are_read_no_further(self):
        with EndlessTls() as server:
            started = time.monotonic()
            run, report = run_json(f"wss://127.0.0.1:{server.port}/", "utf8/valid-u-ok-01", "-k",
                                   timeout=90)
            self.assertLess(time.monotonic() - started, 5)
        self.assertCode(run, 3)
        self.assertEqual(report["scenarios"][0]["verdict"], "skipped")
        self.assertLess(run.peak_rss, memory_limit(100))

    def test_a_signal_is_answered_under_bombs(self):
        with Bombs() as server, tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "scenarios.json")
            with open(path, "w") as file:
                json.dump({"suite": "own", "scenarios": [
                    {"id": "case-${n}", "title": "of this test",
                     "for_each": {"n": {"range": [1, 400]}},
                     "connect": {"extensions": ["permessage-deflate"]},
                     "steps": [{"send": {"binary": {"random": 100, "seed": 1}}},
                               {"expect": {"echo": True}}]}]}, file)
            process = subprocess.Popen(
                [binary(), "run", f"ws://127.0.0.1:{server.port}/", path, "-j", "32", "--set",
                 "capabilities.echo=true", "--set", "capabilities.deflate=true"],
                stdout=subprocess.DEVNULL)
            try:
                time.sleep(0.7)
                started = time.monotonic()
                process.send_signal(signal.SIGINT)
                self.assertEqual(process.wait(20), 130)
                self.assertLess(time.monotonic() - started, (MS + BUSY) / 1000)
            finally:
                process.kill()


if __name__ == "__main__":
    unittest.main()
