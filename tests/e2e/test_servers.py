"""Our test servers do what they claim: seen by third-party clients and by literal octets."""

import asyncio
import concurrent.futures
import json
import re
import socket
import subprocess
import time
import unittest
import urllib.request
import zlib

import websockets

import harness
from harness import SERVERS, Server
from rawws import (BINARY, CLOSE, CONT, PING, PONG, TEXT, Client, Refused, close, deflated, frame,
                   text)

HI = "h\u00e9 \U0001f600"


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

    def check(self, url):
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
                self.check(server.url())
                if program[0] == "faulty.mjs":
                    self.check(server.url("/?fault=fragmented-echo"))

    def test_fastapi(self):
        for ws in ("websockets", "wsproto"):
            with self.subTest(ws), Server("fastapi_app.py", "--ws", ws) as server:
                self.check(server.url("/echo"))

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


class Policy(unittest.TestCase):
    def burst(self, server, count):
        """What comes for so many messages at once, and for 300 ms after that."""
        with Client(server.port) as c:
            c.send(*[text(b"x")] * count)
            return c.all(0.3)

    def test_closes_at_limit_plus_1(self):
        with Server("ws_policy.mjs", "--limit", 20, "--window-ms", 2000) as server:
            self.assertEqual([f.opcode for f in self.burst(server, 20)], [TEXT] * 20)
            for count in (21, 40):
                frames = self.burst(server, count)
                self.assertEqual([f.opcode for f in frames], [TEXT] * 20 + [CLOSE])
                self.assertEqual((frames[-1].code, frames[-1].reason),
                                 (1008, b"rate limit exceeded"))

    def test_the_window_ends(self):
        with Server("ws_policy.mjs", "--limit", 5, "--window-ms", 300) as server, \
                Client(server.port) as c:
            for _ in range(3):
                c.send(*[text(b"x")] * 5)
                self.assertEqual([c.receive().opcode for _ in range(5)], [TEXT] * 5)
                time.sleep(0.4)

    def test_forbidden_words(self):
        with Server("ws_policy.mjs", "--forbidden", "badword") as server, Client(server.port) as c:
            c.send(text(b"badwort"), frame(BINARY, b"badword"), text(b"a ba", fin=False),
                   frame(CONT, b"dword"))
            self.assertEqual([c.receive().opcode for _ in range(3)], [TEXT, BINARY, CLOSE])

    def test_the_wrong_servers(self):
        def answers(*options):
            with Server("ws_policy.mjs", "--limit", 10, *options) as server:
                return self.burst(server, 20)

        frames = answers("--close-code", 1011)
        self.assertEqual((len(frames), frames[-1].code), (11, 1011))
        frames = answers("--early", 3)
        self.assertEqual((len(frames), frames[-1].code), (8, 1008))
        self.assertEqual([f.opcode for f in answers("--drop")], [TEXT] * 10)
        self.assertEqual([f.opcode for f in answers("--never")], [TEXT] * 20)

    def test_penalty(self):
        with Server("ws_policy.mjs", "--limit", 2, "--window-ms", 100, "--penalty-ms",
                    1500) as server:
            self.assertEqual(self.burst(server, 3)[-1].code, 1008)
            with self.assertRaises(Refused) as refused:
                Client(server.port)
            self.assertEqual(refused.exception.status, 429)
            time.sleep(1.5)
            self.assertEqual(len(self.burst(server, 2)), 2)

    def test_limit_by_address(self):
        with Server("ws_policy.mjs", "--limit", 10, "--scope", "address", "--window-ms",
                    5000) as server, Client(server.port) as a, Client(server.port) as b:
            a.send(*[text(b"x")] * 6)
            self.assertEqual(len([a.receive() for _ in range(6)]), 6)
            b.send(*[text(b"x")] * 6)
            self.assertEqual([b.receive().opcode for _ in range(5)], [TEXT] * 4 + [CLOSE])


