"""wss://: which certificates are trusted, what a failure says, and that TLS changes no verdict."""

import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import unittest

import harness
from harness import Case, Server, run_json, wsspec

ONE = "utf8/valid-u-ok-01"
PROFILES = os.path.join(os.path.dirname(__file__), "..", "profiles")


class Certificates:
    """A folder of PEM files made by the openssl command: NAME.pem and NAME.key."""

    def __init__(self):
        self.folder = tempfile.mkdtemp()
        self.authority("ca")
        self.authority("other-ca")
        self.signed("good", "ca", "IP:127.0.0.1,DNS:localhost")
        self.signed("expired", "ca", "IP:127.0.0.1", days=-1)
        self.signed("elsewhere", "ca", "DNS:a.example,DNS:*.b.example")
        self.signed("stranger", "other-ca", "IP:127.0.0.1")
        self.signed("client", "ca", "DNS:client")
        self.openssl("req", "-x509", *self.key("self"), "-out", self["self.pem"], "-days", "2",
                     "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")

    def __getitem__(self, name):
        return os.path.join(self.folder, name)

    def openssl(self, *args):
        subprocess.run(["openssl", *args], check=True, capture_output=True)

    def key(self, name):
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", self[name + ".key"]]

    def authority(self, name):
        self.openssl("req", "-x509", *self.key(name), "-out", self[name + ".pem"], "-days", "2",
                     "-subj", f"/CN=wsspec test {name}")

    def signed(self, name, authority, names, days=2):
        self.openssl("req", "-new", *self.key(name), "-out", self[name + ".csr"],
                     "-subj", f"/CN={name}", "-addext", f"subjectAltName={names}")
        self.openssl("x509", "-req", "-in", self[name + ".csr"], "-CA", self[authority + ".pem"],
                     "-CAkey", self[authority + ".key"], "-days", str(days), "-out",
                     self[name + ".pem"], "-copy_extensions", "copy")

    def server(self, name):
        return ["--cert", self[name + ".pem"], "--key", self[name + ".key"]]


CERTIFICATES = None


def setUpModule():
    global CERTIFICATES
    CERTIFICATES = Certificates()


def tearDownModule():
    shutil.rmtree(CERTIFICATES.folder)


def write(name, document):
    with open(CERTIFICATES[name], "w") as file:
        json.dump(document, file)


def wss(server, path="/", host="127.0.0.1"):
    return f"wss://{host}:{server.port}{path}"


def secure(server, *args, **more):
    """One scenario over wss, with the test CA trusted."""
    return run_json(wss(server), *(args or [ONE]), "--cacert", CERTIFICATES["ca.pem"], **more)


