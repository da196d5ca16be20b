"""The reference server (`wsspec serve`, `wsspec demo`): proven by third-party clients, its policies
by a client of octets. What it makes of every octet is in test_serve_octets.py."""

import asyncio
import contextlib
import json
import resource
import select
import signal
import socket
import struct
import subprocess
import time
import unittest

import websockets

import harness
from harness import SERVERS, Case, wsspec
from rawws import (BINARY, CLOSE, CONT, PING, PONG, TEXT, Refused, close, frame, text)
from serving import Serve

HI = "h\u00e9 \U0001f600"
MIB = 1 << 20


class Program(Case):
    def test_it_says_where_it_listens_and_ends_with_0_on_a_signal(self):
        for how in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(how), Serve() as server:
                self.assertRegex(server.base, r"^ws://127\.0\.0\.1:\d+$")
                begin = time.monotonic()
                self.assertEqual(server.stop(how), 0)
                self.assertLess(time.monotonic() - begin, 1)

    def test_it_listens_on_an_ipv6_address(self):
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError:
            self.skipTest("this machine has no IPv6 loopback address")
        with Serve(listen="[::1]:0") as server:
            self.assertRegex(server.base, r"^ws://\[::1\]:\d+$")

    def test_it_listens_on_a_host_name(self):
        with Serve(listen="localhost:0") as server:
            self.assertRegex(server.base, r"^ws://(127\.0\.0\.1|\[::1\]):\d+$")

    def test_a_port_in_use_and_wrong_options_are_usage_errors(self):
        with Serve() as server:
            run = wsspec("serve", "--listen", f"127.0.0.1:{server.port}", timeout=10)
            self.assertCode(run, 2)
            self.assertIn("in use", run.stderr)
        for args in (["--listen", "nonsense"], ["--listen", ":1"], ["--listen", "127.0.0.1:"],
                     ["--listen", "127.0.0.1:65536"], ["--listen", "::1:80"],
                     ["--token-ttl-ms", "5"], ["--refuse"], ["--message-rate", "0"],
                     ["--forbidden", ""], ["--no-such"], ["extra"]):
            with self.subTest(args):
                run = wsspec("serve", *args, timeout=10)
                self.assertCode(run, 2)
                self.assertTrue(run.stderr)

    def test_its_end_says_1001_to_everyone(self):
        with Serve() as server, server.client() as one, server.client() as two:
            one.send(text(b"hi"))
            self.assertEqual(one.receive().payload, b"hi")
            server.process.send_signal(signal.SIGINT)
            for client in (one, two):
                self.assertEqual([f.code for f in client.all(3)], [1001])
                self.assertEqual(client.end, "eof")
            one.sock.close()
            two.sock.close()
            self.assertEqual(server.process.wait(3), 0)


