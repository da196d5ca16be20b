"""The suite autobahn is Autobahn|Testsuite's: each of its ids is the tag of a scenario, and what went
over the wire, recorded by a server of sockets and octets, is what its description says
(autobahn_cases.py). And the report that its wrappers read."""

import base64
import hashlib
import json
import os
import re
import select
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import types
import unittest

import rawws
from autobahn_cases import CASES, CHOP, FRAMES
from harness import ROOT, Case, Server, binary, run_json, wsspec
from rawws import BINARY, CLOSE, CONT, PING, PONG, TEXT

SECTIONS = {"1": 16, "2": 11, "3": 7, "4": 10, "5": 20, "6": 145, "7": 37, "9": 54, "10": 1,
            "12": 90, "13": 126}
QUIET_S = 0.06  # after a fault this server reads for so long before it closes
DATA_SEGMENTS_IN = 152  # in struct tcp_info: how many segments with data have come


def ids():
    with open(ROOT / "scenarios" / "coverage" / "autobahn.json", encoding="utf-8") as file:
        return [row["id"] for row in json.load(file)]


def segments_in(sock):
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    return struct.unpack_from("=I", info, DATA_SEGMENTS_IN)[0]


class Connection(threading.Thread):
    """A server's side of one connection: correct answers, but slow to close at a fault, so that all
    octets that are meant to be sent after the fault are sent."""

    def __init__(self, sock):
        super().__init__(daemon=True)
        self.sock, self.box = sock, types.SimpleNamespace(buffer=b"")
        self.arrivals = []  # (time, octets) of each read after the handshake
        self.frames, self.segments, self.closing = [], [], False
        self.message, self.fault = None, None
        self.start()

    def run(self):
        with self.sock:
            head = b""
            while b"\r\n\r\n" not in head:
                got = self.sock.recv(65536)
                if not got:
                    return
                head += got
            key = re.search(rb"Sec-WebSocket-Key: *(\S+)", head, re.I).group(1)
            accept = base64.b64encode(hashlib.sha1(
                key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()).decode()
            self.sock.sendall(f"HTTP/1.1 101 Switching Protocols\r\nServer: Recorder\r\n"
                              f"Upgrade: websocket\r\nConnection: Upgrade\r\n"
                              f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode())
            try:
                self.talk()
            except OSError:
                pass

    def talk(self):
        while True:
            quiet = QUIET_S if self.fault and not self.closing else 5
            if not select.select([self.sock], [], [], quiet)[0]:
                if not self.fault or self.closing:
                    return
                self.close(self.fault)
                continue
            got = self.sock.recv(1 << 20)
            if not got:
                return
            self.arrivals.append((time.monotonic(), len(got)))
            self.segments.append(segments_in(self.sock))
            self.box.buffer += got
            while (frame := rawws.Client._take(self.box)) is not None:
                self.frames.append(frame)
                if not self.fault and not self.closing:
                    self.answer(frame)

    def close(self, code):
        body = b"" if code is None else struct.pack("!H", code)
        self.sock.sendall(rawws.frame(CLOSE, body, mask=None))
        self.sock.shutdown(socket.SHUT_WR)
        self.closing = True

    def answer(self, frame):
        control = frame.opcode >= 8
        if frame.rsv or frame.opcode not in (CONT, TEXT, BINARY, CLOSE, PING, PONG) or \
                control and (not frame.fin or len(frame.payload) > 125) or \
                not control and (frame.opcode == CONT) == (self.message is None):
            self.fault = 1002
        elif frame.opcode == CLOSE:
            self.answer_close(frame)
        elif frame.opcode == PING:
            self.sock.sendall(rawws.frame(PONG, frame.payload, mask=None))
        elif not control:
            self.message = self.message or [frame.opcode, b""]
            self.message[1] += frame.payload
            if frame.fin:
                (opcode, payload), self.message = self.message, None
                if opcode == TEXT and not is_text(payload):
                    self.fault = 1007
                else:
                    self.sock.sendall(rawws.frame(opcode, payload, mask=None))

    def answer_close(self, frame):
        code = frame.code
        if len(frame.payload) == 1 or code is not None and not (
                1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999):
            self.fault = 1002
        elif not is_text(frame.reason):
            self.fault = 1007
        else:
            self.close(code)


def is_text(octets):
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


class Recorder:
    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.connections = []
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections.append(Connection(sock))

    def run(self, *args):
        """One scenario after the other, and what each connection of theirs has sent."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "report.json")
            run = wsspec("run", f"ws://127.0.0.1:{self.listener.getsockname()[1]}/", *args, "-j1",
                         "--report-json", path, timeout=200)
            with open(path, encoding="utf-8") as file:
                results = json.load(file)["scenarios"]
        for connection in self.connections:
            connection.join(10)
        # The first connections ask what the server can do, and the last whether it is still there.
        asked = b"wsspec: are you there?"
        scripted = [c for c in self.connections if all(f.payload != asked for f in c.frames)]
        return run, results, scripted[-len(results):]


class Coverage(Case):
    def test_the_list_of_ids_is_the_original_s(self):
        found = [i.split(".")[0] for i in ids()]
        self.assertEqual({s: found.count(s) for s in found}, SECTIONS)
        self.assertEqual(len(set(ids())), 517)
        number = [tuple(map(int, i.split("."))) for i in ids()]
        self.assertEqual(number, sorted(number))
        self.assertEqual(set(CASES), {i for i in ids() if i.split(".")[0] not in ("9", "12", "13")})

    def test_every_id_is_the_tag_of_a_scenario(self):
        run = wsspec("list", "--json", "autobahn:*")
        self.assertCode(run, 0)
        tags = {tag for row in json.loads(run.stdout)["scenarios"] for tag in row["tags"]}
        self.assertEqual([i for i in ids() if f"autobahn:{i}" not in tags], [])
        self.assertEqual([t for t in tags if t.startswith("autobahn:") and t[9:] not in ids()], [])

    def test_ids_are_selected_by_glob(self):
        run = wsspec("list", "--json", "autobahn:6.4.*")
        names = [row["name"] for row in json.loads(run.stdout)["scenarios"]]
        self.assertEqual(sorted(names), [f"autobahn/6.4.{i}" for i in range(1, 5)])


class OnTheWire(Case):
    @classmethod
    def setUpClass(cls):
        with Recorder() as recorder:
            cls.run_, results, connections = recorder.run("autobahn/**")
        cls.results = {row["name"].removeprefix("autobahn/"): row for row in results}
        cls.sent = dict(zip(cls.results, connections))

    def for_each(self, check):
        for name, case in CASES.items():
            with self.subTest(name):
                check(case, self.sent[name])

    def test_a_server_that_is_right_passes(self):
        self.assertCode(self.run_, 0)
        others = {case: row["verdict"] for case, row in self.results.items()
                  if row["verdict"] != "pass"}
        # It looks at a text when it is whole.
        self.assertEqual(others, {f"6.4.{i}": "tolerated" for i in range(1, 5)})

    def test_the_frames_are_those_of_the_case(self):
        self.assertEqual(set(self.sent), set(CASES))

        def check(case, recorded):
            sent = len(case.frames)
            self.assertEqual(recorded.frames[:sent], case.frames)
            # After them nothing but our Close, or our answer to the server's.
            self.assertIn([f.opcode for f in recorded.frames[sent:]], ([], [CLOSE]))
            self.assertEqual(recorded.box.buffer, b"")
        self.for_each(check)

    def test_a_clean_close_is_ours_with_1000(self):
        def check(case, recorded):
            if recorded.fault is None and not any(f.opcode == CLOSE for f in case.frames):
                self.assertEqual([f.code for f in recorded.frames[len(case.frames):]], [1000])
        self.for_each(check)

    def test_they_are_cut_into_the_writes_of_the_case(self):
        def check(case, recorded):
            octets = sum(len(rawws.frame(f.opcode, f.payload)) for f in case.frames)
            # The segment of the handshake is counted too; a Close of ours may follow.
            segments = recorded.segments[-1] - 1 - (len(recorded.frames) - len(case.frames))
            if case.writes == CHOP:  # TCP may put a few into one segment while acknowledgments lag
                self.assertGreaterEqual(segments, min(5, octets // 2))
            elif case.writes != 1:
                writes = len(case.frames) if case.writes == FRAMES else case.writes
                self.assertGreaterEqual(segments, writes)  # more where one was sent again
            elif octets < 16384:
                self.assertEqual(recorded.arrivals[0][1], octets)
        self.for_each(check)

    def test_pauses(self):
        def check(case, recorded):
            times = [t for t, _ in recorded.arrivals]
            gaps = [b - a for a, b in zip(times, times[1:]) if b - a > 0.2]
            self.assertGreaterEqual(len(gaps), case.pauses)
        self.for_each(check)

    def test_the_original_waits_are_a_parameter(self):
        with Recorder() as recorder:
            run, _, (paused, held) = recorder.run("autobahn:5.19", "autobahn:6.4.3", "--set",
                                                  "autobahn.waits=original")
        self.assertCode(run, 0)
        for recorded, count in ((paused, 1), (held, 2)):
            times = [t for t, _ in recorded.arrivals]
            self.assertEqual(sum(b - a > 0.95 for a, b in zip(times, times[1:])), count)
        self.assertEqual(paused.frames[:7], CASES["5.19"].frames)
        wrong = wsspec("list", "autobahn:6.4.*", "--set", "autobahn.waits=brief")
        self.assertCode(wrong, 2)
        self.assertIn("known: short, original", wrong.stderr)


# A fault of tests/servers/faulty.mjs, and cases that do not pass with it.
SHARP = """
echo-truncated 1.1.2 1.2.2
text-as-binary 1.1.2
length-16-signed 1.1.6
pong-truncated 2.4
pong-as-string 2.3
pong-twice 2.2
long-ping 2.5
pong-answered 2.8 2.9
pong-echoed 2.7 2.8 2.9
pong-first-only 2.10
pongs-reversed 2.10
allow-rsv 3.1 3.2 3.3 3.4 3.5 3.6
rsv-close-unchecked 3.7
allow-reserved-opcode 4.1.1 4.1.3 4.1.5 4.2.1 4.2.3 4.2.5
1002-as-1011 3.1 4.1.1
allow-fragmented-control 5.1
continuation-swallowed 5.9 5.10 5.11
allow-interleaved 5.18
ping-in-message-unanswered 5.6 5.19
ping-joins-message 5.6 5.20
ping-after-message 5.6 5.7 5.8 5.19 5.20
empty-frame-ends 6.1.2 6.1.3
utf8-per-frame 6.2.3 6.2.4
utf8-frame-end 6.4.3 6.4.4
no-utf8 6.3.1 6.3.2 6.6.1 6.20.1
code-1011 6.3.1
replace 6.3.1
reject-nonchar 6.9.3 6.22.1
text-after-close 7.1.2 7.1.4
half-message-echoed 7.1.5
tcp-left-to-client 7.3.3
reason-refused 7.3.4
allow-one-octet-close 7.3.2
long-close 7.3.6
close-reason-unchecked 7.5.1
allow-close-codes 7.9.1 7.9.3 7.9.9
"""


class Sharp(Case):
    """What the original finds is found, and so is what it lets pass: a bad frame that is swallowed, a
    wrong code."""

    def test_a_faulty_server_does_not_pass(self):
        with Server("faulty.mjs") as server:
            for line in SHARP.split("\n")[1:-1]:
                fault, *cases = line.split()
                with self.subTest(fault):
                    _, report = run_json(server.url(f"/?fault={fault}"), "--set",
                                         "capabilities.echo=true",
                                         *(f"autobahn:{case}" for case in cases))
                    self.assertEqual([row["name"] for row in report["scenarios"]
                                      if row["verdict"] not in ("fail", "tolerated")], [])


class Report(Case):
    def assertCodeAndReport(self, server, *args, code):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "index.json")
            run = wsspec("run", server, *args, "--report-autobahn", path)
            self.assertCode(run, code)
            with open(path, encoding="utf-8") as file:
                return file.read()

    def test_the_shape_that_wrappers_read(self):
        with Server("ws_echo.mjs") as server:
            text = self.assertCodeAndReport(server.url(), "autobahn:1.1.*", "autobahn:7.13.*",
                                            "utf8/valid-u-ok*", "--agent", "npm ws/8", code=0)
        (agent, cases), = json.loads(text).items()
        self.assertEqual(agent, "npm ws/8")
        self.assertEqual(list(cases), [f"1.1.{i}" for i in range(1, 9)] + ["7.13.1", "7.13.2"])
        for case, row in cases.items():
            self.assertEqual(sorted(row), ["behavior", "behaviorClose", "duration",
                                           "remoteCloseCode", "reportfile"])
            self.assertIsInstance(row["duration"], int)
            self.assertEqual(row["reportfile"], f"npm_ws_8_case_{case.replace('.', '_')}.json")
        self.assertEqual((cases["1.1.1"]["behavior"], cases["1.1.1"]["behaviorClose"],
                          cases["1.1.1"]["remoteCloseCode"]), ("OK", "OK", 1000))
        self.assertEqual(cases["7.13.1"]["behavior"], "INFORMATIONAL")
        # Some look at lines: grep -B1 '"behavior": "OK"' gives the id.
        lines = text.splitlines()
        self.assertEqual(lines[lines.index('      "1.1.1": {') + 1], '         "behavior": "OK",')

    def test_failures_are_failed(self):
        with Server("accept_all.mjs") as server:
            text = self.assertCodeAndReport(server.url(), "autobahn:6.3.1", code=1)
        (agent, cases), = json.loads(text).items()
        self.assertEqual(agent, "UnknownServer")
        self.assertEqual(cases["6.3.1"]["behavior"], "FAILED")

    def test_the_server_header_names_the_agent(self):
        with Recorder() as recorder:
            url = f"ws://127.0.0.1:{recorder.listener.getsockname()[1]}/"
            text = self.assertCodeAndReport(url, "autobahn:1.1.1", code=0)
        self.assertEqual(list(json.loads(text)), ["Recorder"])

    def test_what_was_done_before_an_interrupt_is_in_it(self):
        document = {"suite": "s", "scenarios": [
            {"id": "short", "tags": ["autobahn:1.1.1"], "steps": [
                {"send": {"text": "x"}}, {"expect": {"accepted": True}}]},
            {"id": "long", "tags": ["autobahn:9.9.1"], "steps": [{"wait_ms": 30000}]}]}
        with tempfile.TemporaryDirectory() as folder, Server("ws_echo.mjs") as server:
            files = [os.path.join(folder, name) for name in ("s.json", "index.json")]
            with open(files[0], "w", encoding="utf-8") as file:
                json.dump(document, file)
            process = subprocess.Popen([binary(), "run", server.url(), files[0],
                                        "--report-autobahn", files[1]],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(1.0)
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(10), 130)
            with open(files[1], encoding="utf-8") as file:
                (_, cases), = json.load(file).items()
        self.assertEqual(cases["1.1.1"]["behavior"], "OK")
        self.assertEqual(cases["9.9.1"]["behavior"], "FAILED")

    def test_to_standard_output(self):
        with Server("ws_echo.mjs") as server:
            run = wsspec("run", server.url(), "autobahn:1.1.1", "--report-autobahn", "-")
        self.assertCode(run, 0)
        self.assertIn("1.1.1", next(iter(json.loads(run.stdout).values())))


if __name__ == "__main__":
    unittest.main()
