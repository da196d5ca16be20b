"""--proxy and the environment's proxies: HTTP CONNECT and SOCKS5, from apt and our own, right and bad."""

import base64
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from harness import Case, Listening, Server, run_json, unused_port, wsspec
from serving import Serve
from test_tls import Certificates

CERTIFICATES = None


def setUpModule():
    global CERTIFICATES
    CERTIFICATES = Certificates()


def tearDownModule():
    shutil.rmtree(CERTIFICATES.folder)


def pump(a, b):
    def one(source, sink):
        try:
            while octets := source.recv(65536):
                sink.sendall(octets)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass
    thread = threading.Thread(target=one, args=(b, a), daemon=True)
    thread.start()
    one(a, b)
    thread.join(5)


class Connect(Listening):
    """CONNECT to whatever name leads to `port` of this machine; wants `login` if there is one."""

    def __init__(self, port, login=None):
        self.target, self.login, self.heads = port, login, []

    def serve(self, sock):
        head = b""
        while b"\r\n\r\n" not in head:
            head += sock.recv(1)
        self.heads.append(head)
        wanted = self.login and b"Proxy-Authorization: Basic " + base64.b64encode(self.login)
        if wanted and wanted not in head:
            sock.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return
        with socket.create_connection(("127.0.0.1", self.target)) as server:
            sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            pump(sock, server)


class Socks(Listening):
    """SOCKS5 (RFC 1928, 1929) to `port` of this machine, whatever is asked for."""

    def __init__(self, port, login=None, reply=0):
        self.target, self.login, self.reply, self.asked = port, login, reply, []

    def serve(self, sock):
        def read(n):
            got = b""
            while len(got) < n:
                got += sock.recv(n - len(got)) or self.fail()
            return got
        methods = read(read(2)[1])
        if self.login:
            if 2 not in methods:
                sock.sendall(b"\x05\xff")
                return
            sock.sendall(b"\x05\x02")
            user = read(read(2)[1])
            password = read(read(1)[0])
            sock.sendall(bytes([1, (user, password) != self.login]))
            if (user, password) != self.login:
                return
        else:
            sock.sendall(b"\x05\x00")
        kind = read(4)[3]
        name = read(read(1)[0]) if kind == 3 else read({1: 4, 4: 16}[kind])
        self.asked.append((kind, name, int.from_bytes(read(2), "big")))
        sock.sendall(bytes([5, self.reply, 0, 1, 0, 0, 0, 0, 0, 0]))
        if self.reply:
            return
        with socket.create_connection(("127.0.0.1", self.target)) as server:
            pump(sock, server)

    @staticmethod
    def fail():
        raise OSError("ended")


class Says(Listening):
    """A proxy that answers with these octets, and ends unless it is to hang."""

    def __init__(self, octets, hang=0):
        self.octets, self.hang = octets, hang

    def serve(self, sock):
        sock.recv(65536)
        sock.sendall(self.octets)
        time.sleep(self.hang)


