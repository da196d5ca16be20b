"""`wsspec tap`: a relay that changes nothing, loses nothing, and says what passes."""

import asyncio
import base64
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import ssl
import statistics
import struct
import subprocess
import threading
import time
import unittest

import websockets

import harness
import test_tls
from harness import SERVERS, Case, Listening, Server, unused_port, wsspec
from rawws import CONT, PING, TEXT, Client, Refused, close, deflated, frame, text
from serving import Serve
from tapping import Tap

UPGRADE = (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           b"Sec-WebSocket-Accept: %s\r\n%s\r\n")
ESCAPE = b"\x1b]0;owned\x07\x1b[2J"
MIB = 1 << 20


def accept_of(head):
    key = re.search(rb"(?i)sec-websocket-key: *(\S+)", head).group(1)
    return base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())


def read_head(sock):
    head = b""
    while b"\r\n\r\n" not in head:
        got = sock.recv(65536)
        if not got:
            break
        head += got
    return head


class Peer(Listening):
    """A server of octets: the opening handshake, then what `then(sock)` does."""

    def __init__(self, then, upgrade=True, headers=b""):
        self.then, self.upgrade, self.headers, self.heads = then, upgrade, headers, []

    def serve(self, sock):
        head = read_head(sock)
        self.heads.append(head)
        if self.upgrade and b"Sec-WebSocket-Key" in head:
            sock.sendall(UPGRADE % (accept_of(head), self.headers))
        self.then(sock)