class Trust(Case):
    def assertUntrusted(self, certificate, *words, url=wss, options=(), hint="--cacert"):
        with Server("websockets_echo.py", *CERTIFICATES.server(certificate)) as server:
            run = wsspec("run", url(server), ONE, *options)
        self.assertCode(run, 3)
        for word in words:
            self.assertIn(word, run.stderr, f"\n{run}")
        self.assertIn(f"  hint: {hint}", run.stderr, f"\n{run}")
        self.assertLess(run.seconds, 3, f"\n{run}")
        return run

    def trusting(self):
        return ["--cacert", CERTIFICATES["ca.pem"]]

    def test_a_certificate_of_a_ca_that_is_named(self):
        for host in ("127.0.0.1", "localhost"):
            with Server("websockets_echo.py", *CERTIFICATES.server("good")) as server:
                run = wsspec("run", wss(server, host=host), ONE, *self.trusting())
            self.assertCode(run, 0)

    def test_a_ca_that_the_system_does_not_know(self):
        run = self.assertUntrusted("good", "comes from an untrusted CA ('wsspec test ca')")
        self.assertRegex(run.words, r"Name the authority with --cacert")

    def test_another_ca_than_the_named_one(self):
        self.assertUntrusted("stranger", "untrusted CA ('wsspec test other-ca')", options=self.trusting())

    def test_expired(self):
        self.assertUntrusted("expired", "the server's certificate expired on 20", options=self.trusting())

    def test_for_another_host(self):
        self.assertUntrusted("elsewhere", "is for 'a.example' and '*.b.example', not for 'localhost'",
                     options=self.trusting(), url=lambda s: wss(s, host="localhost"))
        self.assertUntrusted("elsewhere", "not for '127.0.0.1'", options=self.trusting())

    def test_self_signed(self):
        self.assertUntrusted("self", "is self-signed (by '127.0.0.1')")

    def test_a_self_signed_certificate_may_be_its_own_ca(self):
        with Server("websockets_echo.py", *CERTIFICATES.server("self")) as server:
            self.assertCode(wsspec("run", wss(server), ONE, "--cacert", CERTIFICATES["self.pem"]),
                            0)

    def test_k_takes_them_all(self):
        for certificate in ("expired", "elsewhere", "self", "stranger"):
            with Server("websockets_echo.py", *CERTIFICATES.server(certificate)) as server:
                self.assertCode(wsspec("run", wss(server), ONE, "-k"), 0)

    def test_wait_for_does_not_wait_for_another_certificate(self):
        self.assertUntrusted("self", "self-signed", options=["--wait-for", 10000])

    def test_wait_for_waits_for_a_server_that_is_not_there_yet(self):
        port = harness.unused_port()
        later = Server("websockets_echo.py", "--port", port, *CERTIFICATES.server("good"))
        timer = threading.Timer(0.7, later.start)
        timer.start()
        run = wsspec("run", f"wss://127.0.0.1:{port}/", ONE, "--wait-for", 10000, *self.trusting())
        timer.join()
        later.stop()
        self.assertCode(run, 0)

    def test_the_system_store_is_used_without_cacert(self):
        with Server("websockets_echo.py", *CERTIFICATES.server("good")) as server:
            run = wsspec("run", wss(server), ONE, env={"SSL_CERT_FILE": CERTIFICATES["ca.pem"]})
        self.assertCode(run, 0)

    def test_names_of_a_certificate_never_reach_the_terminal_raw(self):
        CERTIFICATES.openssl("req", "-x509", *CERTIFICATES.key("bad"), "-out",
                             CERTIFICATES["bad.pem"], "-days", "2", "-utf8", "-subj",
                             "/CN=\x1b[31mred\u202e")
        run = self.assertUntrusted("bad", "self-signed (by '\\x1B[31mred\\u{202E}')")
        self.assertNotIn("\x1b", run.stdout + run.stderr)


class ClientCertificates(Case):
    def server(self):
        return Server("websockets_echo.py", *CERTIFICATES.server("good"), "--client-ca",
                      CERTIFICATES["ca.pem"])

    def run_with(self, server, *options):
        return wsspec("run", wss(server), ONE, "--cacert", CERTIFICATES["ca.pem"], *options)

    def test_a_server_that_demands_one(self):
        c = CERTIFICATES
        with open(c["both.pem"], "w") as both:
            for name in ("client.pem", "client.key"):
                with open(c[name]) as part:
                    both.write(part.read())
        with self.server() as server:
            self.assertCode(self.run_with(server, "--cert", c["client.pem"], "--key",
                                          c["client.key"]), 0)
            self.assertCode(self.run_with(server, "--cert", c["both.pem"]), 0)
            for options in ([], ["--cert", c["stranger.pem"], "--key", c["stranger.key"]]):
                run = self.run_with(server, *options)
                self.assertCode(run, 3)
                self.assertRegex(run.stderr, r"client certificate", f"\n{run}")
                self.assertIn("hint: --cert", run.stderr)

    def test_files_that_are_none(self):
        c = CERTIFICATES
        with self.server() as server:
            for options, why in ((["--cacert", "/no/such.pem"], "No such file"),
                                 (["--cacert", c["ca.key"]], c["ca.key"]),
                                 (["--cert", "/no/such.pem"], "No such file"),
                                 (["--cert", c["client.pem"]], "no client key"),
                                 (["--cert", c["client.pem"], "--key", c["good.key"]],
                                  "key values mismatch"),
                                 (["--key", c["client.key"]], "needs its certificate")):
                run = wsspec("run", wss(server), ONE, *options)
                self.assertCode(run, 2)
                self.assertIn(why, run.stderr, f"\n{run}")
                self.assertEqual(run.stdout, "")

    def test_a_key_with_a_passphrase_is_refused_without_a_prompt(self):
        c = CERTIFICATES
        c.openssl("ec", "-in", c["client.key"], "-aes128", "-passout", "pass:x", "-out",
                  c["locked.key"])
        with self.server() as server:
            run = self.run_with(server, "--cert", c["client.pem"], "--key", c["locked.key"])
        self.assertCode(run, 2)
        self.assertIn("locked.key", run.stderr)