class Through(Case):
    def setUp(self):
        self.server = Serve()
        self.server.__enter__()
        self.addCleanup(self.server.__exit__, None, None, None)

    def send(self, proxy, *options, url="ws://a.example:80/", **more):
        return wsspec("send", url, "--text", "hi", "--expect", "text hi", "--proxy", proxy, *options, **more)

    def test_connect_with_and_without_a_login(self):
        with Connect(self.server.port) as proxy:
            self.assertCode(self.send(f"http://127.0.0.1:{proxy.port}"), 0)
            self.assertTrue(proxy.heads[0].startswith(b"CONNECT a.example:80 HTTP/1.1\r\n"))
            self.assertNotIn(b"Proxy-Authorization", proxy.heads[0])
        with Connect(self.server.port, b"me:pass word") as proxy:
            self.assertCode(self.send(f"http://me:pass%20word@127.0.0.1:{proxy.port}"), 0)

    def test_socks5_with_names_addresses_and_a_login(self):
        with Socks(self.server.port) as proxy:
            self.assertCode(self.send(f"socks5h://127.0.0.1:{proxy.port}"), 0)
            self.assertEqual(proxy.asked, [(3, b"a.example", 80)])
            self.assertCode(self.send(f"socks5://127.0.0.1:{proxy.port}", url="ws://localhost:81/"), 0)
            self.assertEqual(proxy.asked[1], (1, b"\x7f\0\0\x01", 81))
        with Socks(self.server.port, (b"me", b"sesame-1")) as proxy:
            self.assertCode(self.send(f"socks5h://me:sesame-1@127.0.0.1:{proxy.port}"), 0)

    def test_tls_to_the_server_goes_through(self):
        with Server("ws_echo.mjs", *CERTIFICATES.server("good")) as server:
            for make, scheme in ((Connect, "http"), (Socks, "socks5h")):
                with make(server.port) as proxy:
                    run = self.send(f"{scheme}://127.0.0.1:{proxy.port}", "--cacert",
                                    CERTIFICATES["ca.pem"], url=f"wss://127.0.0.1:{server.port}/")
                    self.assertCode(run, 0)

    def test_tinyproxy_and_microsocks(self):
        port = unused_port()
        with tempfile.TemporaryDirectory() as folder:
            config = os.path.join(folder, "tinyproxy.conf")
            with open(config, "w") as file:
                file.write(f"Port {port}\nListen 127.0.0.1\nTimeout 60\nAllow 127.0.0.1\nMaxClients 50\n")
            other = unused_port()
            for scheme, at, command in (
                    ("http", port, ["tinyproxy", "-d", "-c", config]),
                    ("socks5", other, ["microsocks", "-i", "127.0.0.1", "-p", str(other)])):
                process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                try:
                    for _ in range(100):
                        try:
                            socket.create_connection(("127.0.0.1", at)).close()
                            break
                        except OSError:
                            time.sleep(0.05)
                    url = self.server.url()
                    proxy = f"{scheme}://127.0.0.1:{at}"
                    self.assertCode(self.send(proxy, url=url), 0)
                    self.assertCode(wsspec("probe", url, "--echo", "--proxy", proxy), 0)
                    run, report = run_json(url, "utf8/valid*", "--proxy", proxy)
                    self.assertCode(run, 0)
                    self.assertGreater(report["summary"]["pass"], 20)
                finally:
                    process.terminate()
                    process.wait()

    def test_a_run_gives_the_same_verdicts_through_a_proxy(self):
        with Connect(self.server.port) as proxy:
            direct = run_json(self.server.url(), "utf8/ill*", "close/**")[1]["scenarios"]
            proxied = run_json(self.server.url(), "utf8/ill*", "close/**", "--proxy",
                               f"http://127.0.0.1:{proxy.port}")[1]["scenarios"]
        self.assertGreater(len(direct), 50)
        self.assertEqual({s["name"]: s["verdict"] for s in proxied},
                         {s["name"]: s["verdict"] for s in direct})

    def test_the_environment(self):
        with Connect(self.server.port) as proxy:
            place = f"http://127.0.0.1:{proxy.port}"
            call = ["send", "ws://a.invalid/", "--text", "hi", "--expect", "text hi"]
            for env in ({"http_proxy": place}, {"ALL_PROXY": place}):
                self.assertCode(wsspec(*call, env=env), 0)
            self.assertCode(wsspec(*call, env={"http_proxy": place, "NO_PROXY": "invalid"}), 3)
            self.assertCode(wsspec(*call, env={"HTTP_PROXY": place}), 3)
            count = len(proxy.heads)
            self.assertCode(wsspec("send", self.server.url(), env={"http_proxy": place}), 0)
            self.assertEqual(len(proxy.heads), count)  # this machine is reached directly

    def test_no_login_of_a_proxy_is_shown(self):
        secret = "sesame-open-12345"
        with Says(f"HTTP/1.1 407 {secret}\r\n\r\n".encode()) as proxy:
            url = f"http://me:{secret}@127.0.0.1:{proxy.port}"
            for call in (["send", "ws://a.example/"], ["probe", "ws://a.example/", "--json"],
                         ["run", "ws://a.example/", "utf8/valid-u-ok-01"]):
                run = wsspec(*call, "--proxy", url)
                self.assertCode(run, 3)
                self.assertNotIn(secret, run.stdout + run.stderr)


class Bad(Case):
    def assertNamed(self, octets, words, scheme="http", hang=0):
        with Says(octets, hang) as proxy:
            for call in (["send", "ws://a.example/"], ["probe", "ws://a.example/"],
                         ["run", "ws://a.example/", "utf8/valid-u-ok-01"]):
                run = wsspec(*call, "--proxy", f"{scheme}://127.0.0.1:{proxy.port}", "--connect-timeout", 700)
                self.assertCode(run, 3)
                said = " ".join((run.stdout + run.stderr).split())
                self.assertRegex(said, "(?i)the proxy 127.0.0.1:.*" + words, f"\n{run}")
                self.assertNotIn(b"\x1b", run.out + run.err)

    def test_what_fails_is_named_as_the_proxys(self):
        self.assertNamed(b"HTTP/1.1 403 Filtered \x1b[2J\r\n\r\n", "answered CONNECT with HTTP/1.1 403")
        self.assertNamed(b"HTTP/1.1 502 Bad Gateway\r\n\r\n", "502 Bad Gateway")
        self.assertNamed(b"SSH-2.0-x\r\n", "does not speak HTTP")
        self.assertNamed(b"", "ended the connection")
        self.assertNamed(b"HTTP/1.1 200", "ended the connection")
        self.assertNamed(b"x" * 10, "does not speak SOCKS5", "socks5h")
        self.assertNamed(b"\x05\xff", "asks for a user and password", "socks5h")

    def test_a_proxy_without_an_end(self):
        self.assertNamed(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 100000, "16 KiB", hang=1)
        self.assertNamed(b"HTTP/1.1 200 OK\r\n", "made no connection within 700 ms", hang=2)

    def test_socks_replies(self):
        with Socks(1, reply=5) as proxy:
            run = wsspec("send", "ws://a.example/", "--proxy", f"socks5h://127.0.0.1:{proxy.port}")
            self.assertCode(run, 3)
            self.assertIn("refuses the connection: connection refused", run.stderr)

    def test_no_proxy_there(self):
        run = wsspec("send", "ws://a.example/", "--proxy", f"http://127.0.0.1:{unused_port()}")
        self.assertCode(run, 3)
        self.assertIn("the proxy 127.0.0.1:", run.stderr)
        self.assertIn("Connection refused", run.stderr)

    def test_usage(self):
        for text in ("ftp://h", "http://", "http://h:x", "https://h:1"):
            for command in ("send", "probe", "run"):
                run = wsspec(command, "ws://a.example/", "--proxy", text)
                self.assertCode(run, 2)

    def test_a_bad_proxy_of_the_environment_is_named(self):
        run = wsspec("send", "ws://a.example/", env={"http_proxy": "ftp://me:sesame-open-1@h"})
        self.assertCode(run, 2)
        self.assertIn("the proxy", run.stderr)
        self.assertNotIn("sesame", run.stderr)


if __name__ == "__main__":
    unittest.main()
