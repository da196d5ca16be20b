"""Nothing stops the event loop: whatever a server does, timers, --max-time and signals get through,
and memory stays small."""

import contextlib
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

import rawws
from harness import (SERVERS, Case, Listening, Server, binary, load_and_check_report, memory_limit,
                     run_json, slowness, wsspec)
from serving import Serve

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


def masked(frame):
    """The frame as a client sends it, with a masking key of zeros."""
    head = {126: 4, 127: 10}.get(frame[1], 2)
    return bytes([frame[0], frame[1] | 0x80]) + frame[2:head] + bytes(4) + frame[head:]


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


class Steps(Case):
    def assertShortSteps(self, report):
        loop = report["loop"]
        self.assertLess(loop["longest_step_ms"], 20 * slowness())
        if slowness() == 1:
            self.assertEqual(loop["long_steps"], 0)


class WholeRuns(Steps):
    """A default run, with all that it sends and gets: no step is long."""

    def check(self, *server):
        with Server(*server) as under_test:
            run, report = run_json(under_test.url("/"), timeout=240)
        self.assertIn(run.code, (0, 1), f"\n{run}")
        self.assertShortSteps(report)

    def test_npm_ws(self):
        self.check("ws_echo.mjs")

    def test_npm_ws_with_compression(self):
        self.check("ws_echo.mjs", "--deflate")

    def test_our_own_server_without_a_fault(self):
        self.check("faulty.mjs")


def processor_seconds(pid):
    """What a process has used so far."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Answered(Steps):
    """--max-time and a signal are answered, and memory stays small, whatever the scenario asks for."""

    def check_max_time(self, url, path, *args, seconds, mebibytes, busy):
        started = time.monotonic()
        run, report = run_json(url, path, "--max-time", seconds, *args, timeout=60)
        self.assertLess(time.monotonic() - started, seconds + (MS + busy) / 1000, f"\n{run}")
        self.assertCode(run, 3)
        self.assertEqual(report["scenarios"][0]["verdict"], "error")
        self.assertLess(run.peak_rss, memory_limit(mebibytes))
        self.assertShortSteps(report)

    def check_signal(self, number, url, path, *args, after=1.5, busy=BUSY, used_ms=MS):
        process = subprocess.Popen([binary(), "run", url, path, *args], stdout=subprocess.DEVNULL)
        try:
            time.sleep(after)
            used = processor_seconds(process.pid)
            started = time.monotonic()
            process.send_signal(number)
            _, status, usage = os.wait4(process.pid, 0)
            took = time.monotonic() - started
            process.returncode = os.waitstatus_to_exitcode(status)
            self.assertEqual(process.returncode, 130)
            self.assertLess(took, (MS + busy) / 1000)
            self.assertLess(usage.ru_utime + usage.ru_stime - used, slowness() * used_ms / 1000)
        finally:
            process.kill()

    def check_all(self, scenario, *server, seconds=2, mebibytes=100, after=1.5, busy=BUSY,
                  used_ms=MS):
        with Server(*server) as under_test, tempfile.TemporaryDirectory() as folder:
            path = own_suite(folder, scenario)
            self.check_max_time(under_test.url("/"), path, seconds=seconds, mebibytes=mebibytes,
                                busy=busy)
            for number in (signal.SIGINT, signal.SIGTERM):
                with self.subTest(number.name):
                    self.check_signal(number, under_test.url("/"), path, after=after, busy=busy,
                                      used_ms=used_ms)

    def test_a_message_of_1_TiB_that_is_compressed(self):
        for kind, payload in (("text", {"repeat": "a", "times": 1 << 40}),
                              ("binary", {"random": 1 << 40})):
            with self.subTest(kind):
                self.check_all({"steps": [{"send": {kind: payload, "deflate": True}},
                                          {"expect": {"echo": True}}]},
                               "ws_echo.mjs", "--deflate")

    def test_a_group_of_100000_connections(self):
        """As many are made as there are descriptors. That they end costs the kernel more than us,
        and its work for the server's ends may be counted as ours too."""
        self.check_all({"control": False, "connections": {"crowd": {"count": 100000}},
                        "steps": [{"on": "crowd", "connect": True},
                                  {"on": "crowd", "send": {"text": "hello ${conn}"}},
                                  {"on": "crowd", "expect": {"echo": True}}]},
                       "ws_echo.mjs", seconds=4, mebibytes=400, after=3, busy=BUSY + 1500,
                       used_ms=2 * MS)

    def test_a_group_of_2000_is_served_to_its_end_in_short_steps(self):
        with Server("ws_echo.mjs") as server, tempfile.TemporaryDirectory() as folder:
            path = own_suite(folder, {
                "connections": {"crowd": {"count": 2000}},
                "steps": [{"on": "crowd", "connect": True},
                          {"on": "crowd", "send": {"text": "hello ${conn}"}},
                          {"on": "crowd", "expect": {"echo": True}},
                          {"on": "crowd", "read": "pause"}, {"on": "crowd", "read": "resume"},
                          {"on": "crowd", "connect": True},
                          {"on": "crowd", "send": {"text": "again ${conn}"}},
                          {"on": "crowd", "expect": {"echo": True}},
                          {"on": "crowd", "disconnect": True}]})
            run, report = run_json(server.url("/"), path, timeout=120)
        self.assertCode(run, 0)
        self.assertShortSteps(report)


class Starved(Steps):
    """A good client of `serve` beside 20 that send bombs."""

    CLIENTS = 20
    P99 = 250  # ms
    SHARED = 250  # what the clients, which share the machine, may add to that

    def bombard(self, server, octets, stop):
        offer = "Sec-WebSocket-Extensions: permessage-deflate"
        with contextlib.suppress(OSError, rawws.Refused):
            while not stop.is_set():
                with server.client(headers=(offer,), timeout=20) as client:
                    client.sock.sendall(octets)
                    client.sock.recv(65536)

    def round_trips(self, server, seconds):
        took = []
        with server.client() as client:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                started = time.monotonic()
                client.send(rawws.text(b"hi"))
                self.assertEqual(client.receive().payload, b"hi")
                took.append((time.monotonic() - started) * 1000)
                time.sleep(0.005)
        return sorted(took)

    def test_bombs_do_not_starve_a_good_client(self):
        for octets in (100 << 20, 400 << 20):
            with self.subTest(octets), Serve() as server:
                stop = threading.Event()
                message = masked(bomb(octets))
                threads = [threading.Thread(target=self.bombard, args=(server, message, stop))
                           for _ in range(self.CLIENTS)]
                for thread in threads:
                    thread.start()
                try:
                    time.sleep(0.3)
                    took = self.round_trips(server, 4)
                    rss = server.rss()
                finally:
                    stop.set()
                    server.stop()
                    for thread in threads:
                        thread.join()
                self.assertGreater(len(took), 10)
                self.assertLess(took[len(took) * 99 // 100], self.P99 + self.SHARED)
                self.assertLess(rss, memory_limit(100))


class Told(Steps):
    def test_verbose_runs_say_how_long_the_steps_were(self):
        with Server("ws_echo.mjs") as server:
            run = wsspec("run", server.url("/"), "utf8/valid-u-ok-01", "-vv")
        self.assertRegex(run.words, r"event loop: longest step [0-9.]+ ms, 0 above 20 ms;")


class Loop(Steps):
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
        self.assertShortSteps(report)

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