class Profile(Case):
    def run_profile(self, tls, *options):
        with Server("websockets_echo.py", *CERTIFICATES.server("good"), "--client-ca",
                    CERTIFICATES["ca.pem"]) as server:
            write("profile.json", {"url": wss(server), "tls": tls})
            return wsspec("run", "--target", CERTIFICATES["profile.json"], ONE, *options, cwd="/")

    FILES = {"cacert": "ca.pem", "cert": "client.pem", "key": "client.key"}

    def test_files_stand_beside_the_profile(self):
        self.assertCode(self.run_profile(self.FILES), 0)
        self.assertCode(self.run_profile({**self.FILES, "cacert": CERTIFICATES["ca.pem"]}), 0)

    def test_insecure_and_its_setting(self):
        tls = {"insecure": True, "cert": "client.pem", "key": "client.key"}
        self.assertCode(self.run_profile(tls), 0)
        self.assertCode(self.run_profile(tls, "--set", "tls.insecure=false"), 3)

    def test_the_command_line_wins(self):
        run = self.run_profile(self.FILES, "--cacert", CERTIFICATES["other-ca.pem"])
        self.assertCode(run, 3)
        run = self.run_profile({**self.FILES, "cert": "stranger.pem", "key": "stranger.key"},
                               "--cert", CERTIFICATES["client.pem"], "--key",
                               CERTIFICATES["client.key"])
        self.assertCode(run, 0)

    def test_a_setting_names_a_file_where_the_user_is(self):
        files = {**self.FILES, "cacert": "other-ca.pem"}
        setting = f"tls.cacert={os.path.relpath(CERTIFICATES['ca.pem'], '/')}"
        self.assertCode(self.run_profile(files, "--set", setting), 0)


class WrongPort(Case):
    def test_a_plain_port_asked_for_tls(self):
        with Server("ws_echo.mjs") as server:
            run = wsspec("run", wss(server), ONE)
        self.assertCode(run, 3)
        self.assertIn("the server does not speak TLS: it answered with plain text 'HTTP/1.1 400",
                      run.stderr, f"\n{run}")
        self.assertIn("hint: use ws://", run.stderr)

    def test_a_tls_port_asked_in_plain(self):
        for name in ("ws_echo.mjs", "websockets_echo.py"):
            with self.subTest(name), Server(name, *CERTIFICATES.server("good")) as server:
                run = wsspec("run", server.url(), ONE)
                self.assertCode(run, 3)
                self.assertRegex(run.stdout + run.stderr, r"wss://", f"\n{run}")
        with Server("hostile.py") as server:
            run = wsspec("run", server.url("/tls-alert"), ONE)
        self.assertCode(run, 3)
        self.assertIn("looks like TLS (an alert record)", run.stderr, f"\n{run}")
        self.assertIn("use wss:// instead of ws://", run.words, f"\n{run}")


class BrokenHandshakes(Case):
    def assertHandshakeFails(self, mode, word, *options):
        with Server("tls_ends.py", "--mode", mode, *CERTIFICATES.server("good")) as server:
            run = wsspec("run", wss(server), ONE, "-k", *options)
        self.assertCode(run, 3)
        self.assertIn(word, run.stderr, f"\n{run}")
        return run

    def test_dropped(self):
        run = self.assertHandshakeFails("drop-handshake", "the server ended the connection in the TLS handshake")
        self.assertLess(run.seconds, 3)

    def test_reset(self):
        self.assertHandshakeFails("reset-handshake", "the connection was reset in the TLS handshake")

    def test_stalled(self):
        run = self.assertHandshakeFails("stall-handshake", "no end of the TLS handshake within 300 ms",
                         "--connect-timeout", 300)
        self.assertLess(run.seconds, 3)

    def test_endless_frames_do_not_fill_the_memory(self):
        with Server("tls_ends.py", "--mode", "flood", *CERTIFICATES.server("good")) as server:
            run = wsspec("run", wss(server), "utf8/valid*", "-k", "--timeout", 200, timeout=120)
        self.assertIn(run.code, (1, 3), f"\n{run}")
        self.assertLess(run.peak_rss, harness.memory_limit(200), f"\n{run}")

    def test_an_old_version(self):
        self.assertHandshakeFails("old", "TLS 1.2")


