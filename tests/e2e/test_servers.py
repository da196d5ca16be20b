"""Our test servers do what they claim: seen by third-party clients and by literal octets."""

import asyncio
import json
import socket
import subprocess
import unittest

import websockets

import harness
from harness import SERVERS, Server
from rawws import CLOSE, CONT, HI, PING, PONG, TEXT, Client, Refused, frame, summary, text


def npm_client(url, *args):
    done = subprocess.run(["node", str(SERVERS / "ws_client.mjs"), url, *args], timeout=20,
                          capture_output=True, check=True, cwd=SERVERS)
    return json.loads(done.stdout)


async def python_client(url, messages, **options):
    """Echoes of the messages, whether a ping was answered, and the close code we then see."""
    async with websockets.connect(url, max_size=None, ping_interval=None, **options) as ws:
        got = []
        for message in messages:
            await ws.send(message)
            got.append(await asyncio.wait_for(ws.recv(), 10))
        await asyncio.wait_for(await ws.ping(b"are you there"), 5)
        await ws.close(1000, "bye")
        return got, ws.close_code, ws.extensions


class Contract(unittest.TestCase):
    PROGRAMS = [("ws_echo.mjs",), ("ws_policy.mjs",), ("accept_all.mjs",), ("faulty.mjs",),
                ("websockets_echo.py",), ("fastapi_app.py",), ("lost_close.py",),
                ("hostile.py",)]

    def test_ends_with_sigterm_and_says_no_more(self):
        for program in self.PROGRAMS:
            with self.subTest(program), Server(*program) as server:
                self.assertGreater(server.port, 0)
                server.process.terminate()
                self.assertEqual(server.process.stdout.read(), b"")
                self.assertEqual(server.process.wait(5), 0)

    def test_ends_with_stdin(self):
        for program in self.PROGRAMS:
            with self.subTest(program), Server(*program) as server:
                server.process.stdin.close()
                self.assertEqual(server.process.wait(5), 0)

    def test_takes_the_port_it_is_given(self):
        for program in self.PROGRAMS:
            port = harness.unused_port()
            with self.subTest(program), Server(*program, "--port", port) as server:
                self.assertEqual(server.port, port)

    def test_wrong_options_are_refused(self):
        for program in self.PROGRAMS:
            with self.subTest(program), self.assertRaisesRegex(RuntimeError, "(?i)no-such"):
                Server(*program, "--no-such-option").start()

    def test_the_lock_file_names_no_registry(self):
        lock = (SERVERS / "package-lock.json").read_text()
        self.assertNotIn("://", lock)
        self.assertNotIn('"resolved"', lock)


