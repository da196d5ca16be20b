"""`wsspec probe`: the facts it shows, what it finds unusual, and its exit codes."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from harness import Case, Listening, Server, binary, unused_port, wsspec
from rawws import close, frame, text
from serving import Serve
from test_send import Raw
from test_tls import Certificates

CERTIFICATES = None


def setUpModule():
    global CERTIFICATES
    CERTIFICATES = Certificates()
    CERTIFICATES.signed("long", "ca", "IP:127.0.0.1", days=90)


def tearDownModule():
    shutil.rmtree(CERTIFICATES.folder)


def probe(url, *options, **more):
    """The run, and what --json says."""
    run = wsspec("probe", url, "--json", *options, **more)
    return run, json.loads(run.stdout)


def causes(facts):
    return [finding["cause"] for finding in facts["findings"]]


class Answer(Listening):
    """Answers the handshake with these octets."""

    def __init__(self, octets):
        self.octets = octets

    def serve(self, sock):
        self.request = sock.recv(65536)
        sock.sendall(self.octets)

    def url(self):
        return f"ws://127.0.0.1:{self.port}/"


def http(status, reason, *headers, body=b"", version="1.1"):
    head = "\r\n".join([f"HTTP/{version} {status} {reason}", *headers, f"Content-Length: {len(body)}"])
    return head.encode() + b"\r\n\r\n" + body


class Healthy(Case):
    def test_real_servers_are_healthy_and_every_fact_is_there(self):
        for name in ("ws_echo.mjs", "websockets_echo.py"):
            with Server(name, *(["--deflate"] if name.endswith("mjs") else [])) as server:
                run, facts = probe(server.url(), "--echo")
            self.assertCode(run, 0)
            self.assertEqual(facts["schema"], "wsspec-probe/1")
            self.assertEqual((facts["verdict"], facts["findings"]), ("healthy", []))
            self.assertEqual(facts["upgrade"]["status"], 101)
            self.assertEqual(len(facts["pings"]["ms"]), 5)
            self.assertLessEqual(facts["pings"]["min"], facts["pings"]["median"])
            self.assertLessEqual(facts["pings"]["median"], facts["pings"]["max"])
            self.assertIs(facts["echo"], True)
            self.assertEqual(facts["messages"]["count"], 0)
            self.assertEqual((facts["close"]["code"], facts["close"]["closer"], facts["close"]["end"]),
                             (1000, "client", "eof"))
            for phase in ("dns", "tcp", "upgrade", "close", "end", "total"):
                self.assertGreaterEqual(facts["ms"][phase], 0, phase)
            self.assertIsNone(facts["tls"])
            self.assertIn("permessage-deflate", facts["upgrade"]["extensions"])

    def test_the_page_names_each_phase(self):
        with Serve() as server:
            run = wsspec("probe", server.url())
        self.assertCode(run, 0)
        for word in ("DNS", "TCP", "upgrade", "subprotocol", "extensions", "pings", "close", "TCP end"):
            self.assertRegex(run.stdout, rf"(?m)^  {word}\b", f"\n{run}")
        self.assertEqual(run.stdout.splitlines()[-1], "healthy")
        self.assertNotIn("echo", run.stdout)

    def test_nothing_but_pings_and_a_close_is_sent(self):
        with Raw(linger=3) as server:
            wsspec("probe", server.url())
            time.sleep(0.1)
            got = server.got
        opcodes = []
        while got:
            size = 2 + 4 + (got[1] & 0x7f)
            opcodes.append(got[0])
            got = got[size:]
        self.assertEqual(opcodes[:1], [0x89])
        self.assertEqual(opcodes[-1], 0x88)
        self.assertEqual(set(opcodes), {0x89, 0x88})

    def test_first_messages_are_shown_and_harmless(self):
        greeting = "hello \x1b[2J\u202e there".encode()
        with Raw(text(greeting, mask=None), linger=3) as server:
            run = wsspec("probe", server.url())
        self.assertIn("1 message came unasked", run.words)
        self.assertIn(r"hello \x1B[2J\u{202E} there", run.stdout)
        self.assertNotIn(b"\x1b", run.out)

    def test_tls_facts(self):
        with Server("ws_echo.mjs", *CERTIFICATES.server("long")) as server:
            run, facts = probe(server.url(scheme="wss"), "--cacert", CERTIFICATES["ca.pem"])
            page = wsspec("probe", server.url(scheme="wss"), "--cacert", CERTIFICATES["ca.pem"])
        self.assertCode(run, 0)
        self.assertEqual(facts["tls"]["version"], "TLSv1.3")
        own = facts["tls"]["certificates"][0]
        self.assertEqual((own["subject"], own["issuer"]), ("CN=long", "CN=wsspec test ca"))
        self.assertEqual(own["names"], ["127.0.0.1"])
        self.assertIn(own["days_left"], (89, 90))
        self.assertGreater(facts["ms"]["tls"], 0)
        self.assertRegex(page.words, r"CN=long, by CN=wsspec test ca; (89|90) days left, until 20")

    def test_secrets_are_not_shown(self):
        with Raw(text(b"key sesame-open-12345", mask=None), linger=1) as server:
            url = server.url() + "?token=sesame-open-12345"
            run, _ = probe(url, "-H", "Authorization: Bearer sesame-open-12345")
            self.assertNotIn("sesame", run.stdout + run.stderr)
            page = wsspec("probe", url, "--prometheus", "-")
            self.assertNotIn("sesame", page.stdout + page.stderr)


class Refused(Case):
    def assertFinds(self, octets, cause, words, code=1, *options):
        with Answer(octets) as server:
            run, facts = probe(server.url(), *options)
            page = wsspec("probe", server.url(), *options)
        self.assertCode(run, code)
        self.assertCode(page, code)
        self.assertIn(cause, causes(facts), f"\n{run}")
        self.assertRegex(page.words, "(?i)" + words)
        self.assertIn("FINDING", page.stdout)
        return page

    def test_statuses_and_their_likely_causes(self):
        for status, words in ((400, "strips Upgrade and Connection"), (401, "credentials"),
                              (403, "Origin check"), (404, "no WebSocket endpoint"), (426, "."),
                              (429, "."), (503, "overloaded"), (505, "proxy_http_version")):
            self.assertFinds(http(status, "No"), "handshake-refused", words)

    def test_a_page_in_place_of_an_upgrade(self):
        page = self.assertFinds(http(200, "OK", "Content-Type: text/html", body=b"<html>hi</html>"),
                                "handshake-refused", "it served a page")
        self.assertIn("<html>hi</html>", page.stdout)

    def test_http_10(self):
        self.assertFinds(http(400, "Bad", version="1.0"), "answered-in-http10", "proxy_http_version 1.1")

    def test_a_101_that_is_none(self):
        self.assertFinds(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                         b"Connection: Upgrade\r\nSec-WebSocket-Accept: AAAA\r\n\r\n", "accept-header",
                         "compute it from the key")

    def test_no_http(self):
        self.assertFinds(b"SSH-2.0-OpenSSH_9\r\n", "not-http", "Something other than a WebSocket server")

    def test_redirects_are_followed_on_demand_and_without_credentials(self):
        with Raw(linger=2) as target:
            moved = http(302, "Found", f"Location: http://127.0.0.1:{target.port}/new")
            page = self.assertFinds(moved, "redirected", "--location follows")
            self.assertIn(f"127.0.0.1:{target.port}/new", page.words)
            with Answer(moved) as first:
                run, facts = probe(first.url(), "--location", "-H", "Authorization: Bearer sesame-open-1",
                                   "-H", "X-Trace: 1")
                self.assertIn(b"sesame-open-1", first.request)
        self.assertEqual(len(facts["redirects"]), 1)
        self.assertEqual(facts["upgrade"]["status"], 101)
        self.assertTrue(facts["url"].endswith("/new"))
        self.assertNotIn(b"sesame", target.request)

    def test_a_redirect_to_itself_ends(self):
        class Loop(Answer):
            def serve(self, sock):
                sock.recv(65536)
                sock.sendall(http(301, "Moved", "Location: /again"))
        with Loop(b"") as server:
            run, facts = probe(server.url(), "--location")
        self.assertCode(run, 1)
        self.assertEqual(len(facts["redirects"]), 5)


class Certificate(Case):
    def find(self, name, cause, *options):
        with Server("ws_echo.mjs", *CERTIFICATES.server(name)) as server:
            run, facts = probe(server.url(scheme="wss"), "--cacert", CERTIFICATES["ca.pem"], *options)
        self.assertCode(run, 1 if cause else 0)
        self.assertEqual(causes(facts), [cause] if cause else [], f"\n{run}")
        return facts

    def test_a_bad_certificate_is_shown_although_it_fails(self):
        for name, cause in (("expired", "certificate-expired"), ("elsewhere", "certificate-wrong-name"),
                            ("stranger", "certificate-untrusted"), ("self", "certificate-self-signed")):
            facts = self.find(name, cause)
            self.assertTrue(facts["tls"]["certificates"], name)
            self.assertIsNone(facts["upgrade"])  # nothing was sent to it

    def test_a_certificate_that_ends_soon(self):
        self.find("good", "certificate-expires-soon")

    def test_wss_on_a_ws_port_and_back(self):
        with Serve() as server:
            run, facts = probe(server.url().replace("ws://", "wss://"))
            self.assertCode(run, 1)
            self.assertEqual(causes(facts), ["not-tls"])
        with Server("ws_echo.mjs", *CERTIFICATES.server("long")) as server:
            run, facts = probe(server.url())
            self.assertCode(run, 1)
            self.assertIn(causes(facts)[0], ("tls-port", "not-http", "ended-before-answer"))


class Ends(Case):
    def test_unreachable_is_3(self):
        run, facts = probe(f"ws://127.0.0.1:{unused_port()}/")
        self.assertCode(run, 3)
        self.assertEqual((facts["verdict"], causes(facts)), ("unreachable", ["connect-refused"]))
        run, facts = probe("ws://no-such-host.invalid/")
        self.assertCode(run, 3)
        self.assertEqual(causes(facts), ["host-not-resolved"])

    def test_a_silent_server_is_3(self):
        with Answer(b"") as server:
            server.serve = lambda sock: time.sleep(3)
            run, facts = probe(server.url(), "--connect-timeout", 300)
        self.assertCode(run, 3)
        self.assertEqual(causes(facts), ["handshake-timeout"])

    def test_a_dead_first_address_is_named(self):
        if len({i[4][0] for i in socket.getaddrinfo("localhost", 80, type=socket.SOCK_STREAM)}) < 2:
            self.skipTest("localhost has one address here")
        with Server("ws_echo.mjs") as server:
            run, facts = probe(f"ws://localhost:{server.port}/")
        first = facts["addresses"][0]
        if "127.0.0.1" in first:
            self.assertEqual(facts["findings"], [])
        else:
            self.assertCode(run, 1)
            self.assertEqual(causes(facts), ["address-dead"])

    def test_a_close_right_after_the_101(self):
        with Raw(close(1008)[:0] + b"\x88\x02\x03\xf0", linger=1) as server:
            run, facts = probe(server.url())
        self.assertCode(run, 1)
        self.assertEqual(causes(facts), ["closed-unasked"])
        self.assertIn("token, origin or plan check", facts["findings"][0]["text"])
        self.assertEqual((facts["close"]["code"], facts["close"]["closer"]), (1008, "server"))

    def test_no_pongs_no_close_and_a_drop(self):
        with Raw(linger=6) as server:
            run, facts = probe(server.url())
        self.assertCode(run, 1)
        self.assertEqual(causes(facts), ["no-pong", "close-not-answered"])
        with Raw(linger=0.01) as server:
            run, facts = probe(server.url())
        self.assertIn(causes(facts)[0], ("ended-without-close", "reset-without-close"))

    def test_a_masked_frame_is_a_finding(self):
        with Raw(frame(1, b"x"), linger=1) as server:
            run, facts = probe(server.url())
        self.assertCode(run, 1)
        self.assertIn("frame-masked", causes(facts))

    def test_no_echo_is_said_and_no_fault(self):
        with Server("sink.py") as server:
            run, facts = probe(server.url(), "--echo")
        self.assertIs(facts["echo"], False)


class Idle(Case):
    def test_an_idle_cut_is_measured(self):
        with Serve("--idle-timeout-ms", 700) as server:
            run, facts = probe(server.url(), "--idle", 5000)
        self.assertCode(run, 1)
        self.assertEqual(causes(facts), ["idle-cut"])
        self.assertGreater(facts["ms"]["idle"], 500)
        self.assertLess(facts["ms"]["idle"], 1500)
        self.assertIn("ping more often", facts["findings"][0]["text"])

    def test_a_connection_that_stays_is_healthy(self):
        with Serve() as server:
            run = wsspec("probe", server.url(), "--idle", 400)
        self.assertCode(run, 0)
        self.assertIn("not ended", run.words)


class Monitor(Case):
    def test_repeat_prints_a_line_a_probe_and_metrics_are_whole(self):
        with Serve() as server, tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "wsspec.prom")
            begin = time.monotonic()
            run = wsspec("probe", server.url(), "--repeat", 3, "--every", 200, "--prometheus", path)
            self.assertGreater(time.monotonic() - begin, 0.4)
            with open(path) as file:
                metrics = file.read()
            self.assertEqual(os.listdir(folder), ["wsspec.prom"])
        self.assertCode(run, 0)
        self.assertEqual(len(re.findall(r"(?m)^\d{4}-\d\d-\d\dT[0-9:]+Z  healthy  tcp ", run.stdout)), 3)
        self.assertRegex(metrics, r'(?m)^wsspec_up\{target="ws://127.0.0.1:\d+[^"]*"\} 1$')
        for phase in ("dns", "tcp", "upgrade", "ping", "close"):
            self.assertRegex(metrics, rf'(?m)^wsspec_phase_seconds\{{target="[^"]+",phase="{phase}"\}} [0-9.e-]+$')
        self.assertRegex(metrics, r"(?m)^wsspec_close_code\{.*\} 1000$")
        for line in metrics.splitlines():
            self.assertRegex(line, r'^(# (HELP|TYPE) wsspec_\w+ .+|wsspec_\w+\{target="[^"]*"(,phase="\w+")?\} [-0-9.e+]+)$')

    def test_a_dead_target_is_down_in_the_metrics(self):
        run = wsspec("probe", f"ws://127.0.0.1:{unused_port()}/", "--prometheus", "-")
        self.assertCode(run, 3)
        self.assertRegex(run.stdout, r"(?m)^wsspec_up\{.*\} 0$")

    def test_a_file_that_cannot_be_written_is_3(self):
        with Serve() as server:
            run = wsspec("probe", server.url(), "--prometheus", "/nonexistent/x.prom")
        self.assertCode(run, 3)
        self.assertIn("/nonexistent/x.prom", run.stderr)

    def test_ctrl_c_is_130(self):
        with Serve() as server:
            process = subprocess.Popen([binary(), "probe", server.url(), "--repeat", "0", "--every", "100"],
                                       stdout=subprocess.PIPE)
            process.stdout.readline()
            begin = time.monotonic()
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=5)
            self.assertLess(time.monotonic() - begin, 1)
        self.assertEqual(process.returncode, 130)


class BadInput(Case):
    def test_usage(self):
        for arguments in (["probe"], ["probe", "http//x"], ["probe", "ws://x", "--idle", "-1"],
                          ["probe", "ws://x", "--prometheus", "/"], ["probe", "ws://x", "--every", "soon"]):
            self.assertCode(wsspec(*arguments), 2)

    def test_a_narrow_terminal_wraps(self):
        import fcntl
        import pty
        import struct
        import termios
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 20, 0, 0))
        with Serve() as server:
            process = subprocess.Popen([binary(), "probe", server.url()], stdout=slave)
            os.close(slave)
            seen = b""
            try:
                while more := os.read(master, 65536):
                    seen += more
            except OSError:
                pass
        self.assertEqual(process.wait(5), 0)
        self.assertTrue(seen.rstrip().endswith(b"healthy"))


class Cost(Case):
    def test_it_adds_less_than_5_ms_to_the_times_of_the_server(self):
        """Each answer of the server takes 50 ms; a plain loop over a socket measures the same."""
        import base64
        import hashlib

        class Slow(Listening):
            def serve(self, sock):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                request = sock.recv(65536)
                key = re.search(rb"Sec-WebSocket-Key: (\S+)", request).group(1)
                time.sleep(0.05)
                accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
                sock.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                             b"Connection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n")
                while got := sock.recv(65536):
                    size = got[1] & 0x7f
                    key, body = got[2:6], got[6:6 + size]
                    body = bytes(b ^ key[i % 4] for i, b in enumerate(body))
                    time.sleep(0.05)
                    sock.sendall(bytes([0x8a if got[0] == 0x89 else 0x88, size]) + body)
                    if got[0] == 0x88:
                        return

        from rawws import PING, Client
        with Slow() as server:
            begin = time.monotonic()
            with Client(server.port) as client:
                plain = [(time.monotonic() - begin) * 1000]
                for n in range(5):
                    begin = time.monotonic()
                    client.sock.sendall(frame(PING, b"wsspec probe %d" % n))
                    client.sock.recv(65536)
                    plain.append((time.monotonic() - begin) * 1000)
            best = None
            for _ in range(3):
                _, facts = probe(f"ws://127.0.0.1:{server.port}/")
                added = [facts["ms"]["tcp"] + facts["ms"]["upgrade"] - plain[0],
                         facts["pings"]["median"] - sorted(plain[1:])[2], facts["ms"]["close"] - 50]
                total = facts["ms"]["total"] - 7 * 50
                if best is None or total < best[1]:
                    best = added, total
        print(f"added to upgrade, ping, close: {best[0]} ms; whole probe beyond 350 ms: {best[1]:.2f} ms")
        self.assertLess(max(best[0]), 5)


if __name__ == "__main__":
    unittest.main()