class Ends(Case):
    def assertOneReported(self, mode, steps, *options):
        """The server closes whatever comes first, so it is tested as if by a policy: those
        scenarios need no echo of valid text."""
        write("mine.json", {"suite": "mine", "scenarios": [
            {"id": "one", "requires": ["policy.text_only"], "steps": steps}]})
        write("ends.json", {"capabilities": {"echo": True}, "policy": {"text_only": True}})
        with Server("tls_ends.py", "--mode", mode, *CERTIFICATES.server("good")) as server:
            run, report = run_json(wss(server), CERTIFICATES["mine.json"], "--target",
                                   CERTIFICATES["ends.json"], "-k", *options)
        self.assertIsNotNone(report, f"\n{run}")
        return run, report["scenarios"][0]

    CLOSE = [{"send": {"text": "x"}}, {"expect": {"close": 1007}}]
    DROP = [{"send": {"text": "x"}}, {"expect": {"drop": True}}]

    def test_close_notify_is_told_from_truncation(self):
        for mode, end in (("close-notify", "close_notify"), ("truncate", "truncated")):
            run, row = self.assertOneReported(mode, self.CLOSE, "-vv")
            self.assertEqual((row["verdict"], row["observed"]["code"]), ("pass", 1007), f"\n{run}")
            self.assertEqual(row["observed"]["end"], "eof", f"\n{run}")
            self.assertEqual(row["observed"]["tls"], {"version": "TLSv1.3", "end": end},
                             f"\n{run}")
            self.assertIn({"close_notify": "ended by close_notify", "truncated": "truncated:"}[end],
                          run.stdout, f"\n{run}")
            self.assertIn("TLSv1.3, TLS_", run.stdout)

    def test_a_drop_is_a_drop_with_and_without_close_notify(self):
        for mode, end in (("drop-notify", "close_notify"), ("drop-truncate", "truncated")):
            run, row = self.assertOneReported(mode, self.DROP)
            self.assertEqual((row["verdict"], row["class"]), ("pass", "drop"), f"\n{run}")
            self.assertEqual(row["observed"]["tls"]["end"], end)
            run, row = self.assertOneReported(mode, self.CLOSE)
            self.assertEqual((row["verdict"], row["class"]), ("fail", "drop"), f"\n{run}")

    def test_plain_connections_have_no_tls_member(self):
        with Server("websockets_echo.py") as server:
            _, report = run_json(server.url(), ONE)
        self.assertNotIn("tls", report["scenarios"][0]["observed"])

    def test_a_script_that_makes_its_own_handshake_has_tls_under_it(self):
        write("mine.json", {"suite": "mine", "scenarios": [
            {"id": "one", "connect": {"handshake": False},
             "steps": [{"send": {"handshake": {"raw": "BREW / HTTP/1.1\r\n\r\n"}}},
                       {"expect": {"http": 400}}]}]})
        with Server("ws_echo.mjs", *CERTIFICATES.server("good")) as server:
            run, report = secure(server, CERTIFICATES["mine.json"])
        self.assertCode(run, 0)
        self.assertEqual(report["scenarios"][0]["observed"]["http_status"], 400)