class FastApi(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.servers = [Server("fastapi_app.py", "--ws", ws, "--login-ttl", "1",
                              "--auth-deadline-ms", "500").start()
                       for ws in ("websockets", "wsproto")]

    @classmethod
    def tearDownClass(cls):
        for server in cls.servers:
            server.stop()

    def each(self):
        for server in self.servers:
            with self.subTest(server.args[1]):
                yield server

    def closes(self, client, reason, code=1008):
        got = client.receive()
        self.assertEqual((got.opcode, got.code, got.reason), (CLOSE, code, reason))

    def test_after_accept(self):
        for server in self.each():
            for path, reason in [("/auth", b"token missing"), ("/auth?token=x", b"token invalid"),
                                 ("/auth?token=old-1", b"token expired")]:
                with Client(server.port, path) as c:
                    self.closes(c, reason)
            with Client(server.port, "/auth?token=good-1") as c:
                c.send(text(b"hi"))
                self.assertEqual(c.receive().payload, b"hi")

    def test_before_accept(self):
        for server in self.each():
            with self.assertRaises(Refused) as refused:
                Client(server.port, "/refuse?token=x")
            self.assertEqual(refused.exception.status, 403)
            with Client(server.port, "/refuse?token=good-2") as c:
                c.send(frame(BINARY, b"\xff"))
                self.assertEqual(c.receive().payload, b"\xff")

    def test_a_token_runs_out_by_timer(self):
        for server in self.each():
            begin = time.monotonic()
            with Client(server.port, "/auth?token=ttl-0.6") as c:
                c.send(text(b"hi"))
                self.assertEqual(c.receive().payload, b"hi")
                self.closes(c, b"token expired")
            self.assertGreater(time.monotonic() - begin, 0.55)
            self.assertLess(time.monotonic() - begin, 2)

    def test_a_token_runs_out_under_traffic(self):
        for server in self.each():
            with Client(server.port, "/auth?token=ttl-0.4") as c:
                for _ in range(100):
                    c.send(text(b"hi"))
                    got = c.receive()
                    if got.opcode == CLOSE:
                        break
                    time.sleep(0.02)
                self.assertEqual((got.code, got.reason), (1008, b"token expired"))

    def test_first_message(self):
        for server in self.each():
            for first in (b"good-1", b'{"token": "good-1"}'):
                with Client(server.port, "/login") as c:
                    c.send(text(first), text(b"hi"))
                    self.assertEqual(c.receive().payload, b"hi")
            for first in (b"nonsense", b'{"token": 7}', b"[]"):
                with Client(server.port, "/login") as c:
                    c.send(text(first))
                    self.closes(c, b"token invalid" if first != b'{"token": 7}'
                                else b"token missing")
            with Client(server.port, "/login") as c:
                self.closes(c, b"authentication timeout")

    def test_login_gives_a_token(self):
        for server in self.each():
            with Client(server.port, "/ws-login") as c:
                c.send(text(b'{"type":"login","user":"alice"}'))
                welcome = json.loads(c.receive().payload)
            self.assertEqual(welcome["type"], "welcome")
            self.assertRegex(welcome["token"], r"^ttl-1-\d+$")
            with Client(server.port, "/auth?token=" + welcome["token"]) as c:
                c.send(text(b"hi"))
                self.assertEqual(c.receive().payload, b"hi")
                self.closes(c, b"token expired")
            with Client(server.port, "/ws-login") as c:
                c.send(text(b"{}"))
                self.closes(c, b"login expected")

    def test_token_by_http(self):
        for server in self.each():
            with urllib.request.urlopen(server.url("/token", "http"), timeout=5) as answer:
                self.assertEqual(json.load(answer), {"token": "good-1"})


class FaultyByDefault(unittest.TestCase):
    """Without a fault it is strict, fail-fast and right."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server("faulty.mjs").start()

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def exchange(self, *octets, path="/", headers=()):
        with Client(self.server.port, path, headers) as c:
            c.send(*octets)
            frames = c.all(3)
            self.end = c.end
            return frames

    def assertCloses(self, frames, code):
        self.assertTrue(frames, "nothing came")
        self.assertEqual([f.opcode for f in frames].count(CLOSE), 1, frames)
        self.assertEqual((frames[-1].opcode, frames[-1].code), (CLOSE, code), frames)
        self.assertEqual(self.end, "eof")

    def assertEchoes(self, payload, *octets, **more):
        frames = self.exchange(*octets, close(), **more)
        self.assertCloses(frames, 1000)
        self.assertEqual([f.payload for f in frames if f.opcode == TEXT], [payload])

    VALID = ["00", "7f", "efbbbf6869", "007fc280dfbfe0a080efbfbff0908080f48fbfbf", "ed9fbfee8080",
             "efb790efbfbef09fbfbf", "efbfbd", "65cc81", "e280ae616263e281a6", "636166c383c2a9"]
    INVALID = [("c080", 0), ("c0af", 0), ("c1bf", 0), ("e08080", 1), ("e09fbf", 1), ("f0808080", 1),
               ("f08fbfbf", 1), ("f880808080", 0), ("fc8080808080", 0), ("eda080", 1),
               ("edbfbf", 1), ("48c3a9eda0bd21", 4), ("f4908080", 1), ("f5808080", 0),
               ("f888808080", 0), ("fe", 0), ("ff", 0), ("80", 0), ("bf", 0), ("c3a9a9", 2),
               ("c328", 1), ("e228a1", 1), ("e28228", 2), ("f0288cbc", 1), ("f0908c28", 3),
               ("c3c3a9", 1), ("f09f98c3a9", 3)]
    CUT = ["c3", "e2", "e282", "f0", "f09f", "f09f98", "68656c6c6ff09f98"]

    def test_valid_text(self):
        for hexa in self.VALID:
            with self.subTest(hexa):
                self.assertEchoes(bytes.fromhex(hexa), text(bytes.fromhex(hexa)))

    def test_every_code_point(self):
        everything = "".join(chr(c) for c in range(0x110000)
                             if not 0xD800 <= c < 0xE000).encode()
        self.assertEqual(len(everything), 4382592)
        self.assertEchoes(everything, text(everything))
        step = 4093
        parts = [everything[i:i + step] for i in range(0, len(everything), step)]
        self.assertEchoes(everything, text(parts[0], fin=False),
                          *[frame(CONT, p, fin=False) for p in parts[1:]], frame(CONT))

    def test_invalid_text(self):
        for hexa, _ in self.INVALID:
            for payload in (bytes.fromhex(hexa), b"ab" + bytes.fromhex(hexa) + b"cd"):
                with self.subTest(payload):
                    self.assertCloses(self.exchange(text(payload)), 1007)
        for hexa in self.CUT:
            with self.subTest(hexa):
                self.assertCloses(self.exchange(text(bytes.fromhex(hexa))), 1007)

    def test_the_proving_octet_decides(self):
        for hexa, proves in self.INVALID:
            with self.subTest(hexa), Client(self.server.port) as c:
                whole = frame(TEXT, bytes.fromhex(hexa).ljust(200, b"x"))
                c.send(whole[:8 + proves])  # header 4, key 4, and the octets before the proof
                with self.assertRaises(TimeoutError):
                    c.receive(0.05)
                c.send(whole[8 + proves:9 + proves])
                self.assertEqual(c.receive(1).code, 1007)

    def test_characters_cut_by_frames_pings_and_tcp(self):
        smile = "\U0001f600".encode()
        cuts = [[smile[:i], smile[i:]] for i in (1, 2, 3)] + [[smile[i:i + 1] for i in range(4)]]
        for parts in cuts:
            with self.subTest(parts):
                self.assertEchoes(smile, text(parts[0], fin=False), frame(PING, b"\xff"),
                                  frame(CONT, b"", fin=False),
                                  *[frame(CONT, p, fin=False) for p in parts[1:]], frame(CONT))
        with Client(self.server.port) as c:
            for octet in text(smile) + close():
                c.send(bytes([octet]))
                time.sleep(0.001)
            self.assertEqual([f.opcode for f in c.all(2)], [TEXT, CLOSE])

    def test_state_is_not_carried(self):
        self.assertCloses(self.exchange(text(b"\xe2\x82"), text(b"\xac")), 1007)
        self.assertCloses(self.exchange(text(b"\xe2\x82", fin=False), frame(CONT)), 1007)

    def test_nothing_behind_the_fault(self):
        frames = self.exchange(text(b"ok"), text(b"\xff"), text(b"ok2"), frame(PING), text(b"\x80"))
        self.assertEqual([f.opcode for f in frames], [TEXT, CLOSE])
        frames = self.exchange(close(1000), text(b"\xff"))
        self.assertEqual([(f.opcode, f.code) for f in frames], [(CLOSE, 1000)])

    def test_binary_and_pings_are_not_text(self):
        frames = self.exchange(frame(BINARY, b"\xff\xfe"), frame(PING, b"\xff\xfe\xfd"), close())
        self.assertEqual([(f.opcode, f.payload) for f in frames[:2]],
                         [(BINARY, b"\xff\xfe"), (PONG, b"\xff\xfe\xfd")])

    def test_closing(self):
        for octets, code in [
                (close(1000), 1000), (close(1000, "\ufeff\0\uffff".encode()), 1000),
                (close(3000, b"x" * 123), 3000), (close(4999), 4999), (close(1014), 1014),
                (frame(CLOSE, b"\x03"), 1002), (close(999), 1002), (close(1004), 1002),
                (close(1005), 1002), (close(1006), 1002), (close(1015), 1002), (close(2999), 1002),
                (close(5000), 1002), (close(1000, b"\x80"), 1007), (close(1000, b"caf\xe9"), 1007),
                (close(1000, b"x" * 120 + b"\xf0\x9f\x98"), 1007), (close(1007, b"\x80"), 1007),
                (text(b"a", fin=False) + close(1000, b"\xff"), 1007)]:
            with self.subTest(octets):
                self.assertCloses(self.exchange(octets), code)
        frames = self.exchange(frame(CLOSE))
        self.assertEqual([(f.opcode, f.payload) for f in frames], [(CLOSE, b"")])

    def test_framing(self):
        for octets in (text(b"x", rsv=1), text(b"x", rsv=4), frame(PING, rsv=2), frame(3),
                       frame(11), frame(PING, b"x" * 126), frame(PING, fin=False), frame(CONT),
                       text(b"x", mask=None), text(b"x", fin=False) + text(b"y"),
                       bytes.fromhex("81fe0001 00000000 78"),
                       bytes.fromhex("81ff0000000000000001 00000000 78"),
                       bytes.fromhex("81ff8000000000000001 00000000 78")):
            with self.subTest(octets):
                self.assertCloses(self.exchange(octets), 1002)
        self.assertCloses(self.exchange(frame(TEXT, b"x", declared=64 * 1024 * 1024 + 1)), 1009)

    OFFER = ("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",)

    def test_deflate(self):
        with Client(self.server.port, headers=self.OFFER) as c:
            self.assertIn(b"permessage-deflate", c.head)
            shared = zlib.compressobj(9, zlib.DEFLATED, -15)
            c.send(deflated(b"\xff\xfe" * 50, BINARY, shared), deflated(HI.encode(), TEXT, shared))
            for opcode, payload in ((BINARY, b"\xff\xfe" * 50), (TEXT, HI.encode())):
                got = c.receive()
                inflate = zlib.decompressobj(-15)
                self.assertEqual((got.opcode, got.rsv), (opcode, 4))
                self.assertEqual(inflate.decompress(got.payload + b"\0\0\xff\xff"), payload)
            c.send(deflated(b"Hi \xff\xfe", TEXT, shared))
            self.assertEqual(c.receive().code, 1007)
        for bad in (deflated(b"Hi\xff"), deflated(b"\xe2\x82"), text(b"\xff"),
                    text(b"\x06", rsv=4)):
            with self.subTest(bad):
                self.assertCloses(self.exchange(bad, headers=self.OFFER), 1007)

    def test_handshake(self):
        for path, status in (("/?fault=no-such-fault", 400),):
            with self.assertRaises(Refused) as refused:
                Client(self.server.port, path)
            self.assertEqual(refused.exception.status, status)
        with self.assertRaises(Refused) as refused:
            Client(self.server.port, headers=("Sec-WebSocket-Version: 12",))
        self.assertEqual(refused.exception.status, 426)


OFFER = FaultyByDefault.OFFER
BAD = text(b"ab\xff\xfecd")


def summary(frames, end):
    """What came, in short: T:68 B:ff P:70 C1007 (L = a Close without code), then the end."""
    words = []
    for f in frames:
        bent = ("" if f.fin else "-") + (f"r{f.rsv}" if f.rsv else "") + ("m" if f.masked else "")
        kind = {TEXT: "T", BINARY: "B", PONG: "P", PING: "I", CONT: "+"}.get(f.opcode)
        if f.opcode == CLOSE:
            words.append(f"C{f.code if f.code is not None else f.payload.hex() or '-'}{bent}")
        else:
            words.append(f"{kind or f.opcode}{bent}:{f.payload.hex()}")
    return " ".join(words + [end or "open"])


class EachFault(unittest.TestCase):
    """Each fault shows as itself. fault, octets to send, what must come."""

    # The server without a fault must answer otherwise, or the row shows nothing.
    ROWS = [
        ("no-utf8", BAD + close(), "T:6162fffe6364 C1000 eof"),
        ("allow-overlong", text(b"\xc0\xaf\xe0\x80\xaf\xf0\x8f\xbf\xbf") + close(),
         "T:c0afe080aff08fbfbf C1000 eof"),
        ("allow-overlong", text(bytes.fromhex("f880808080fc8080808080")) + close(),
         "T:f880808080fc8080808080 C1000 eof"),
        ("allow-surrogates", text(b"\xed\xa0\x80\xed\xbf\xbf") + close(),
         "T:eda080edbfbf C1000 eof"),
        ("allow-above-10ffff", text(bytes.fromhex("f4908080f7bfbfbff888808080fdbfbfbfbfbf"))
         + close(), "T:f4908080f7bfbfbff888808080fdbfbfbfbfbf C1000 eof"),
        ("allow-lone-continuation", text(b"\x80a\xbf") + close(), "T:8061bf C1000 eof"),
        ("allow-broken", text(b"\xe2\x28\xa1"[:2] + b"x") + close(), "T:e22878 C1000 eof"),
        ("allow-fe-ff", BAD + close(), "T:6162fffe6364 C1000 eof"),
        ("allow-truncated", text(b"a\xf0\x9f") + close(), "T:61f09f C1000 eof"),
        ("block-16", text(b"x" * 16 + b"\xff") + close(), "T:" + "78" * 16 + "ff C1000 eof"),
        ("block-border", text(b"x" * 15 + b"\xed\xa0\x80") + close(),
         "T:" + "78" * 15 + "eda080 C1000 eof"),
        ("utf8-first-64", text(b"x" * 64 + b"\xff") + close(), "T:" + "78" * 64 + "ff C1000 eof"),
        ("utf8-skip-last-octet", text(b"x\xff") + close(), "T:78ff C1000 eof"),
        ("utf8-only-first-frame", text(b"x", fin=False) + frame(CONT, b"\xff") + close(),
         "T:78ff C1000 eof"),
        ("empty-final-unchecked", text(b"\xe2", fin=False) + frame(CONT) + close(),
         "T:e2 C1000 eof"),
        ("carry-state", text(b"\xe2\x82") + text(b"\xac") + close(), "T:e282 T:ac C1000 eof"),
        ("close-reason-unchecked", close(1001, b"\xff"), "C1000 eof"),
        ("reject-all", text(b"x"), "C1007 eof"),
        ("reject-non-ascii", text(b"\xc3\xa9"), "C1007 eof"),
        ("reject-nul", text(b"a\0"), "C1007 eof"),
        ("reject-controls", text(b"\xc2\x85"), "C1007 eof"),
        ("reject-fffd", text(b"\xef\xbf\xbd"), "C1007 eof"),
        ("reject-nonchar", text(b"\xef\xb7\x90"), "C1007 eof"),
        ("reject-astral", text(b"\xf0\x9f\x98\x80"), "C1007 eof"),
        ("reject-bom", text(b"a\xef\xbb\xbf"), "C1007 eof"),
        ("off-by-one", text(b"\xed\x9f\xbf"), "C1007 eof"),
        ("sniff", text(b"z+AN9sNA-"), "C1007 eof"),
        ("utf8-per-frame", text(b"\xc3", fin=False) + frame(CONT, b"\xa9"), "C1007 eof"),
        ("ping-resets-utf8", text(b"\xe2", fin=False) + frame(PING) + frame(CONT, b"\x82\xac"),
         "P: C1007 eof"),
        ("empty-resets-utf8", text(b"\xe2", fin=False) + frame(CONT, fin=False)
         + frame(CONT, b"\x82\xac"), "C1007 eof"),
        ("impatient", text(b"\xe2", fin=False), "C1008 eof"),
        ("ping-checked-as-utf8", frame(PING, b"\xff"), "C1007 eof"),
        ("binary-checked-as-text", frame(BINARY, b"\xff"), "C1007 eof"),
        ("big-limit-64k", frame(TEXT, declared=65537), "C1009 eof"),
        ("fragment-limit-1000", text(b"", fin=False) + frame(CONT, fin=False) * 1000, "C1008 eof"),
        ("replace", BAD + close(), "T:6162efbfbdefbfbd6364 C1000 eof"),
        ("strip-invalid", BAD + close(), "T:61626364 C1000 eof"),
        ("latin1-repair", BAD + close(), "T:6162c3bfc3be6364 C1000 eof"),
        ("strip-bom", text(b"\xef\xbb\xbfa\xef\xbb\xbf") + close(), "T:61efbbbf C1000 eof"),
        ("strip-feff", text(b"\xef\xbb\xbfa\xef\xbb\xbf") + close(), "T:61 C1000 eof"),
        ("stop-at-nul", text(b"a\0b") + close(), "T:61 C1000 eof"),
        ("normalise-nfc", text(b"e\xcc\x81") + close(), "T:c3a9 C1000 eof"),
        ("strip-invisible", text("a\u202eb\u200bc\x85".encode()) + close(), "T:616263 C1000 eof"),
        ("fix-double-encoding", text(b"caf\xc3\x83\xc2\xa9") + close(), "T:636166c3a9 C1000 eof"),
        ("crlf-to-lf", text(b"a\r\nb") + close(), "T:610a62 C1000 eof"),
        ("echo-truncated", text(b"abc") + close(), "T:6162 C1000 eof"),
        ("echo-twice", text(b"a") + close(), "T:61 T:61 C1000 eof"),
        ("echo-missing", text(b"a") + close(), "C1000 eof"),
        ("text-as-binary", text(b"a") + close(), "B:61 C1000 eof"),
        ("binary-as-text", frame(BINARY, b"\xff") + close(), "T:ff C1000 eof"),
        ("pong-missing", frame(PING, b"a") + close(), "C1000 eof"),
        ("pong-empty", frame(PING, b"a") + close(), "P: C1000 eof"),
        ("utf8-late", text(b"\xff", fin=False) + frame(PING) + frame(CONT), "P: C1007 eof"),
        ("code-1002", BAD, "C1002 eof"),
        ("code-1003", BAD, "C1003 eof"),
        ("code-1011", BAD, "C1011 eof"),
        ("code-1000", BAD, "C1000 eof"),
        ("code-4711", close(1000, b"\xff"), "C4711 eof"),
        ("wrong-code-1006-sent", BAD, "C1006 eof"),
        ("drop-on-invalid", BAD, "eof"),
        ("reset-on-invalid", BAD, "reset"),
        ("hang-on-invalid", BAD + frame(PING), "open"),
        ("ignore-invalid", BAD + frame(PING) + text(b"a") + close(), "P: T:61 C1000 eof"),
        ("echo-then-close", BAD, "T:6162fffe6364 C1007 eof"),
        ("processed-after-fault", BAD + text(b"a") + frame(PING), "T:61 P: C1007 eof"),
        ("double-close", BAD, "C1007 C1007 eof"),
        ("data-after-close", BAD, "C1007 T:6c617465 eof"),
        ("text-after-close", close() + text(b"\xff"), "C1000 C1007 eof"),
        ("close-frame-mid-frame", BAD, "eof"),  # the frame of 1000 octets never ends
        ("one-octet-close-body", BAD, "C03 eof"),
        ("empty-close", BAD, "C- eof"),
        ("fragmented-close", BAD, "C1007- eof"),
        ("no-close-reply", close(), "open"),
        ("keep-tcp", BAD, "C1007 open"),
        ("masked-frames", text(b"a") + close(), "Tm:61 C1000m eof"),
        ("rsv-frames", text(b"a") + close(), "Tr2:61 C1000r2 eof"),
        ("reserved-opcode", text(b"a") + close(), "3:3f T:61 3:3f C1000 eof"),
        ("invalid-text", text(b"a") + close(), "T:61ff C1000 eof"),
        ("fragmented-echo", text(b"abcd") + close(), "T-:616263 +:64 C1000 eof"),
        ("chatty", text(b"a") + close(),
         "T:77656c636f6d65 I:61726520796f75207468657265 T:61 C1000 eof"),
        ("allow-rsv", text(b"a", rsv=3) + close(), "T:61 C1000 eof"),
        ("allow-reserved-opcode", frame(3, b"a") + text(b"b") + close(), "T:62 C1000 eof"),
        ("allow-unmasked", text(b"a", mask=None) + close(), "T:61 C1000 eof"),
        ("allow-long-control", frame(PING, b"a" * 126) + close(), "P:" + "61" * 126
         + " C1000 eof"),
        ("allow-fragmented-control", frame(PING, fin=False) + close(), "P: C1000 eof"),
        ("allow-nonminimal-length", bytes.fromhex("81fe0001 00000000 78") + close(),
         "T:78 C1000 eof"),
        ("allow-orphan-continuation", frame(CONT, b"a") + close(), "T:61 C1000 eof"),
        ("allow-interleaved", text(b"a", fin=False) + text(b"b") + close(), "T:62 C1000 eof"),
        ("allow-close-codes", close(999), "C1000 eof"),
        ("allow-one-octet-close", frame(CLOSE, b"\x03"), "C1000 eof"),
    ]
    DEFLATED = [
        ("deflate-unchecked", deflated(b"Hi\xff"), 1007, None),
        ("plain-unchecked", text(b"Hi\xff"), 1007, None),
        ("checks-wire", deflated("\u00e9".encode()), None, 1007),
        ("corrupt-deflate-ignored", text(b"\x06", rsv=4), 1007, None),
        ("corrupt-deflate-1011", text(b"\x06", rsv=4), 1007, 1011),
        ("no-deflate", deflated(b"Hi"), None, 1002),
    ]
    # Shown by tests of their own below.
    OTHERS = {"crash", "crash-after-50", "tenth-1002", "close-all", "stall-others", "slow",
              "slow-close", "utf8-frame-end", "invalid-reason", "long-reason", "esc-reason",
              "stack-reason"}

    @classmethod
    def setUpClass(cls):
        cls.server = Server("faulty.mjs").start()

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def answer(self, octets, fault="", timeout=2.5, headers=()):
        with Client(self.server.port, "/?fault=" + fault, headers) as c:
            c.send(octets)
            return summary(c.all(timeout), c.end)

    def test_each(self):
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            wrong = [pool.submit(self.answer, row[1], row[0]) for row in self.ROWS]
            right = [pool.submit(self.answer, row[1]) for row in self.ROWS]
        for (fault, _, expected), with_fault, without in zip(self.ROWS, wrong, right):
            with self.subTest(fault):
                self.assertEqual(with_fault.result(), expected)
                self.assertNotEqual(without.result(), expected, "shows nothing")

    def test_with_deflate(self):
        for fault, octets, right, wrong in self.DEFLATED:
            with self.subTest(fault):
                for name, code in (("", right), (fault, wrong)):
                    seen = self.answer(octets + close(), name, headers=OFFER)
                    closed = int(re.search(r"C(\d{4})", seen).group(1))
                    self.assertEqual(closed, code or 1000, seen)

    def test_every_fault_is_shown(self):
        listed = subprocess.run(["node", str(SERVERS / "faulty.mjs"), "--list-faults"],
                                capture_output=True, check=True, timeout=10).stdout
        shown = {row[0] for row in self.ROWS + self.DEFLATED} | self.OTHERS
        self.assertEqual(set(json.loads(listed)) - shown, set())

    def test_by_option(self):
        with Server("faulty.mjs", "--fault", "code-1002", "--fault", "double-close") as server:
            with Client(server.port) as c:
                c.send(BAD)
                self.assertEqual(summary(c.all(2), c.end), "C1002 C1002 eof")
            with Client(server.port, "/?fault=code-1003") as c:  # in their place
                c.send(BAD)
                self.assertEqual(summary(c.all(2), c.end), "C1003 eof")

    def test_crash(self):
        for fault, rounds in (("crash", 1), ("crash-after-50", 50)):
            with self.subTest(fault), Server("faulty.mjs", "--fault", fault) as server:
                for i in range(rounds):
                    self.assertTrue(server.alive(), i)
                    with Client(server.port) as c:
                        c.send(BAD)
                        c.all(2)
                self.assertEqual(server.process.wait(5), 1)

    def test_tenth_refusal(self):
        with Server("faulty.mjs", "--fault", "tenth-1002") as server:
            codes = []
            for _ in range(20):
                with Client(server.port) as c:
                    c.send(BAD)
                    codes.append(c.receive().code)
        self.assertEqual(codes, ([1007] * 9 + [1002]) * 2)

    def test_neighbours(self):
        with Server("faulty.mjs") as server:
            with Client(server.port) as other, Client(server.port, "/?fault=close-all") as c:
                c.send(BAD)
                self.assertEqual((c.receive().code, other.receive().code), (1007, 1007))
            with Client(server.port) as other, Client(server.port, "/?fault=stall-others") as c:
                c.send(BAD)
                begin = time.monotonic()
                time.sleep(0.05)
                other.send(text(b"x"))
                other.receive()
                self.assertGreater(time.monotonic() - begin, 1)

    def test_slow(self):
        for fault, octets, least in (("slow", text(b"x"), 0.25), ("slow-close", BAD, 4.5)):
            with self.subTest(fault), Client(self.server.port, "/?fault=" + fault) as c:
                begin = time.monotonic()
                c.send(octets)
                self.assertIsNotNone(c.receive(8))
                self.assertGreater(time.monotonic() - begin, least)

    def test_when_it_is_refused(self):
        def at(fault):
            """The number of pieces after which the Close comes."""
            whole = text(b"a\xffbc", fin=False)
            pieces = [whole[:-2], whole[-2:], frame(CONT)]
            with Client(self.server.port, "/?fault=" + fault) as c:
                for i, piece in enumerate(pieces):
                    c.send(piece)
                    try:
                        self.assertEqual(c.receive(0.2).code, 1007)
                        return i
                    except TimeoutError:
                        pass
                return None
        self.assertEqual([at(""), at("utf8-frame-end"), at("utf8-late")], [0, 1, 2])

    def test_reasons(self):
        def close_of(fault):
            with Client(self.server.port, "/?fault=" + fault) as c:
                c.send(BAD)
                return c.receive()
        self.assertIn(b"\xff", close_of("invalid-reason").reason)
        self.assertEqual(len(close_of("long-reason").payload), 130)
        self.assertIn(b"\x1b[31m", close_of("esc-reason").reason)
        self.assertIn(b"/srv/app", close_of("stack-reason").reason)
        for fault in ("esc-reason", "stack-reason"):  # legal in form
            self.assertLessEqual(len(close_of(fault).payload), 125)
            close_of(fault).reason.decode()

    def test_close_in_the_middle_of_a_frame(self):
        with Client(self.server.port, "/?fault=close-frame-mid-frame") as c:
            c.send(BAD)
            c.all(2)
            self.assertEqual(c.buffer[:14], b"\x81\x7e\x03\xe8half of it")
            self.assertEqual(c.buffer[14:15], b"\x88")

    def test_a_slow_reader_gets_the_close_behind_a_large_echo(self):
        with Client(self.server.port, receive_buffer=65536) as c:
            c.send(text(b"x" * (8 << 20)), text(b"\xff"))
            time.sleep(0.5)
            frames = c.all(10)
            self.assertEqual([len(f.payload) for f in frames[:-1]], [8 << 20])
            self.assertEqual(frames[-1].code, 1007)


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
    def refused(self, name, *options):
        with Server("hostile.py", *options) as server:
            with self.assertRaises(Refused) as refused:
                Client(server.port, "/" + name, timeout=2).sock.close()
            self.assertTrue(server.alive())
            return refused.exception

    def test_http(self):
        self.assertEqual(self.refused("no-such-behaviour").status, 404)
        self.assertEqual(self.refused("forbidden").status, 403)

    def test_no_http(self):
        self.assertEqual(self.refused("tls-alert").head, bytes.fromhex("15030100020246"))
        self.assertEqual(self.refused("reset-at-once").head, b"")
        self.assertIsNone(self.refused("garbage", "--max-bytes", "200000").status)

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
        head = self.refused("endless-headers", "--max-bytes", "3000000").head
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