class ThirdParties(Case):
    def test_python_websockets(self):
        async def talk(url):
            async with websockets.connect(url, max_size=None, ping_interval=None) as ws:
                for message in (HI, "", b"", b"\xff\xfe\x00", "x" * 125, b"y" * 126, "z" * 65535,
                                b"w" * 65536, HI * 300000, bytes(range(256)) * (8 * MIB // 256)):
                    await ws.send(message)
                    self.assertTrue(await asyncio.wait_for(ws.recv(), 20) == message)
                await ws.send(["h", "\u00e9", "", "\U0001f600"])
                self.assertEqual(await asyncio.wait_for(ws.recv(), 5), "h\u00e9\U0001f600")
                await ws.send([b"a" * 70000, b"", b"b" * 3])
                self.assertTrue(await asyncio.wait_for(ws.recv(), 5) == b"a" * 70000 + b"bbb")
                for payload in (b"", b"are you there", b"p" * 125):
                    await asyncio.wait_for(await ws.ping(payload), 5)
                await ws.pong(b"unasked")
                await ws.close(1000, "bye")
                return ws.close_code

        with Serve() as server:
            self.assertEqual(asyncio.run(talk(server.url())), 1000)

    def test_close_codes_come_back(self):
        async def end(url, code):
            async with websockets.connect(url) as ws:
                begin = time.monotonic()
                await ws.close(code, "why")
                return ws.close_code, time.monotonic() - begin

        with Serve() as server:
            for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014,
                         3000, 3999, 4000, 4999):
                got, seconds = asyncio.run(end(server.url(), code))
                self.assertEqual(got, code)
                self.assertLess(seconds, 0.5)

    def test_npm_ws(self):
        with Serve() as server:
            done = subprocess.run(
                ["node", str(SERVERS / "ws_client.mjs"), server.url(), "--text", HI, "--binary",
                 "fffe00", "--text", ""], timeout=20, capture_output=True, check=True, cwd=SERVERS)
        seen = json.loads(done.stdout)
        self.assertEqual(seen["messages"], [{"text": HI}, {"text": ""}, {"binary": "fffe00"}])
        self.assertEqual((seen["pong"], seen["code"], seen["error"], seen["extensions"]),
                         ("are you there", 1000, None, ""))

    def test_two_hundred_at_once(self):
        async def one(url, i):
            async with websockets.connect(url, open_timeout=30) as ws:
                for n in range(5):
                    await ws.send(f"{i}/{n}")
                    self.assertEqual(await ws.recv(), f"{i}/{n}")

        async def all_of_them(url):
            await asyncio.gather(*(one(url, i) for i in range(200)))

        with Serve() as server:
            before = server.descriptors()
            asyncio.run(asyncio.wait_for(all_of_them(server.url()), 60))
            deadline = time.monotonic() + 3
            while server.descriptors() > before and time.monotonic() < deadline:
                time.sleep(0.02)
            self.assertEqual(server.descriptors(), before)  # none is kept


class Policies(Case):
    def assertClosed(self, client, code, before=()):
        frames = client.all(3)
        self.assertEqual([f.payload for f in frames[:-1]], list(before))
        self.assertEqual((frames[-1].opcode, frames[-1].code, client.end), (CLOSE, code, "eof"))
        return frames[-1].reason

    def test_message_rate(self):
        with Serve("--message-rate", 20, "--window-ms", 400) as server:
            with server.client() as client:
                client.send(*[text(b"x")] * 21, text(b"late"), frame(PING))
                self.assertClosed(client, 1008, [b"x"] * 20)
            with server.client() as client:  # another one, and twice the limit with a pause
                for _ in range(2):
                    client.send(*[text(b"x")] * 20)
                    for _ in range(20):
                        self.assertEqual(client.receive().payload, b"x")
                    time.sleep(0.45)
                client.send(*[frame(PING)] * 100)  # control frames do not count
                for _ in range(100):
                    self.assertEqual(client.receive().opcode, PONG)

    def test_message_size_by_the_header(self):
        with Serve("--max-message", 1000) as server:
            with server.client() as client:
                client.send(text(b"x" * 1000), frame(TEXT, b"y" * 600, fin=False),
                            frame(CONT, b"y" * 400))
                self.assertEqual(len(client.receive().payload), 1000)
                self.assertEqual(len(client.receive().payload), 1000)
                client.send(frame(BINARY, declared=1001))
                self.assertClosed(client, 1009)
            with server.client() as client:
                client.send(frame(TEXT, b"x" * 600, fin=False), frame(CONT, declared=401))
                self.assertClosed(client, 1009)
        with Serve() as server, server.client() as client:  # the default: 64 MiB
            client.send(frame(BINARY, declared=64 * MIB + 1))
            self.assertClosed(client, 1009)

    def test_fragments(self):
        with Serve("--max-fragments", 5) as server, server.client() as client:
            client.send(frame(TEXT, fin=False), *[frame(CONT, b"x", fin=False)] * 3, frame(CONT))
            self.assertEqual(client.receive().payload, b"xxx")
            client.send(frame(TEXT, fin=False), *[frame(CONT, b"x", fin=False)] * 5)
            self.assertClosed(client, 1008)

    def test_content_and_type(self):
        with Serve("--forbidden", "badword", "--forbidden", "worse", "--text-only") as server:
            for octets, code in ((text(b"a badword here"), 1008), (text(b"worse"), 1008),
                                 (frame(TEXT, b"bad", fin=False) + frame(CONT, b"word"), 1008),
                                 (frame(BINARY, declared=5), 1003)):
                with server.client() as client:
                    client.send(text(b"badwort"), octets)
                    reason = self.assertClosed(client, code, [b"badwort"])
                    self.assertNotIn(b"badword", reason)

    def test_tokens(self):
        with Serve("--token", "one", "--token", "t&o", "--token-ttl-ms", 400) as server:
            for path in ("/", "/?token=", "/?token=three", "/?token=one&token=one"):
                with self.subTest(path), server.client(path) as client:
                    client.send(text(b"x"))
                    self.assertClosed(client, 1008)
            for path, headers in (("/?token=one", []), ("/a?b=c&token=t%26o", []),
                                  ("/", ["Authorization: Bearer one"])):
                with self.subTest(path), server.client(path, headers=headers) as client:
                    begin = time.monotonic()
                    client.send(text(b"x"))
                    self.assertEqual(client.receive().payload, b"x")
                    self.assertEqual(self.assertClosed(client, 1008), b"token expired")
                    self.assertAlmostEqual(time.monotonic() - begin, 0.4, delta=0.15)
        with Serve("--token", "one", "--refuse") as server:
            with self.assertRaises(Refused) as caught:
                server.client("/?token=two")
            self.assertEqual(caught.exception.status, 401)
            self.assertIn(b"WWW-Authenticate", caught.exception.head)
            server.client("/?token=one").sock.close()

    def test_origins(self):
        with Serve("--origin", "https://a.example") as server:
            for origin in ("https://evil.example", "https://a.example.evil.example", "null"):
                with self.assertRaises(Refused) as caught:
                    server.client(headers=[f"Origin: {origin}"])
                self.assertEqual(caught.exception.status, 403)
            server.client(headers=["Origin: https://a.example"]).sock.close()
            server.client().sock.close()

    def test_idle(self):
        with Serve("--idle-timeout-ms", 300) as server, server.client() as client:
            for _ in range(3):
                time.sleep(0.2)
                client.send(frame(PING))
                self.assertEqual(client.receive().opcode, PONG)
            begin = time.monotonic()
            self.assertClosed(client, 1008)
            self.assertAlmostEqual(time.monotonic() - begin, 0.3, delta=0.15)

    def test_connections(self):
        with Serve("--max-connections", 3) as server:
            clients = [server.client() for _ in range(3)]
            with self.assertRaises(Refused) as caught:
                server.client()
            self.assertEqual(caught.exception.status, 503)
            clients[0].send(close())
            clients[0].all(2)
            clients[1].sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                       struct.pack("ii", 1, 0))
            clients[1].sock.close()  # a reset
            time.sleep(0.1)
            clients += [server.client(), server.client()]
            for client in clients[2:]:
                client.send(text(b"x"))
                self.assertEqual(client.receive().payload, b"x")
            for client in clients:
                client.sock.close()


