"""The opening handshake of faulty.mjs: strict by default, line by line and octet by octet; and each of
the faults that concern its form shows as itself."""

import concurrent.futures
import json
import socket
import tempfile
import time
import unittest

from harness import Server
from rawws import PING, Client, frame, text

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
HEADERS = {"Host": "a.example", "Upgrade": "websocket", "Connection": "Upgrade",
           "Sec-WebSocket-Key": KEY, "Sec-WebSocket-Version": "13"}


def request(line="GET / HTTP/1.1", more=(), end="\r\n", **changed):
    """An opening handshake. Host="x" replaces a header (_ for -), Host=None takes it away."""
    headers = dict(HEADERS)
    for name, value in changed.items():
        name = next(n for n in HEADERS if n.lower() == name.replace("_", "-").lower())
        headers[name] = value
    lines = [line, *(f"{n}: {v}" for n, v in headers.items() if v is not None), *more, "", ""]
    return end.join(lines).encode("latin-1")


def key(value):
    return request(sec_websocket_key=value)


def version(value):
    return request(sec_websocket_version=value)


def offers(*values):
    return request(more=[f"Sec-WebSocket-Extensions: {v}" for v in values])


def protocols(*values):
    return request(more=[f"Sec-WebSocket-Protocol: {v}" for v in values])


GOOD = [
    request(), request(line="GET http://a.example/x?y=1 HTTP/1.1"), request(line="GET /?x=%c3%a9 HTTP/1.1"),
    request(line="GET / HTTP/1.2"), b"\r\n" + request(), request(host="[::1]:80"), request(host="a.example."),
    request(upgrade="WebSocket"), request(upgrade="h2c, websocket"), request(connection="keep-alive, Upgrade"),
    request(connection="foo ,, upgrade"), request(connection=None, more=["Connection: a", "connection: UPGRADE"]),
    key(f" \t{KEY}\t "), request(more=["X-Any: \xff\xfe"]), request(more=["Origin: null"]),
    request(more=["Content-Length: 0"]), request(more=["Expect: 100-continue"]),
    protocols("unknown"), protocols("a", "chat"), protocols("a,,chat"), offers("x-test; a=1; b"),
    offers('permessage-deflate; client_max_window_bits="10"'), offers('x; y="a,b\\""'),
    offers("permessage-deflate; foo"), offers("permessage-deflate; server_max_window_bits=8"),
]