class Echo(unittest.TestCase):
    """Everything that ought to be a correct echo server is one, for third-party clients."""

    PROGRAMS = [("ws_echo.mjs",), ("ws_echo.mjs", "--deflate"), ("websockets_echo.py",),
                ("accept_all.mjs",), ("faulty.mjs",), ("ws_policy.mjs", "--limit", "1000"),
                ("faulty.mjs", "--fault", "slow")]

    def assertEchoServer(self, url):
        large = 2000 if "fragmented-echo" in url else 200000
        messages = [HI, b"\xff\xfe\x00", "", "x" * (large // 3), b"y" * large]
        got, code, _ = asyncio.run(python_client(url, messages))
        self.assertEqual(got, messages)
        self.assertEqual(code, 1000)
        seen = npm_client(url, "--text", HI, "--binary", "fffe00", "--text", "")
        self.assertEqual(seen["messages"], [{"text": HI}, {"text": ""}, {"binary": "fffe00"}])
        self.assertEqual((seen["pong"], seen["code"], seen["error"]), ("are you there", 1000, None))

    def test_echo_servers(self):
        for program in self.PROGRAMS:
            with self.subTest(program), Server(*program) as server:
                self.assertEchoServer(server.url())
                if program[0] == "faulty.mjs":
                    self.assertEchoServer(server.url("/?fault=fragmented-echo"))

    def test_fastapi(self):
        for ws in ("websockets", "wsproto"):
            with self.subTest(ws), Server("fastapi_app.py", "--ws", ws) as server:
                self.assertEchoServer(server.url("/echo"))

    def test_deflate(self):
        for program in (("ws_echo.mjs", "--deflate"), ("websockets_echo.py",), ("faulty.mjs",)):
            with self.subTest(program), Server(*program) as server:
                messages = [HI * 100, HI * 100, b"\xff" * 100000, ""]
                got, code, extensions = asyncio.run(python_client(server.url(), messages))
                self.assertEqual((got, code), (messages, 1000))
                self.assertEqual(len(extensions), 1)
                seen = npm_client(server.url(), "--deflate", "--text", HI * 9, "--text", HI * 9)
                self.assertEqual(seen["messages"], [{"text": HI * 9}] * 2)
                self.assertIn("permessage-deflate", seen["extensions"])

    def test_invalid_text(self):
        for program, code in [(("ws_echo.mjs",), 1007), (("websockets_echo.py",), 1007),
                              (("faulty.mjs",), 1007)]:
            with self.subTest(program), Server(*program) as server, Client(server.port) as c:
                c.send(text(b"ok"), text(b"ab\xc0\xafcd"))
                got = c.receive()
                if got.payload == b"ok":
                    got = c.receive()
                self.assertEqual((got.opcode, got.code), (CLOSE, code))

    def test_servers_that_accept_invalid_text(self):
        for program in (("accept_all.mjs",), ("ws_echo.mjs", "--skip-utf8-validation")):
            with self.subTest(program), Server(*program) as server, Client(server.port) as c:
                c.send(text(b"\xff\xfe"), frame(PING, b"p"))
                self.assertEqual(c.receive().payload, b"\xff\xfe")
                self.assertEqual(c.receive().opcode, PONG)

    def test_limits_of_npm_ws(self):
        parts = [text(b"x", fin=False)] + [frame(CONT, b"x", fin=False)] * 16500
        with Server("ws_echo.mjs") as server, Client(server.port) as c:
            c.send(*parts, frame(CONT, b"x"))
            self.assertEqual(c.receive().code, 1008)
        with Server("ws_echo.mjs", "--no-fragment-limit") as server, Client(server.port) as c:
            c.send(*parts, frame(CONT, b"x"))
            self.assertEqual(c.receive().payload, b"x" * 16502)
        with Server("ws_echo.mjs", "--max-payload", "1000") as server, Client(server.port) as c:
            c.send(text(b"x" * 1001))
            self.assertEqual(c.receive().code, 1009)


class LostClose(unittest.TestCase):
    def test_the_close_comes_before_the_reset(self):
        with Server("lost_close.py", "--read", 100) as server, Client(server.port) as c:
            c.send(*[text(b"x" * 16)] * 20)
            frames = c.all(3)
            self.assertEqual(summary(frames, c.end), "C1008 reset")
            self.assertEqual(frames[0].reason, b"rate limit exceeded")

    def test_linger0(self):
        with Server("lost_close.py", "--read", 100, "--linger0") as server:
            for _ in range(10):
                with Client(server.port) as c:
                    c.send(*[text(b"x" * 16)] * 20)
                    self.assertIn(summary(c.all(3), c.end), ("C1008 reset", "reset"))

    def test_500_connections(self):
        with Server("lost_close.py", "--read", 100) as server:
            clients = [Client(server.port) for _ in range(500)]
            for c in clients:
                c.send(*[text(b"x" * 16)] * 20)
            ends = [summary(c.all(5), c.end) for c in clients]
            for c in clients:
                c.sock.close()
        self.assertEqual(ends, ["C1008 reset"] * 500)


class Hostile(unittest.TestCase):
    def assertRefused(self, name, *options):
        with Server("hostile.py", *options) as server:
            with self.assertRaises(Refused) as refused:
                Client(server.port, "/" + name, timeout=2).sock.close()
            self.assertTrue(server.alive())
            return refused.exception

    def test_http(self):
        self.assertEqual(self.assertRefused("no-such-behaviour").status, 404)
        self.assertEqual(self.assertRefused("forbidden").status, 403)

    def test_no_http(self):
        self.assertEqual(self.assertRefused("tls-alert").head, bytes.fromhex("15030100020246"))
        self.assertEqual(self.assertRefused("reset-at-once").head, b"")
        self.assertIsNone(self.assertRefused("garbage", "--max-bytes", "200000").status)

    def test_silent(self):
        with Server("hostile.py") as server:
            with self.assertRaises(TimeoutError):
                Client(server.port, "/silent", timeout=0.5)

    def test_the_first_connections_are_served_honestly(self):
        with Server("hostile.py") as server:
            seen = []
            for _ in range(3):
                with Client(server.port, "/masked?good=2") as c:
                    c.send(text(b"x"))
                    seen.append(c.receive().masked)
        self.assertEqual(seen, [False, False, True])

    def test_floods(self):
        with Server("hostile.py") as server:
            with Client(server.port, "/text-flood") as c:
                for _ in range(1000):
                    self.assertEqual(c.receive().opcode, TEXT)
            with Client(server.port, "/text-flood") as c:  # the first one's end did not end it
                self.assertEqual(c.receive().opcode, TEXT)
            with Client(server.port, "/huge-then-data") as c:
                while len(c.buffer) < 1000000:
                    self.assertTrue(c._more())
                self.assertEqual(c.buffer[:11], bytes.fromhex("817f7fffffffffffffff") + b"x")
        head = self.assertRefused("endless-headers", "--max-bytes", "3000000").head
        self.assertGreater(len(head), 3000000)

    def test_drip(self):
        with Server("hostile.py") as server:
            with socket.create_connection(("127.0.0.1", server.port)) as sock:
                sock.sendall(b"GET /drip HTTP/1.1\r\nSec-WebSocket-Key: x\r\n\r\n")
                pieces = [sock.recv(100) for _ in range(5)]
                self.assertEqual(pieces, [b"H", b"T", b"T", b"P", b"/"])

    def test_wrong_accept(self):
        with Server("hostile.py") as server:
            seen = npm_client(server.url("/wrong-accept"))
            self.assertRegex(seen["error"], "Sec-WebSocket-Accept")

    def test_close_nasty_reason(self):
        with Server("hostile.py") as server, Client(server.port, "/close-nasty-reason") as c:
            c.send(text(b"x"))
            got = c.receive()
            self.assertEqual(got.code, 1007)
            for part in (b"\x1b[2J", b"\x1b]52;", b"\x07", "\u202e".encode()):
                self.assertIn(part, got.reason)


if __name__ == "__main__":
    unittest.main()