class Room(Case):
    def test_above_its_descriptors_a_client_gets_503_and_the_log_says_so_once(self):
        with Serve(descriptors=200) as server:
            clients, refused = [], []
            for _ in range(200):
                try:
                    clients.append(server.client())
                except Refused as error:
                    refused.append(error.status)
            self.assertEqual(len(clients), 200 - 64)
            self.assertEqual(set(refused), {503})
            clients[-1].send(text(b"x"))
            self.assertEqual(clients[-1].receive().payload, b"x")
            for client in clients[:10]:
                client.sock.close()
            time.sleep(0.2)
            server.client().sock.close()  # there is room again
            for client in clients:
                client.sock.close()
            server.process.send_signal(signal.SIGTERM)
            said = server.process.stderr.read()
        self.assertEqual(said.count("more are answered with HTTP 503"), 1, said)

    def test_ten_thousand_clients(self):
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)
        if limit[1] != resource.RLIM_INFINITY and limit[1] < 10400:
            self.skipTest("ulimit -Hn is too low")
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, limit)
        resource.setrlimit(resource.RLIMIT_NOFILE, (10400, limit[1]))
        with Serve() as server:
            clients = [server.client() for _ in range(10000)]
            for client in clients[::500]:
                client.send(text(b"x"))
                self.assertEqual(client.receive().payload, b"x")
            for client in clients:
                client.sock.close()


