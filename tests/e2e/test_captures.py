"""`wsspec inspect` of captures: what tshark and tap recorded, and a browser's HAR."""

import json
import os
import shutil
import subprocess
import tempfile
import time
import unittest

import harness
from harness import Case, Server, unused_port, wsspec
from rawws import Client, close, text
from tapping import Tap

TSHARK = shutil.which("tshark")


def talk(port):
    """A good connection, and one that is closed with 1007."""
    with Client(port, "/chat?token=f00dcafe1234") as client:
        client.send(text(b"hello"))
        client.receive()
        client.send(close(1000, b"bye"))
        client.all(1)
    with Client(port) as client:
        client.send(text(b"a" * 4095 + "€".encode()[:1]))
        client.all(1)


class Captures(Case):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        with Server("ws_echo.mjs", "--deflate") as server, \
                Tap(server.port, "--log", "{}/log", "--pcapng", "{}/capture") as tap:
            talk(tap.port)
            tap.stop()
            for name in ("log", "capture"):
                with open(cls.path(name), "wb") as file:
                    file.write(tap.file(name))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def path(cls, name):
        return os.path.join(cls.folder.name, name)

    def assertJudged(self, run):
        self.assertCode(run, 1)
        for due in ("client: text frame 1, 5 octets\n", "client: Close 1000 normal closure, \"bye\"\n",
                    "a character of 3 octets is cut after 1; looks like chunks of 4096; the server "
                    "closed 1007 after ", "server: Close 1007 invalid frame payload data\n",
                    "1  the client closed first: 1000", "1  the server closed first: 1007"):
            self.assertIn(due, run.stdout, f"\n{run}")
        self.assertIn("'wsspec explain 1007' says more", run.words)
        self.assertNotIn("f00dcafe1234", run.stdout)

    def test_the_log_and_the_capture_of_tap(self):
        for name in ("log", "capture"):
            with self.subTest(name):
                self.assertJudged(wsspec("inspect", self.path(name)))
                with open(self.path(name), "rb") as file:
                    self.assertJudged(wsspec("inspect", "-", stdin=file.read()))

    def test_json_is_the_log_of_tap_again(self):
        run = wsspec("inspect", "--json", self.path("capture"))
        self.assertCode(run, 1)
        events = [json.loads(line) for line in run.stdout.splitlines()]
        self.assertEqual(events[0]["schema"], "wsspec-conversation/1")
        with open(self.path("log")) as file:
            logged = [json.loads(line) for line in file]
        def names(events):
            return sorted((e["connection"], e["event"]) for e in events
                          if e["event"] not in ("start", "open"))
        self.assertEqual(names(events), names(logged))
        self.assertJudged(wsspec("inspect", "-", stdin=run.out))

    @unittest.skipUnless(TSHARK, "needs tshark")
    def test_what_tshark_captured_live(self):
        port = unused_port()
        path = self.path("live.pcapng")
        capture = subprocess.Popen([TSHARK, "-i", "lo", "-f", f"tcp port {port}", "-w", path, "-q"],
                                   stderr=subprocess.PIPE)
        try:
            deadline = time.monotonic() + 5
            while not os.path.exists(path) and capture.poll() is None and time.monotonic() < deadline:
                time.sleep(0.05)
            if capture.poll() is not None or not os.path.exists(path):
                self.skipTest("tshark may not capture here")
            time.sleep(0.5)
            with Server("ws_echo.mjs", "--port", port):
                talk(port)
                time.sleep(1.5)
        finally:
            capture.terminate()
            capture.wait(10)
            capture.stderr.close()
        self.assertJudged(wsspec("inspect", path))
        for form in ("pcap", "nsecpcap"):
            subprocess.run([TSHARK, "-r", path, "-F", form, "-w", self.path(form)], check=True,
                           capture_output=True)
            self.assertJudged(wsspec("inspect", self.path(form)))

    def test_a_capture_that_is_cut_is_judged_as_far_as_it_goes(self):
        for name in ("capture", "log"):
            with open(self.path(name), "rb") as file:
                whole = file.read()
            for size in (len(whole) - 10, len(whole) // 2, 300):
                run = wsspec("inspect", "-", stdin=whole[:size])
                self.assertIn(run.code, (0, 1), f"\n{run}")
                self.assertIn("is judged as far as it can be read: it ends inside", run.stdout)

    def test_bad_captures(self):
        for octets in (b"\x0a\x0d\x0d\x0a" + b"\xff" * 100, b"\xd4\xc3\xb2\xa1" + b"\xff" * 100,
                       b'{"log": {' + b"[" * 1000, b'{"log": {"entries": [{"_webSocketMessages": [{}]}]}}',
                       b'{"event":"start","schema":"wsspec-conversation/1"}\n\x1b]0;x\x07\n' * 3):
            run = wsspec("inspect", "-", stdin=octets)
            self.assertIn(run.code, (0, 1), f"\n{run}")
            self.assertNotIn(b"\x1b", run.out)
            self.assertNotIn(b"\x07", run.out)

    def test_a_har(self):
        har = {"log": {"version": "1.2", "entries": [
            {"_resourceType": "websocket", "_webSocketMessages": [
                {"type": "send", "time": 1000.0, "opcode": 1, "data": "h\u00e9"},
                {"type": "receive", "time": 1000.02, "opcode": 2, "data": "AP8="},
                {"type": "error", "time": 1000.03, "opcode": -1,
                 "data": "Could not decode a text frame as UTF-8."}],
             "request": {"method": "GET", "url": "wss://a.example/x?token=f00dcafe1234", "headers": []},
             "response": {"status": 101, "headers": []}}]}}
        run = wsspec("inspect", "-", stdin=json.dumps(har).encode())
        self.assertCode(run, 1)
        for due in ("client: text message 1, 3 octets", "[1] 20.0 ms  server: binary message 1, 2 octets",
                    "the browser: Could not decode a text frame as UTF-8.",
                    "client: GET wss://a.example/x?token=***; the server answered 101"):
            self.assertIn(due, run.stdout, f"\n{run}")

    def test_a_large_har_is_streamed(self):
        message = json.dumps({"type": "receive", "time": 1000.0, "opcode": 1, "data": "x" * 1000})
        path = self.path("large.har")
        with open(path, "w") as file:
            file.write('{"log": {"entries": [{"_webSocketMessages": [')
            for n in range(60000):
                file.write(("," if n else "") + message)
            file.write("]}]}}")
        run = wsspec("inspect", path)
        self.assertCode(run, 1)  # no 101 in it
        self.assertIn("the server sent 60000 messages", run.stdout)
        self.assertLess(run.peak_rss, harness.memory_limit(60))


if __name__ == "__main__":
    unittest.main()
