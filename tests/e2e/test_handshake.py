"""Handshakes that a script sends: the Accept of the key that really went out, several on one
connection, frames before the 101, and the form of refusals. The server is a few lines of sockets
that answers each path in its own way."""

import base64
import hashlib
import json
import pathlib
import socketserver
import tempfile
import threading
import time
import unittest

from harness import Case, brief, run_json

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
BAD = b"HTTP/1.1 400 Bad Request\r\n"


def switching(key, extra=b"", end=b"\r\n"):
    accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
    lines = [b"HTTP/1.1 101 Switching Protocols", b"Upgrade: websocket", b"Connection: Upgrade",
             b"Sec-WebSocket-Accept: " + accept]
    return end.join(lines) + b"\r\n" + extra + b"\r\n"


# Path -> (answer, whether the connection is closed after it).
REFUSALS = {
    b"/length": (BAD + b"Content-Length: 2\r\n\r\nno", False),
    b"/chunked": (BAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n", False),
    b"/to-the-end": (BAD + b"\r\nno", True),
    b"/twice": ((BAD + b"Content-Length: 2\r\n\r\nno") * 2, False),
    b"/short": (BAD + b"Content-Length: 20\r\n\r\nno", True),
    b"/no-end": (BAD + b"\r\nno", False),
    b"/frame-after": (BAD + b"Content-Length: 2\r\n\r\nno\x88\x02\x03\xe8", True),
    b"/frame-later": (BAD + b"Connection: close\r\nContent-Length: 2\r\n\r\nno", True),
    b"/both-lengths": (BAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", True),
    b"/bad-chunk": (BAD + b"Transfer-Encoding: chunked\r\n\r\nx\r\n", True),
    b"/half-a-head": (b"HTTP/1.1 400 Bad", True),
    b"/no-http": (b"no\r\n\r\n", True),
    b"/wrong-accept": (switching(b"another key"), False),
    b"/head-with-body": (BAD + b"Content-Length: 2\r\n\r\nno", True),
    b"/head-without-body": (BAD + b"Content-Length: 2\r\n\r\n", True),
}
# Path -> what comes 30 ms after the refusal, as from a server that writes twice.
LATER = {b"/frame-later": b"\x88\x02\x03\xe8"}
# Path -> what answers the first message: more than one read takes, and a bad frame at its end.
REPLIES = {b"/long-and-bad": b"\x82\x7f" + (100000).to_bytes(8, "big") + bytes(100000) + b"\x83\x00"}
ANSWERS = {
    b"/with-length": lambda key: switching(key, b"Content-Length: 0\r\n"),
    b"/bare-lf": lambda key: switching(key, end=b"\n"),
    b"/continue": lambda key: b"HTTP/1.1 100 Continue\r\n\r\n" + switching(key),
}


class Peer(socketserver.StreamRequestHandler):
    def handle(self):
        try:
            while self.one_request():
                pass
        except (OSError, ValueError, KeyError, IndexError):
            pass

    def one_request(self):
        head = [self.rfile.readline().strip()]
        while head[-1]:
            head.append(self.rfile.readline().strip())
        if not head[0]:
            return False
        path = head[0].split(b" ")[1]
        headers = {name.strip().lower(): value.strip() for name, _, value in
                   (line.partition(b":") for line in head[1:])}
        if path in REFUSALS:
            answer, ends = REFUSALS[path]
            self.wfile.write(answer)
            if path in LATER:
                time.sleep(0.03)
                self.wfile.write(LATER[path])
            return not ends
        key = headers[b"sec-websocket-key"]
        self.wfile.write(ANSWERS.get(path, switching)(key))
        if path in REPLIES:
            self.rfile.read(1)
            self.wfile.write(REPLIES[path])
        while self.echo():
            pass
        return False

    def echo(self):
        start = self.rfile.read(2)
        if len(start) < 2:
            return False
        length = start[1] & 127
        mask = self.rfile.read(4)
        data = bytes(o ^ mask[i % 4] for i, o in enumerate(self.rfile.read(length)))
        opcode = start[0] & 15
        self.wfile.write(bytes([0x80 | (10 if opcode == 9 else opcode), length]) + data)
        return opcode != 8


class Service(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    request_queue_size = 128


def handshake(path, **more):
    return {"send": {"handshake": {"path": path, **more}}}


def http(rule):
    return {"expect": {"http": rule, "within_ms": 2000}}


ACCEPTED = {"expect": {"accepted": True}}
TEXT = {"send": {"text": "hello"}}
RAW = ("GET / HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
       "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key:")
# Name -> (steps, verdict, class).
CASES = {
    "ordinary": ([{"send": {"handshake": True}}, http(101), TEXT, ACCEPTED], "pass", None),
    "own-key": ([handshake("/", headers=[["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="]]),
                 http({"status": 101, "headers": {"Sec-WebSocket-Accept": r"^s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=$"}})],
                "pass", None),
    "raw-key-trimmed": ([{"send": {"handshake": {"raw": RAW + " \t AQIDBAUGBwgJCgsMDQ4PEA== \r\n\r\n"}}},
                         http(101), TEXT, ACCEPTED], "pass", None),
    "raw-in-pieces": ([{"send": {"handshake": {"raw": {"concat": [RAW, {"hex": "20"}, "${key}\r\n\r\n"]}},
                                 "chop": {"size": 7, "pause_ms": 0}}}, TEXT, ACCEPTED], "pass", None),
    "as-bytes": ([{"send": {"bytes": RAW.replace("${host}", "a") + "a\r\n\r\n"}}, http(101)], "pass", None),
    "headers-placeholder": ([{"send": {"handshake": {"raw": "GET ${path}${query}a HTTP/1.1\r\n${headers}\r\n"}}},
                             http(101)], "pass", None),
    "wrong-accept": ([handshake("/wrong-accept"), http(101)], "fail", "broken"),
    "wrong-accept-unasked": ([handshake("/wrong-accept"), TEXT, ACCEPTED], "fail", "broken"),
    "frames-in-the-same-write": ([{"send": [{"handshake": True}, {"text": "a"}, {"ping": "b"}, {"text": "c"}]},
                                  ACCEPTED, {"expect": {"pong": True}}], "pass", None),
    "frame-over-the-border": ([{"send": [{"handshake": True}, {"text": "abc", "hold": {"at": 1, "release_ms": 20}}]},
                               ACCEPTED], "pass", None),
    "refused-then-good": ([handshake("/length"), http(400), {"send": {"handshake": True}}, http(101),
                           TEXT, ACCEPTED], "pass", None),
    "refused-in-chunks-then-refused": ([handshake("/chunked"), http(400), handshake("/length"), http(400),
                                        {"send": {"handshake": True}}, http(101)], "pass", None),
    "refused-and-closed": ([handshake("/to-the-end"), http(400), {"send": {"handshake": True}},
                            {"expect": {"any_of": [{"http": 101}, {"drop": True}]}}], "pass", "drop"),
    "refused-unasked": ([handshake("/length"), TEXT, ACCEPTED], "fail", "other-code"),
    "two-answers": ([handshake("/twice"), http(400)], "pass", None),
    "range": ([handshake("/length"), http(["100-199", "400-499"])], "pass", None),
    "outside-the-range": ([handshake("/length"), http("401-499")], "fail", "other-code"),
    "never-101": ([handshake("/"), http("400-499")], "fail", "accepted"),
    "short": ([handshake("/short"), http(400)], "fail", "broken"),
    "no-end": ([handshake("/no-end"), http(400)], "fail", "broken"),
    "frame-after": ([handshake("/frame-after"), http(400)], "fail", "broken"),
    "frame-later": ([handshake("/frame-later"), http(400)], "fail", "broken"),
    # Two reads while a step is judged: it ends once.
    "long-and-bad": ([handshake("/long-and-bad"), http(101), TEXT, {"read": "pause"}, {"wait_ms": 300},
                      {"read": "resume"}, {"expect": {"close": 1000, "within_ms": 2000}}], "fail", "broken"),
    "both-lengths": ([handshake("/both-lengths"), http(400)], "fail", "broken"),
    "bad-chunk": ([handshake("/bad-chunk"), http(400)], "fail", "broken"),
    "half-a-head": ([handshake("/half-a-head"), http(400)], "fail", "broken"),
    "no-http": ([handshake("/no-http"), http(400)], "fail", "broken"),
    "head-with-a-body": ([handshake("/head-with-body", method="HEAD"), http(400)], "fail", "broken"),
    "head-without-a-body": ([handshake("/head-without-body", method="HEAD"), http(400)], "pass", None),
    "absent": ([handshake("/"), http({"status": 101, "absent": ["Content-Length"]})], "pass", None),
    "not-absent": ([handshake("/with-length"), http({"status": 101, "absent": ["content-length"]})],
                   "fail", "other-code"),
    "interim": ([handshake("/continue"), http({"status": 101, "interim": 100})], "pass", None),
    "no-interim": ([handshake("/"), http({"status": 101, "interim": 100})], "fail", "other-code"),
    "line-ends": ([handshake("/"), http({"head": {"matches": "^HTTP/1.1 101 ", "not_matches": "[^\\r]\\n"}})],
                  "pass", None),
    "bare-line-ends": ([handshake("/bare-lf"), http({"head": {"not_matches": "[^\\r]\\n"}})],
                       "fail", "other-code"),
    "half-a-request-then-fin": ([{"send": {"handshake": {"raw": ""}}}, {"shutdown": True},
                                 {"expect": {"drop": True}}], "pass", "drop"),
}


class Handshakes(Case):
    @classmethod
    def setUpClass(cls):
        cls.service = Service(("127.0.0.1", 0), Peer)
        cls.addClassCleanup(cls.service.server_close)
        cls.addClassCleanup(cls.service.shutdown)
        threading.Thread(target=cls.service.serve_forever, daemon=True).start()
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "own.json"
            path.write_text(json.dumps({"suite": "own", "scenarios": [
                {"id": name, "connect": {"handshake": False}, "steps": steps}
                for name, (steps, _, _) in CASES.items()]}))
            url = f"ws://127.0.0.1:{cls.service.server_address[1]}/"
            cls.result, cls.report = run_json(url, path)

    def test_every_case_has_its_verdict(self):
        got = {s["name"].partition("/")[2]: (s["verdict"], s["class"]) for s in self.report["scenarios"]}
        self.assertEqual({name: case[1:] for name, case in CASES.items() if got.get(name) != case[1:]}, {},
                         "\n" + brief(self.report, "fail", "error", "tolerated"))

    def test_what_is_broken_is_named(self):
        said = {s["name"].partition("/")[2]: s["diagnosis"]
                for s in self.report["scenarios"]}
        self.assertIn("2 octets, where Content-Length says 20", said["short"])
        self.assertIn("bytes after the error response", said["frame-after"])
        self.assertIn("Sec-WebSocket-Accept", said["wrong-accept"])


if __name__ == "__main__":
    unittest.main()