class TheSame(Case):
    """Each scenario has the same verdict over ws:// and over wss://."""

    def assertReportedByName(self, name, *args, url, options):
        with Server(name, *args) as server:
            run, report = run_json(url(server), *options, timeout=240)
        self.assertIsNotNone(report, f"\n{run}")
        return run, {s["name"]: s for s in report["scenarios"]}

    def assertSameVerdicts(self, name, server_options, selection, least):
        options = [*selection, "--cacert", CERTIFICATES["ca.pem"]]
        _, plain = self.assertReportedByName(name, *server_options, url=lambda s: s.url(), options=options)
        run, tls = self.assertReportedByName(name, *server_options, *CERTIFICATES.server("good"), url=wss,
                                 options=options)
        self.assertEqual({k: (v["verdict"], v["class"]) for k, v in plain.items()},
                         {k: (v["verdict"], v["class"]) for k, v in tls.items()}, f"\n{run}")
        judged = [s for s in tls.values() if s["verdict"] in ("pass", "tolerated", "fail")]
        self.assertGreaterEqual(len(judged), least, f"\n{run}")
        for row in judged:
            self.assertEqual(row["observed"]["tls"]["version"], "TLSv1.3", row["name"])
        return judged

    SUITES = ["utf8", "binary-as-text", "close-reason"]

    def test_npm_ws(self):
        judged = self.assertSameVerdicts("ws_echo.mjs", ["--no-fragment-limit"], self.SUITES, 300)
        self.assertEqual([s["name"] for s in judged if s["verdict"] == "fail"], [])

    def test_python_websockets(self):
        self.assertSameVerdicts("websockets_echo.py", [], self.SUITES, 300)

    def test_policies_on_npm_ws(self):
        self.assertSameVerdicts("ws_policy.mjs",
                     ["--limit", 20, "--window-ms", 1000, "--forbidden", "badword"],
                     ["policy", "--target", os.path.join(PROFILES, "ws-policy.json")], 14)


class Command(Case):
    def test_the_line_to_reproduce_keeps_the_options(self):
        with Server("ws_echo.mjs", "--skip-utf8-validation",
                    *CERTIFICATES.server("good")) as server:
            run = wsspec("run", wss(server), "utf8/ill-formed-u-ov-02", "-k", "--cacert",
                         CERTIFICATES["ca.pem"], "--cert", CERTIFICATES["client.pem"], "--key",
                         CERTIFICATES["client.key"])
        self.assertCode(run, 1)
        line = re.search(r"reproduce +(.*)", run.stdout).group(1)
        self.assertRegex(line, r" -k --cacert \S+/ca\.pem --cert \S+ --key \S+client\.key ")

    def test_a_unix_socket(self):
        with Server("websockets_echo.py", *CERTIFICATES.server("good")) as server:
            path = CERTIFICATES["socket"]
            with Relay(path, server.port):
                run = wsspec("run", "wss://localhost/", ONE, "--unix-socket", path, "--cacert",
                             CERTIFICATES["ca.pem"])
        self.assertCode(run, 0)

    def test_a_unix_socket_stands_in_the_line_to_reproduce(self):
        with Server("ws_echo.mjs", "--skip-utf8-validation",
                    *CERTIFICATES.server("good")) as server:
            path = CERTIFICATES["other-socket"]
            with Relay(path, server.port):
                run = wsspec("run", "wss://localhost/", "utf8/ill-formed-u-ov-02", "-k",
                             "--unix-socket", path)
        self.assertCode(run, 1)
        self.assertRegex(run.stdout, r"reproduce .* --unix-socket \S+ -k utf8/ill-formed-u-ov-02\n")

    def test_ws_takes_no_notice_of_what_the_files_hold(self):
        with Server("websockets_echo.py") as server:
            self.assertCode(wsspec("run", server.url(), ONE, "--cacert", __file__), 0)
            self.assertCode(wsspec("run", server.url(), ONE, "--cacert", "/no/such.pem"), 2)


class Relay:
    """Copies octets between a listening socket and a port of 127.0.0.1."""

    def __init__(self, path, port):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(64)
        self.port = port
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            copy_both(near, socket.create_connection(("127.0.0.1", self.port)))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


def copy_both(near, far):
    def copy(source, sink):
        try:
            while octets := source.recv(65536):
                sink.sendall(octets)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def both():
        with near, far:
            back = threading.Thread(target=copy, args=(far, near), daemon=True)
            back.start()
            copy(near, far)
            back.join()
    threading.Thread(target=both, daemon=True).start()


if __name__ == "__main__":
    unittest.main()