BAD = {
    400: [
        request(line="GET / HTTP/1.1.1"), request(line="GET / http/1.1"), request(line="GET /"),
        request(line="GET / HTTP/11"), request(line="GET / HTTP/1."), request(line="GET * HTTP/1.1"),
        request(line="GET a.example:80 HTTP/1.1"), request(line="GET  HTTP/1.1"),
        request(line="GET /a b HTTP/1.1"), request(line="GET /a\x01 HTTP/1.1"), request(line="GET /#a HTTP/1.1"),
        request(line="GET /?x=%ff HTTP/1.1"), request(line="GET /\xff HTTP/1.1"), b"\r\n\r\n" + request(),
        request(end="\n"), request(more=["X: a\rb"]), request(more=["Upgrade : websocket"]),
        request(more=["X: a", " folded"]), request(more=["X: a\0b"]), request(more=["X: \x7f"]),
        request(more=[": a"]), request(more=["a b: c"]), request(more=["no colon"]), request(more=["\xe9: a"]),
        request(line="GET / HTTP/1.1\r\n X: a"),
        request(host=None), request(more=["Host: a.example"]), request(host="a b"), request(host="a, b"),
        request(host="u@a"), request(host="a:99999x"), request(host=""), request(connection=None),
        request(connection="close"), request(connection="Upgradex"), request(connection='"Upgrade"'),
        request(sec_websocket_key=None), key(""), key("  "), key("AAAA"), key("!" + KEY[1:]), key(KEY[:-1]),
        request(more=[f"Sec-WebSocket-Key: {KEY}"]), request(more=["Sec-WebSocket-Version: 13"]),
        version("13, 8"), version("13,13"), request(more=["Content-Length: 5"]) + b"\x81\x80abc",
        request(more=["Transfer-Encoding: chunked"]), protocols(""), protocols("a b"), protocols('"a"'),
        offers(""), offers(";"), offers(","), offers("permessage-deflate;"), offers("a; =1"), offers("a b"),
        offers('a; b="c'), offers("permessage-deflate;;x"), b"\x16\x03\x01\x02", b"EHLO a.example\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
    403: [request(more=["Origin: http://a", "Origin: http://b"]), request(more=["Origin: http://a http://b"])],
    405: [request(line=f"{m} / HTTP/1.1") for m in ("POST", "HEAD", "OPTIONS", "get", "FOO", "CONNECT")],
    414: [request(line=f"GET /{'x' * 70000} HTTP/1.1")],
    417: [request(more=["Expect: something"])],
    426: [request(upgrade=None), request(upgrade="websockets"), request(upgrade='"websocket"'),
          request(upgrade="websocket/13"), request(sec_websocket_version=None),
          *(version(v) for v in ("", "0", "12", "013", "13.0", "+13", "0x0d", "4294967309"))],
    431: [request(more=[f"X: {'y' * 100000}"]), request(more=["X: y"] * 1000)],
    505: [request(line="GET / HTTP/1.0"), request(line="GET / HTTP/2.0")],
}


def exchange(port, octets, until=b"", timeout=3, chop=0):
    """What comes back until TCP ends, or until these octets are there."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        got = b""
        try:
            for at in range(0, len(octets), chop or len(octets)):
                s.sendall(octets[at:at + (chop or len(octets))])
            while not (until and until in got):
                more = s.recv(65536)
                if not more:
                    break
                got += more
        except (TimeoutError, ConnectionError):
            pass
        return got


def status(answer):
    return int(answer[9:12]) if answer.startswith(b"HTTP/1.1 ") and answer[9:12].isdigit() else None


class Handshake(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("faulty.mjs", "--missing-path", "/missing", "--refuse-host", "evil.example",
                            "--handshake-timeout-ms", "500").start()
        cls.addClassCleanup(cls.server.stop)
        cls.pool = concurrent.futures.ThreadPoolExecutor(8)
        cls.addClassCleanup(cls.pool.shutdown)

    def head(self, octets, **more):
        return exchange(self.server.port, octets, b"\r\n\r\n", **more)

    def test_good_handshakes(self):
        # The Accept is in the last of the fixed lines; what follows comes in the same segment.
        answers = self.pool.map(lambda octets: exchange(self.server.port, octets, ACCEPT), GOOD)
        for octets, head in zip(GOOD, answers):
            with self.subTest(octets):
                if b"100-continue" in octets:
                    self.assertTrue(head.startswith(b"HTTP/1.1 100 Continue\r\n\r\n"))
                    head = head.partition(b"\r\n\r\n")[2]
                self.assertTrue(head.startswith(b"HTTP/1.1 101 "), head)
                self.assertIn(ACCEPT, head)
                self.assertNotIn(b"Content-Length", head)

    def test_bad_handshakes(self):
        rows = [(code, octets) for code, each in BAD.items() for octets in each]
        answers = self.pool.map(lambda row: exchange(self.server.port, row[1]), rows)
        for (code, octets), answer in zip(rows, answers):
            with self.subTest(octets[:200]):
                self.assertEqual(status(answer), code, answer[:200])
                head, _, body = answer.partition(b"\r\n\r\n")
                length = int(head.rpartition(b"Content-Length: ")[2].split(b"\r\n")[0])
                self.assertEqual(len(body), 0 if octets.startswith(b"HEAD") else length)
                if code == 426:
                    self.assertIn(b"Upgrade: websocket\r\n", head)

    def test_at_every_octet(self):
        self.assertIn(ACCEPT, self.head(request(), chop=1))
        for chop in (7, 50, len(request()) - 1):
            self.assertIn(ACCEPT, self.head(request(), chop=chop))

    def test_what_it_does_not_serve(self):
        self.assertEqual(status(self.head(request(line="GET /missing/x HTTP/1.1"))), 404)
        self.assertEqual(status(self.head(request(host="evil.example:80"))), 421)

    def test_silence_ends_in_time(self):
        begin = time.monotonic()
        self.assertEqual(exchange(self.server.port, b"GET / HT"), b"")
        self.assertLess(time.monotonic() - begin, 2)

    def test_subprotocols(self):
        self.assertIn(b"Sec-WebSocket-Protocol: superchat\r\n", self.head(protocols("x, superchat", "chat")))
        self.assertNotIn(b"Sec-WebSocket-Protocol", self.head(protocols("Chat")))

    def test_octets_behind_the_handshake(self):
        hello = text(b"Hello")
        self.assertTrue(exchange(self.server.port, request() + hello, b"Hello").endswith(b"\x81\x05Hello"))
        self.assertIn(b"\x88", exchange(self.server.port, request() + request()).partition(ACCEPT)[2])


OFFER = "permessage-deflate; client_max_window_bits"


class Negotiation(unittest.TestCase):
    ROWS = [
        ("permessage-deflate", "permessage-deflate"),
        (OFFER, "permessage-deflate"),
        ("x, permessage-deflate", "permessage-deflate"),
        ("permessage-deflate; server_no_context_takeover", "permessage-deflate; server_no_context_takeover"),
        ("permessage-deflate; client_no_context_takeover", "permessage-deflate; client_no_context_takeover"),
        ("permessage-deflate; server_max_window_bits=10", "permessage-deflate; server_max_window_bits=10"),
        ("permessage-deflate; foo, permessage-deflate", "permessage-deflate"),
        ("permessage-deflate; server_max_window_bits=8, permessage-deflate", "permessage-deflate"),
        *((f"permessage-deflate; {word}", None) for word in (
            "foo", "foo=1", "server_no_context_takeover=1", "client_no_context_takeover=true",
            "server_max_window_bits", "server_max_window_bits=8", "server_max_window_bits=16",
            "server_max_window_bits=09", "client_max_window_bits=7",
            "client_max_window_bits=08", "client_max_window_bits; client_max_window_bits",
            "server_no_context_takeover; server_no_context_takeover")),
        ("x-webkit-deflate-frame", None),
    ]

    def test_answers(self):
        with Server("faulty.mjs") as server:
            for offer, answer in self.ROWS:
                with self.subTest(offer):
                    head = exchange(server.port, offers(offer), b"\r\n\r\n")
                    self.assertEqual(status(head), 101)
                    line = head.partition(b"Sec-WebSocket-Extensions: ")[2].split(b"\r\n")[0]
                    self.assertEqual(line.decode() or None, answer)

    def test_an_offer_that_is_not_well_formed_is_refused(self):
        # RFC 6455 9.1: a parameter's value is a token, also inside the quotes; a token is not empty.
        with Server("faulty.mjs") as server:
            for offer in ('permessage-deflate; server_max_window_bits=""', "permessage-deflate; foo=",
                          "permessage-deflate; =1", "permessage-deflate foo"):
                with self.subTest(offer):
                    self.assertEqual(status(exchange(server.port, offers(offer), b"\r\n\r\n")), 400)


class Ports(unittest.TestCase):
    """--each: a port for each fault; a server that crashed comes back after a while, and no other port is affected."""

    def test_a_crash_is_undone(self):
        with tempfile.NamedTemporaryFile() as file, Server("faulty.mjs", "--each", file.name) as server:
            ports = json.load(file)
            with Client(ports["crash"]) as c, Client(ports["no-utf8"]) as other:
                c.send(text(b"\xff"))
                self.assertEqual((c.all(2), c.end), ([], "reset"))
                with self.assertRaises(ConnectionRefusedError):
                    Client(ports["crash"])
                other.send(text(b"\xff"), frame(PING))
                self.assertEqual(other.receive().payload, b"\xff")
            time.sleep(1.8)
            with Client(ports["crash"]) as c:
                c.send(text(b"ok"))
                self.assertEqual(c.receive().payload, b"ok")
            self.assertTrue(server.alive())


if __name__ == "__main__":
    unittest.main()