def hard_close(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


class Untouched(Case):
    def test_third_party_clients_and_servers_notice_nothing(self):
        with Server("ws_echo.mjs", "--deflate") as server, Tap(server.port) as tap:
            out = subprocess.run(
                ["node", "ws_client.mjs", f"ws://127.0.0.1:{tap.port}/", "--deflate", "--text",
                 "hé \U0001f600" * 1000, "--text", "", "--binary", "00ff" * 30000],
                cwd=SERVERS, capture_output=True, text=True, timeout=20)
            seen = json.loads(out.stdout)
            self.assertEqual(seen["code"], 1000, seen)
            self.assertIn("permessage-deflate", seen["extensions"])
            self.assertEqual(seen["messages"], [{"text": "hé \U0001f600" * 1000}, {"text": ""},
                                                {"binary": "00ff" * 30000}])
            self.assertEqual(tap.stop(), 0)
            self.assertIn("the clients sent 3 messages", tap.text)
            self.assertIn("; 0 violations", tap.text)

    def test_python_websockets_on_both_sides(self):
        async def talk(port):
            async with websockets.connect(f"ws://127.0.0.1:{port}/") as ws:
                for n in range(200):
                    await ws.send("x" * n)
                    self.assertEqual(await ws.recv(), "x" * n)
                await (await ws.ping())

        with Server("websockets_echo.py") as server, Tap(server.port) as tap:
            asyncio.run(talk(tap.port))
            self.assertEqual(tap.stop(), 0)
            self.assertRegex(tap.text, r"1 ping answered: [\d.]+ / [\d.]+ / [\d.]+ ms")
            self.assertIn("1  the client closed first: 1000 normal closure", tap.text)

    def test_octets_pass_as_they_are_however_much_waits(self):
        octets = os.urandom(8 * MIB)
        got = []

        def slow(sock):
            time.sleep(0.5)
            while part := sock.recv(65536):
                got.append(part)
            sock.sendall(octets[::-1])

        with Peer(slow) as peer, Tap(peer.port) as tap:
            with tap.client() as client:
                stream = frame(2, octets)
                client.sock.sendall(stream)
                client.sock.shutdown(socket.SHUT_WR)  # the server is still to send its own
                back = client.buffer
                client.sock.settimeout(20)
                while part := client.sock.recv(65536):
                    back += part
            self.assertEqual(b"".join(got), stream)
            self.assertEqual(back, octets[::-1])
            self.assertLess(tap.rss(), harness.memory_limit(60))

    def test_a_reset_is_a_reset_and_what_came_before_it_is_not_lost(self):
        def end(sock):
            sock.recv(100)
            sock.sendall(b"\x88\x05\x03\xf3bye")
            time.sleep(0.05)
            hard_close(sock)

        with Peer(end) as peer, Tap(peer.port) as tap:
            with tap.client() as client:
                client.send(text(b"x"))
                frames = client.all()
                self.assertEqual([f.payload for f in frames], [b"\x03\xf3bye"])
                self.assertEqual(client.end, "reset")
            tap.until("server: reset the connection after a Close")
        ends = []

        def wait(sock):
            try:
                while sock.recv(65536):
                    pass
                ends.append("eof")
            except ConnectionResetError:
                ends.append("reset")

        with Peer(wait) as peer, Tap(peer.port) as tap:
            client = tap.client()
            client.send(text(b"x"))
            time.sleep(0.1)
            hard_close(client.sock)
            tap.until("client: reset the connection without a Close: 1006 to an API")
            deadline = time.monotonic() + 5
            while not ends and time.monotonic() < deadline:
                time.sleep(0.01)
            self.assertEqual(ends, ["reset"])

    def test_the_host_is_the_clients_unless_it_is_to_be_the_targets(self):
        for option, port_of in (((), lambda tap, peer: tap.port),
                                (("--rewrite-host",), lambda tap, peer: peer.port)):
            with Peer(lambda sock: sock.recv(1)) as peer, Tap(peer.port, *option) as tap:
                with tap.client("/a?b=c", headers=["Origin: http://o.example"]):
                    pass
                head = peer.heads[0].decode()
                self.assertIn(f"\r\nHost: 127.0.0.1:{port_of(tap, peer)}\r\n", head)
                self.assertTrue(head.startswith("GET /a?b=c HTTP/1.1\r\n"), head)
                self.assertIn("\r\nOrigin: http://o.example\r\n", head)


class Words(Case):
    def test_a_client_that_cuts_its_text_into_chunks(self):
        with Server("ws_echo.mjs") as server, Tap(server.port, "--only", "violations") as tap:
            with tap.client() as client:
                client.send(text(b"good"))
                client.receive()
                client.send(text(b"a" * 4095 + "€".encode()[:1]))
                self.assertEqual(client.receive().code, 1007)
            tap.stop()
            lines = [line for line in tap.text.splitlines() if line.startswith("[")]
        self.assertEqual(len(lines), 1, lines)
        self.assertRegex(lines[0], r"client: text frame 2: a text message that ends inside a UTF-8 "
                         r"character: a character of 3 octets is cut after 1; looks like chunks of "
                         r"4096; the server closed 1007 after [\d.]+ ms$")

    def test_a_server_that_breaks_a_rule_and_a_client_that_lets_it_pass(self):
        def masked(sock):
            sock.sendall(frame(TEXT, b"masked"))
            sock.recv(100)

        with Peer(masked) as peer, Tap(peer.port, "--only", "violations") as tap:
            with tap.client() as client:
                client.receive()
                said = tap.until("a masked frame.*")
        self.assertRegex(said, r"server: text frame 1: a masked frame; the client did not close "
                         r"within a second")

    def test_filters(self):
        with Server("ws_echo.mjs") as server:
            with Tap(server.port, "--only", "closes") as tap:
                for code in (1000, 4001):
                    with tap.client() as client:
                        client.send(text(b"x"), close(code))
                        client.all(1)
                tap.stop()
                lines = [line for line in tap.text.splitlines() if line.startswith("[")]
                self.assertEqual(len(lines), 4, tap.text)
                self.assertTrue(all(": Close " in line for line in lines), lines)
            with Tap(server.port, "--only", "connection", "2") as tap:
                for _ in range(3):
                    with tap.client() as client:
                        client.send(close(1000))
                        client.all(1)
                tap.stop()
                lines = [line for line in tap.text.splitlines() if line.startswith("[")]
                self.assertEqual({line.split()[0] for line in lines}, {"[2]"}, tap.text)
                self.assertGreater(len(lines), 2)

    def test_no_text_of_either_side_reaches_the_terminal_raw(self):
        def end(sock):
            sock.recv(100)
            sock.sendall(b"\x88" + bytes([2 + len(ESCAPE)]) + b"\x03\xe8" + ESCAPE)

        with Peer(end) as peer, Tap(peer.port, "--payloads", "--log", "{}/log") as tap:
            with tap.client("/%1b" + "\x9b2J") as client:
                client.send(text(ESCAPE + b"\xe2\x80\xae"))
                client.all(1)
            self.assertEqual(tap.stop(), 0)
            for out in (tap.text.encode(), tap.file("log")):
                self.assertNotIn(b"\x1b", out)
                self.assertNotIn("\u202e".encode(), out.replace(rb"\u202e", b""))

    def test_no_http_is_passed_on_and_said(self):
        with Peer(lambda sock: None, upgrade=False) as peer, Tap(peer.port) as tap:
            with socket.create_connection(("127.0.0.1", tap.port)) as sock:
                sock.sendall(b"\x16\x03\x01" + ESCAPE + b"\r\n\r\n")
                sock.recv(1)
            said = tap.until("client: no WebSocket, and not looked at any further")
            self.assertNotIn("\x1b", said)
            self.assertEqual(peer.heads[0][:3], b"\x16\x03\x01")

    def test_a_refusal_is_one_line_and_the_connection_may_go_on(self):
        ask = "GET %s HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"

        def refuse(sock):
            sock.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nnot")
            self.assertIn(b"/two", read_head(sock))
            sock.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
            sock.recv(1)

        with Peer(refuse, upgrade=False) as peer, Tap(peer.port) as tap:
            with socket.create_connection(("127.0.0.1", tap.port)) as sock:
                sock.sendall((ask % "/one").encode())
                read_head(sock)
                sock.sendall((ask % "/two").encode())
                read_head(sock)
                tap.until(r"client: GET /one; the server answered 404 after [\d.]+ ms\n")
                said = tap.until(r"client: GET /two; the server answered 204 after [\d.]+ ms\n")
            self.assertRegex(said, r"client: its opening handshake: .*Sec-WebSocket")


class Files(Case):
    def test_the_log_is_json_lines_without_secrets(self):
        secret = "f00dcafe-1234-token"

        def reflect(sock):
            sock.recv(100)
            sock.sendall(b"\x88" + bytes([2 + len(secret)]) + b"\x03\xf0" + secret.encode())

        for show in (False, True):
            options = ("--log", "{}/log", "--scenario", "{}/s.json", *(["--show-secrets"] if show else []))
            with Peer(reflect) as peer, Tap(peer.port, *options) as tap:
                with tap.client(f"/x?token={secret}",
                                headers=[f"Authorization: Bearer {secret}", "User-Agent: me"]) as client:
                    client.send(text(b"x"))
                    client.all(1)
                self.assertEqual(tap.stop(), 0)
                events = tap.log()
                self.assertEqual(events[0]["schema"], "wsspec-conversation/1")
                names = [e["event"] for e in events[1:]]
                self.assertEqual(names[:5], ["open", "request", "response", "frame", "message"])
                self.assertIn("close", names)
                everything = tap.text + tap.file("log").decode() + tap.file("s.json").decode()
                self.assertEqual(secret in everything, show)
                self.assertIn(["User-Agent", "me"], events[2]["headers"])
                self.assertEqual(events[2]["headers"][-2][0], "Authorization")

    def test_a_request_that_is_none_gives_no_secret_away(self):
        secret = "f00dcafe-1234"
        for request in (f"GET /?t={secret}", f"GET / HTTP/1.1\r\n{secret}\r\n\r\n",
                        f"GET / HTTP/1.1\r\nCookie {secret}: {secret}\r\n\r\n",
                        f"GET /?t={secret} HTTP/9.9\r\nA: {secret}\r\n\r\n"):
            with Peer(lambda sock: None) as peer, Tap(peer.port, "--log", "{}/log") as tap:
                with socket.create_connection(("127.0.0.1", tap.port)) as sock:
                    sock.sendall(request.encode() + b"\r\n\r\n")
                    sock.recv(1)
                tap.stop()
                self.assertNotIn(secret, tap.text + tap.file("log").decode())

    @unittest.skipUnless(shutil.which("tshark"), "needs tshark")
    def test_tshark_reads_the_capture(self):
        with Server("ws_echo.mjs", "--deflate") as server, Tap(server.port, "--pcapng", "{}/c") as tap:
            with tap.client() as client:
                client.send(text(b"hello"), frame(PING, b"p"), frame(2, b"b" * 100000))
                while client.receive().opcode != 2:
                    pass
                client.send(close(4001, b"done"))
                client.all(1)
            tap.stop()
            path = os.path.join(tap.folder.name, "c")
            out = subprocess.run(
                ["tshark", "-r", path, "-Y", "websocket", "-T", "fields", "-e", "websocket.opcode",
                 "-e", "websocket.payload.close.status_code"], capture_output=True, text=True)
            self.assertEqual(out.returncode, 0, out.stderr)
            opcodes = re.findall(r"\d+", out.stdout)
            for due in ("1", "2", "9", "10", "8", "4001"):
                self.assertIn(due, opcodes, out.stdout)
            bad = subprocess.run(["tshark", "-r", path, "-o", "tcp.check_checksum:TRUE", "-o",
                                  "ip.check_checksum:TRUE", "-Y",
                                  "tcp.checksum.status==0 or ip.checksum.status==0 or tcp.analysis.flags"],
                                 capture_output=True, text=True)
            self.assertEqual(bad.stdout, "")

    def test_the_scenario_is_replayed_against_another_server(self):
        with Server("ws_echo.mjs") as server, Tap(server.port, "--scenario", "{}/s.json") as tap:
            with tap.client("/chat") as client:
                client.send(text(b"costs ${price}"))
                client.receive()
                client.send(frame(TEXT, b"a\xe2", fin=False) + frame(CONT, b"\x82\xac"))
                client.receive()
                client.send(frame(PING, b"x"))
                client.receive()
                client.send(frame(2, bytes(range(256))))
                client.receive()
                client.send(text(b"\xc0\xaf"))
                client.all(1)
            with tap.client() as client:
                client.send(frame(TEXT, b"rsv", rsv=2))
                client.all(1)
            with tap.client() as client:
                client.send(close(1000, b"bye"))
                client.all(1)
            self.assertEqual(tap.stop(), 0)
            path = os.path.join(tap.folder.name, "s.json")
            self.assertCode(wsspec("check", path), 0)
            for target in ("websockets_echo.py", "ws_echo.mjs"):
                with Server(target) as other:
                    run = wsspec("run", other.url(), path)
                self.assertCode(run, 0)
                self.assertIn("3 passed", run.stdout)
            with Server("accept_all.mjs") as other:
                self.assertCode(wsspec("run", other.url(), path), 1)


class Trouble(Case):
    def test_a_target_that_is_down_earns_502_and_exit_code_3(self):
        with Tap(unused_port(), "--log", "{}/log") as tap:
            with self.assertRaises(Refused) as refused:
                tap.client()
            self.assertEqual(refused.exception.status, 502)
            tap.until(r"the target 127\.0\.0\.1:\d+ cannot be reached: Connection refused; the client "
                      r"gets HTTP 502")
            self.assertEqual(tap.stop(), 3)
            self.assertIn("1 connection to a target that could not be reached", tap.text)
            self.assertIn("failed", [event["event"] for event in tap.log()])

    def test_what_cannot_begin_is_said_with_exit_code_2(self):
        with Serve() as server:
            taken = f"127.0.0.1:{server.port}"
            for options, words in (
                    (("--listen", taken, "--target", "ws://127.0.0.1:1"), "Address already in use"),
                    (("--listen", "nonsense", "--target", "ws://127.0.0.1:1"), "is not HOST:PORT"),
                    (("--listen", "127.0.0.1:0", "--target", "ftp://a"), "--target"),
                    (("--listen", "127.0.0.1:0", "--target", "ws://127.0.0.1:1/path"), "no path"),
                    (("--listen", "127.0.0.1:0", "--target", "ws://127.0.0.1:1", "--only", "this"),
                     "--only takes"),
                    (("--listen", "127.0.0.1:0", "--target", "ws://127.0.0.1:1", "--log", "/"), "--log"),
                    (("--listen", "127.0.0.1:0", "--target", "ws://127.0.0.1:1", "--log",
                      "/nonexistent/x"), "/nonexistent/x"),
                    (("--listen", "127.0.0.1:0", "--target", "ws://127.0.0.1:1", "--log", "same",
                      "--pcapng", "same"), "same"),
                    (("--listen", "127.0.0.1:0", "--target", "ws://127.0.0.1:1", "--log", "-"), "not '-'"),
                    (("--listen", "127.0.0.1:0", "--target", "ws://127.0.0.1:1", "--key", __file__),
                     "--cert"),
                    (("--listen", "127.0.0.1:0", "--target", "ws://127.0.0.1:1", "--cert", __file__),
                     "no certificate"),
                    (("--listen", "127.0.0.1:0"), "--target is required")):
                with self.subTest(options):
                    run = wsspec("tap", *options)
                    self.assertCode(run, 2)
                    self.assertIn(words, run.stderr + run.stdout)

    def test_a_name_that_no_address_is_known_of_is_an_unreachable_target(self):
        run = wsspec("tap", "--listen", "127.0.0.1:0", "--target", "ws://none.invalid")
        self.assertCode(run, 3)
        self.assertIn("cannot resolve 'none.invalid'", run.stderr)

    def test_hostile_sides_do_not_stop_it(self):
        def hostile(sock):
            sock.settimeout(3)
            for _ in range(2000):
                sock.sendall(b"\x82\x7f\x3f" + b"\xff" * 7 + b"x" * 65536)

        with Peer(hostile) as peer, Tap(peer.port) as tap:
            before = tap.rss()
            endless_head = socket.create_connection(("127.0.0.1", tap.port))
            unread = tap.client()  # an endless frame that is not read
            stop = time.monotonic() + 2
            endless_head.settimeout(0.2)
            while time.monotonic() < stop:
                try:
                    endless_head.sendall(b"X-Endless: yes" * 5000)
                except (TimeoutError, ConnectionError):
                    break
            for n in range(50):  # resets at any point
                sock = socket.create_connection(("127.0.0.1", tap.port))
                sock.sendall(b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n"[:n])
                hard_close(sock)
            with tap.client() as client:  # is served meanwhile
                self.assertEqual(client.sock.recv(1)[0] if not client.buffer else client.buffer[0], 0x82)
            self.assertLess(tap.rss() - before, harness.memory_limit(20))
            unread.sock.close()
            endless_head.close()
            self.assertEqual(tap.stop(), 0)

    def test_octets_that_mean_much_more_hold_nobody_up(self):
        def swallow(sock):
            while got := sock.recv(1 << 20):
                if got.endswith(b"\x89\x80\0\0\0\0"):
                    sock.sendall(b"\x8a\x00")

        deflate = b"Sec-WebSocket-Extensions: permessage-deflate\r\n"
        ask = "Sec-WebSocket-Extensions: permessage-deflate"
        bomb = deflated(b"\0" * (60 * MIB), opcode=2)
        tiny = frame(TEXT, b"x") * 60000
        for what, headers, octets in (("bombs", deflate, bomb * 8), ("tiny frames", b"", tiny * 4)):
            with self.subTest(what), Peer(swallow, headers=headers) as peer, \
                    Tap(peer.port, "--log", "{}/log") as tap:
                hostile = tap.client(headers=[ask] if headers else [])
                sender = threading.Thread(target=hostile.send, args=(octets,), daemon=True)
                with tap.client(headers=[ask] if headers else []) as client:
                    took = []
                    sender.start()
                    for _ in range(50):
                        begin = time.monotonic()
                        client.send(frame(PING, mask=bytes(4)))
                        client.receive(20)
                        took.append(time.monotonic() - begin)
                        time.sleep(0.01)
                sender.join(60)
                hostile.sock.close()
                self.assertLess(statistics.median(took), 0.1 * harness.slowness(), took)
                self.assertEqual(tap.stop(), 0)

    def test_a_terminal_that_is_not_read_holds_nobody_up(self):
        read, write = os.pipe()
        with Server("ws_echo.mjs") as server:
            port = unused_port()
            process = subprocess.Popen(
                [harness.binary(), "tap", "--listen", f"127.0.0.1:{port}", "--target",
                 f"ws://127.0.0.1:{server.port}"], stdout=write, stderr=subprocess.DEVNULL)
            os.close(write)
            try:
                os.read(read, 1)
                with Client(port) as client:
                    for _ in range(40):
                        client.send(text(b"x") * 100)
                        for _ in range(100):
                            self.assertEqual(client.receive().payload, b"x")
                process.send_signal(signal.SIGINT)
                self.assertIn(process.wait(10), (0, 3))
            finally:
                process.kill()
                process.wait()
                os.close(read)

    def test_a_thousand_idle_connections_take_little(self):
        with Serve() as server, Tap(server.port) as tap:
            clients = [tap.client() for _ in range(1000)]
            self.assertLess(tap.rss(), harness.memory_limit(100))
            clients[500].send(text(b"x"))
            self.assertEqual(clients[500].receive().payload, b"x")
            for client in clients:
                client.sock.close()
            self.assertEqual(tap.stop(), 0)
            self.assertIn("1000 connections", tap.text)


class Tls(Case):
    @classmethod
    def setUpClass(cls):
        cls.certificates = test_tls.Certificates()

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.certificates.folder)

    def test_wss_out(self):
        c = self.certificates
        with Server("ws_echo.mjs", *c.server("good")) as server:
            with Tap(server.port, "--cacert", c["ca.pem"], scheme="wss") as tap, tap.client() as client:
                for size in (1, 200000):
                    client.send(text(b"x" * size))
                    self.assertEqual(client.receive().payload, b"x" * size)
                client.send(close(1000))
                self.assertEqual(client.receive().code, 1000)
                tap.until("server: Close 1000")
            with Tap(server.port, scheme="wss") as tap:  # a CA that nothing trusts
                with self.assertRaises(Refused) as refused:
                    tap.client()
                self.assertEqual(refused.exception.status, 502)
                tap.until("cannot be reached: .*certificate")

    def test_wss_in_and_out(self):
        c = self.certificates
        context = ssl.create_default_context(cafile=c["ca.pem"])

        async def talk(port):
            async with websockets.connect(f"wss://127.0.0.1:{port}/", ssl=context) as ws:
                for size in (1, 1000, 500000):
                    await ws.send("y" * size)
                    self.assertEqual(await ws.recv(), "y" * size)

        with Server("ws_echo.mjs", *c.server("good")) as server, \
                Tap(server.port, "--cacert", c["ca.pem"], "--cert", c["good.pem"], "--key",
                    c["good.key"], scheme="wss") as tap:
            asyncio.run(talk(tap.port))
            with socket.create_connection(("127.0.0.1", tap.port)) as sock:
                sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
                sock.settimeout(5)
                try:
                    sock.recv(100)
                except ConnectionError:
                    pass
            tap.until("client: the client does not speak TLS")
            self.assertEqual(tap.stop(), 0)
            self.assertIn("the clients sent 3 messages", tap.text)


if __name__ == "__main__":
    unittest.main()