class Memory(Case):
    def test_all_connections_together_are_bounded(self):
        """30 unfinished messages of up to 60 MiB each: what does not fit is closed with 1013."""
        with Serve("--max-memory", 100 * MIB) as server:
            before = server.rss()
            clients = [server.client(timeout=20) for _ in range(30)]
            codes = []
            for client in clients:
                block = b"x" * (4 * MIB)
                client.sock.settimeout(5)
                try:
                    client.send(frame(BINARY, block, fin=False))
                    for _ in range(14):
                        client.send(frame(CONT, block, fin=False))
                        if select.select([client.sock], [], [], 0)[0]:
                            break
                except OSError:
                    pass
                if select.select([client.sock], [], [], 0.3)[0]:
                    codes.append(client.all(5)[-1].code)
            grown = server.rss() - before
            self.assertGreaterEqual(len(codes), 25, codes)
            self.assertEqual(set(codes), {1013})
            self.assertLess(grown, harness.memory_limit(250), f"{grown >> 20} MiB")
            with server.client() as other:
                other.send(text(b"hi"))
                self.assertEqual(other.receive().payload, b"hi")
            for client in clients:
                client.sock.close()

    def test_echoes_that_are_not_read_are_bounded_for_all_together(self):
        with Serve("--max-memory", 8 * MIB) as server:
            before = server.rss()
            clients = [server.client(receive_buffer=4096) for _ in range(20)]
            block = frame(BINARY, b"y" * 10000) * 300
            for client in clients:
                client.sock.settimeout(0.2)
                with contextlib.suppress(OSError):
                    for _ in range(8):
                        client.sock.sendall(block)
            grown = server.rss() - before
            self.assertLess(grown, harness.memory_limit(24), f"{grown >> 20} MiB")
            for client in clients:
                client.sock.close()
            with server.client() as other:
                other.send(text(b"hi"))
                self.assertEqual(other.receive().payload, b"hi")

    def test_clients_that_do_not_read_are_bounded(self):
        """Each sends 64 MiB at most and reads nothing: 4 MiB and one message are kept of it."""
        with Serve() as server:
            before = server.rss()
            clients = [server.client(receive_buffer=4096) for _ in range(8)]
            for client, payload in zip(clients, [b"x" * 100, b"y" * MIB] * 4):
                block = frame(BINARY, payload) * (MIB // len(payload))
                client.sock.settimeout(0.3)
                with contextlib.suppress(TimeoutError):
                    for _ in range(64):
                        client.sock.sendall(block)
            grown = server.rss() - before
            self.assertLess(grown, harness.memory_limit(8 * 8), f"{grown >> 20} MiB")
            # Others are served meanwhile, and a client that begins to read gets everything in order.
            with server.client() as other:
                other.send(text(b"hi"))
                self.assertEqual(other.receive().payload, b"hi")
            for client in clients[:2]:
                self.assertEqual(client.receive().opcode, BINARY)
            for client in clients:
                client.sock.close()

    def test_a_ping_flood_without_reading_is_bounded(self):
        with Serve() as server, server.client(receive_buffer=4096) as client:
            before = server.rss()
            client.sock.settimeout(0.5)
            block = frame(PING, b"p" * 125) * 8000
            with contextlib.suppress(TimeoutError):
                for _ in range(64):
                    client.sock.sendall(block)
            self.assertLess(server.rss() - before, harness.memory_limit(16))

    def test_a_huge_declared_length_costs_nothing(self):
        with Serve() as server:
            before = server.rss()
            clients = [server.client() for _ in range(50)]
            for client in clients:
                client.send(frame(BINARY, b"x", declared=64 * MIB))
            time.sleep(0.2)
            self.assertLess(server.rss() - before, harness.memory_limit(10))
            for client in clients:
                client.sock.close()


class Demo(Case):
    def test_it_shows_a_finding_then_the_strict_server_passing(self):
        run = wsspec("demo", "--color", "never", timeout=40)
        self.assertCode(run, 0)
        self.assertEqual(run.stderr, "")
        self.assertLess(run.seconds, 12 if "asan" not in harness.binary() else 40, f"\n{run}")
        fault, strict = run.stdout.split("Now the strict server: ")
        self.assertIn("wsspec serve --no-utf8-validation", fault)
        self.assertIn("c0 af", fault)
        self.assertIn("diagnosis", fault)
        self.assertIn("wsspec run ws://127.0.0.1:9001 utf8/ill-formed-u-ov-02", fault)
        self.assertRegex(strict, r"^\d{3,} passed, 0 failed in [0-9.]+ s\.\n$")
        self.assertNotIn("skipped:", run.stdout)
        self.assertLess(len(run.stdout.splitlines()), 40, f"\n{run}")

    def test_it_takes_selectors_and_signals(self):
        run = wsspec("demo", "utf8/valid-*", timeout=30)
        self.assertCode(run, 0)
        none = wsspec("demo", "no-such-suite/**", timeout=30)
        self.assertCode(none, 2)
        self.assertEqual(none.stdout, "")
        process = subprocess.Popen([harness.binary(), "demo", "policy"], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(10), 130)

    def test_the_fault_is_bad_text_taken_and_nothing_else(self):
        with Serve("--no-utf8-validation") as server:
            run, report = harness.run_json(server.url("/"), "utf8", "framing", "control",
                                           "--exclude", "tag:load", timeout=120)
            self.assertCode(run, 1)
            fails = {s["class"] for s in report["scenarios"] if s["verdict"] == "fail"}
            self.assertEqual(fails, {"accepted"})
            names = {s["name"].split("/")[0] for s in report["scenarios"] if s["verdict"] == "fail"}
            self.assertEqual(names, {"utf8"})
            with server.client() as client:
                for bad in (b"\xc0\xaf", b"a\xff", b"\xc3"):
                    client.send(text(bad))
                    self.assertEqual(client.receive().payload, bad)
                client.send(frame(CLOSE, b"\x03\xe8\xff"))
                self.assertEqual([f.code for f in client.all(3)], [1000])


if __name__ == "__main__":
    unittest.main()
