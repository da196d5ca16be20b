"""Our test servers with a policy (limits, words, tokens) do what they claim, octet by octet."""

import json
import time
import unittest
import urllib.request

from harness import Server
from rawws import BINARY, CLOSE, CONT, TEXT, Client, Refused, frame, text


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

    def test_a_token_and_nothing_like_it(self):
        with Server("ws_policy.mjs", "--token", "good-1") as server:
            with Client(server.port, "/?token=good-1") as c:
                c.send(text(b"hi"))
                self.assertEqual(c.receive().payload, b"hi")
            for path in ("/", "/?token=", "/?token=good", "/?token=good-1x", "/?token=GOOD-1",
                         "/?token=%20good-1", "/?token=%2567ood-1", "/?token=good-1&token=x",
                         "/?token=x&token=good-1"):
                with self.subTest(path), self.assertRaises(Refused) as refused:
                    Client(server.port, path)
                self.assertEqual(refused.exception.status, 401)

    def test_a_token_runs_out(self):
        with Server("ws_policy.mjs", "--token-ttl-ms", 400) as server, Client(server.port) as c:
            begin = time.monotonic()
            got = c.receive()
            self.assertEqual((got.opcode, got.code), (CLOSE, 1008))
            self.assertGreater(time.monotonic() - begin, 0.3)

    def test_a_broadcast_holds_no_forbidden_word(self):
        with Server("ws_policy.mjs", "--broadcast", "--forbidden", "badword") as server, \
                Client(server.port) as a, Client(server.port) as b:
            a.send(text(b"hello"), text(b"badword"))
            self.assertEqual([a.receive().opcode for _ in range(2)], [TEXT, CLOSE])
            self.assertEqual([f.payload for f in b.all(0.3)], [b"hello"])

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

    def assertClosedWith(self, client, reason, code=1008):
        got = client.receive()
        self.assertEqual((got.opcode, got.code, got.reason), (CLOSE, code, reason))

    def test_after_accept(self):
        for server in self.each():
            for path, reason in [("/auth", b"token missing"), ("/auth?token=x", b"token invalid"),
                                 ("/auth?token=old-1", b"token expired")]:
                with Client(server.port, path) as c:
                    self.assertClosedWith(c, reason)
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
                self.assertClosedWith(c, b"token expired")
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
                    self.assertClosedWith(c, b"token invalid" if first != b'{"token": 7}'
                                else b"token missing")
            with Client(server.port, "/login") as c:
                self.assertClosedWith(c, b"authentication timeout")

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
                self.assertClosedWith(c, b"token expired")
            with Client(server.port, "/ws-login") as c:
                c.send(text(b"{}"))
                self.assertClosedWith(c, b"login expected")

    def test_token_by_http(self):
        for server in self.each():
            with urllib.request.urlopen(server.url("/token", "http"), timeout=5) as answer:
                self.assertEqual(json.load(answer), {"token": "good-1"})


if __name__ == "__main__":
    unittest.main()
