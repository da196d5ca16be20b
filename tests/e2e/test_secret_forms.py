"""Every place where a user gives a secret, and every form in which a server may send it back: none of
it is in any output. The server of this test knows what it will be given, and reflects each value in
each form: in messages, in Close reasons, in its Server header, in a refusal."""

import base64
import collections
import itertools
import json
import os
import re
import socket
import string
import sys
import tempfile
import threading
import unittest
import random
import urllib.parse

from harness import Case, SERVERS, Server, wsspec
from outputs import SGR, run_and_check
from serving import Serve

sys.path.insert(0, str(SERVERS))
import common  # noqa: E402
from hostile_wire import BINARY, CLOSE, TEXT, Peer  # noqa: E402

PLACES = ("user", "password", "query", "query-of-any-name", "query-without-name", "url-in-query",
          "path-parameter", "path-token", "header-x-session-id", "header-x-key",
          "header-ocp-apim-subscription-key", "header-x-functions-key", "header-authorization",
          "header-referer", "cookie", "cookie-of-any-name", "header-file", "subprotocol-bearer",
          "subprotocol-token", "profile-header", "profile-header-env", "token-valid", "token-expired",
          "token-wrong", "prologue-field", "prologue-text", "prologue-hex", "captured", "carrier",
          "set-parameter", "scenario-header", "scenario-path", "scenario-env", "start-assignment",
          "start-option", "start-option-equals")
STARTED = ("start-assignment", "start-option", "start-option-equals")
GIVEN = [place for place in PLACES if place not in STARTED]
NEVER_SENT = {"token-expired", "token-wrong"}  # by the scenarios of this test


def canary(place):
    words = random.Random(place)
    value = "".join(words.choice(string.ascii_letters + string.digits) for _ in range(17))
    return "Zq8" + value if not place.startswith(("header", "prologue")) else "Zq/" + value


CANARIES = {place: canary(place) for place in PLACES}


def hexed(between, before=""):
    return lambda value: between.join(f"{before}{octet:02x}" for octet in value.encode())


def base64_of(value):
    return base64.b64encode(value.encode()).decode()


FORMS = {
    "plain": lambda value: value,
    "upper-case": str.upper,
    "lower-case": str.lower,
    "percent": lambda value: "".join(f"%{octet:02X}" for octet in value.encode()),
    "base64": base64_of,
    "base64-twice": lambda value: base64_of(base64_of(value)),
    "base64-for-urls": lambda value: base64.urlsafe_b64encode(b"x" + value.encode()).decode(),
    "hex": hexed(""),
    "hex-colons": hexed(":"),
    "hex-commas": hexed(","),
    "hex-0x": hexed(",", "0x"),
    "dashes": "-".join,
    "without-its-ends": lambda value: value[1:-1],
}


def traces(place, form):
    """What is left of a value in this form, as text and as a dump of its octets. The first octets
    that no neighbour shares are enough, and of one that needs no decoding any eight."""
    octets = FORMS[form](CANARIES[place]).encode()[4:40]
    left = {octets.decode().lower(), octets.hex(" "), octets.hex()}
    if form in ("plain", "upper-case", "lower-case"):
        text = octets.decode().lower()
        left |= {text[at:at + 8] for at in range(len(text) - 7)}
    return left


class Reflecting:
    """A server of this process. Connection n reflects the value and form that are n-th."""

    def __init__(self):
        self.socket = common.listener(0)
        self.port = self.socket.getsockname()[1]
        self.pairs = itertools.cycle(itertools.product(GIVEN, FORMS))
        self.reflected = collections.Counter()
        self.seen = set()
        self.lock = threading.Lock()
        self.refuses = False
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def note(self, octets):
        text = octets.decode(errors="replace")
        found = base64.b64decode(re.findall(rb"(?i)Basic ([^\r\n]*)", octets)[0]).decode() \
            if b"Basic " in octets else ""
        for place, value in CANARIES.items():
            if value in text or value in found or value in urllib.parse.unquote(
                    urllib.parse.unquote(text)):
                self.seen.add(place)

    def serve(self, connection):
        with connection:
            try:
                peer = Peer.read(connection, 1 << 20)
                if peer is None:
                    return
                self.note(peer.head)
                self.refuse(peer) if self.refuses else self.talk(peer)
            except OSError:
                pass

    def refuse(self, peer):
        everything = " ".join(FORMS[form](CANARIES[place]) for place in GIVEN for form in FORMS)
        peer.refuse(b"403 " + everything.encode()[:24000], everything.encode(),
                    b"Server: " + everything.encode()[:24000])

    def talk(self, peer):
        # What a step will capture is not known yet.
        words = " ".join(reform(CANARIES[place]) for place in GIVEN if place != "captured"
                         for reform in FORMS.values())
        peer.send(peer.switching(b"Server: " + words.encode()))
        for opcode, payload in peer.messages():
            self.note(payload)
            if opcode == CLOSE:
                peer.send(common.frame(CLOSE, payload))
                return peer.linger()
            if opcode not in (TEXT, BINARY):
                continue
            if payload == b"hello":
                token = {"token": CANARIES["captured"], "type": "welcome"}
                peer.send(common.frame(TEXT, json.dumps(token).encode()))
                self.seen.add("captured")
                continue
            if b"scenario" not in payload:
                continue
            with self.lock:
                place, form = next(self.pairs)
            value = CANARIES[place]
            for reform in FORMS.values():
                peer.send(common.frame(BINARY, reform(value).encode()))
            # One octet a frame, too.
            for octet in value.encode()[:24]:
                peer.send(common.frame(BINARY, bytes([octet])))
            peer.send(common.close_frame(1008, b"you sent " + FORMS[form](value).encode()[:100]))
            self.reflected[place, form] += 1
            return peer.linger()

    def stop(self):
        self.socket.close()


class SecretForms(Case):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.server = Reflecting()
        cls.addClassCleanup(cls.server.stop)
        c = CANARIES
        cls.headers = cls.write("headers", f"X-Unsuspicious: {c['header-file']}\n")
        cls.profile = cls.write("target.json", json.dumps({
            "headers": [["X-Other", c["profile-header"]], ["X-Env", "${env.CNRY_PROFILE}"]],
            "capabilities": {"echo": True, "binary": True, "ping": True, "deflate": False,
                             "subprotocol": False},
            "prologue": [
                {"send": {"text": json.dumps({"type": "login", "pw": c["prologue-field"]})}},
                {"send": {"text": f"login joe {c['prologue-text']}"}},
                {"send": {"binary": {"hex": c["prologue-hex"].encode().hex(" ")}}},
                {"send": {"text": "hello"}},
                {"expect": {"message": {"json": {"/type": "welcome"}},
                            "capture": {"session": "/token"}}}],
            "carrier": {"prefix": "{\"type\":\"say\",\"apps\":\"" + c["carrier"] + "\",\"text\":\"",
                        "suffix": "\"}", "escape": "json"},
            "policy": {"token": {"send": {"header": "X-Token", "value": "T ${token}"},
                                 "valid": c["token-valid"], "expired": c["token-expired"],
                                 "wrong": [c["token-wrong"]]}}}))
        count = len(GIVEN) * len(FORMS)
        connect = {"headers": [["X-Mine", c["scenario-header"]]]}
        cls.scenarios = cls.write("own.json", json.dumps({
            "suite": "own", "params": {"greeting": "none"}, "scenarios": [
                {"id": "n-${n}", "title": "Message ${n} is echoed", "control": False,
                 "tags": ["autobahn:${n}"], "requires": ["echo"], "connect": connect,
                 "for_each": {"n": {"range": [1, count]}},
                 "steps": [{"send": {"text": "scenario ${greeting} ${env.CNRY_STEP} "
                                             "${capture.session}"}},
                           {"expect": {"echo": 1, "within_ms": 3000}}]},
                {"id": "elsewhere", "title": "Another path", "control": False,
                 "connect": {"path": f"/x?any={c['scenario-path']}"},
                 "steps": [{"send": {"text": "scenario"}},
                           {"expect": {"echo": 1, "within_ms": 3000}}]}]}))
        next_url = urllib.parse.quote(f"https://a.example/?token={c['url-in-query']}", safe="")
        cls.url = (f"ws://{c['user']}:{c['password']}@127.0.0.1:{cls.server.port}"
                   f"/app/{c['path-token']}/chat;token={c['path-parameter']}"
                   f"?sid={c['query']}&v=2&passphrase-or-so={c['query-of-any-name']}"
                   f"&next={next_url}&{c['query-without-name']}")

    @classmethod
    def write(cls, name, text):
        path = os.path.join(cls.folder.name, name)
        with open(path, "w") as file:
            file.write(text)
        return path

    def given(self):
        c = CANARIES
        return [self.scenarios, "--target", self.profile,
                "-H", f"X-Session-Id: {c['header-x-session-id']}", "-H", f"X-Key: {c['header-x-key']}",
                "-H", f"Ocp-Apim-Subscription-Key: {c['header-ocp-apim-subscription-key']}",
                "-H", f"X-Functions-Key: {c['header-x-functions-key']}",
                "-H", f"Authorization: Bearer {c['header-authorization']}",
                "-H", f"Referer: https://a.example/?x={c['header-referer']}",
                "-H", f"Cookie: sid={c['cookie']}; theme=dark; x={c['cookie-of-any-name']}",
                "-H", "@" + self.headers, "--subprotocol", "v1",
                "--subprotocol", f"bearer.{c['subprotocol-bearer']}",
                "--subprotocol", c["subprotocol-token"],
                "--set", f"own.greeting={c['set-parameter']}", "--timeout", "3000"]

    ENVIRONMENT = {"CNRY_PROFILE": CANARIES["profile-header-env"], "CNRY_STEP": CANARIES["scenario-env"]}

    def outputs(self, *more):
        """One run; its outputs by name."""
        autobahn = os.path.join(self.folder.name, "index.json")
        got = run_and_check(self.url, *self.given(), *more, "--report-autobahn", autobahn,
                            env=self.ENVIRONMENT, timeout=120)
        with open(autobahn, "rb") as file:
            got.texts["autobahn"] = file.read()
        return got

    def reproduce_lines(self, got):
        text = SGR.sub(b"", got.texts["console"]).decode()
        lines = [line for line in text.splitlines() if line.strip().startswith("reproduce ")]
        self.assertNotEqual(lines, [])
        return lines

    def found(self, texts):
        """(output, place, form) of each that is there, also in the pieces of a wrapped line."""
        out = []
        for name, octets in texts.items():
            text = octets.decode(errors="replace").lower()
            shown = text + "\n" + re.sub(r"\s+", "", text)
            out += [(name, place, form) for place in PLACES for form in FORMS
                    if any(trace in shown for trace in traces(place, form))]
        return out

    def test_none_is_shown(self):
        got = self.outputs()
        self.assertCode(got.run, 1)
        self.assertEqual(self.found(got.texts), [])
        # All of it was sent, and came back in each form.
        self.assertEqual(set(GIVEN) - self.server.seen, NEVER_SENT)
        self.assertEqual(set(itertools.product(GIVEN, FORMS)) - set(self.server.reflected), set())
        self.assertGreaterEqual(got.report["summary"]["fail"], len(GIVEN) * len(FORMS))
        reasons = [row["observed"]["reason"] for row in got.report["scenarios"]]
        # "T " stands before the token, so that the end of "sent " may go with it.
        self.assertEqual([reason for reason in reasons if not reason.startswith("you sen")], [])
        self.assertTrue(all("***" in reason for reason in reasons))
        self.assertNotEqual(got.report["target"]["server"], "")

    def test_none_is_shown_of_a_refusal(self):
        self.server.refuses = True
        try:
            got = self.outputs()
        finally:
            self.server.refuses = False
        self.assertCode(got.run, 3)
        self.assertEqual(self.found(got.texts), [])
        self.assertIn("HTTP 403", got.run.stdout)

    def test_all_is_shown_where_that_is_wanted(self):
        got = self.outputs("--show-secrets", "-j", "1")
        self.assertCode(got.run, 1)
        found = set(self.found(got.texts))
        shown = {(place, form) for _, place, form in found}
        self.assertEqual(set(itertools.product(GIVEN, FORMS)) - shown, set())
        self.assertIn(self.url.encode(), got.texts["json"])
        for line in self.reproduce_lines(got):
            self.assertIn("--show-secrets", line)
            self.assertNotIn("***", line)

    def test_a_server_that_prints_them_and_dies(self):
        """The values of --start, in the last lines of its output. --start-log is the server's own
        file and keeps them."""
        script = self.write("server.py", (
            "import os, sys\nsys.path.insert(0, %r)\nfrom test_secret_forms import FORMS\n"
            "assert sys.argv[2] and sys.argv[3]\n"
            "for value in (os.environ['TOKEN'], sys.argv[2], sys.argv[3].partition('=')[2]):\n"
            "    print(*(reform(value) for reform in list(FORMS.values())[:7]))\n"
            "    print(*(reform(value) for reform in list(FORMS.values())[7:]))\nsys.exit(7)\n")
            % os.path.dirname(os.path.abspath(__file__)))
        log = os.path.join(self.folder.name, "log")
        c = CANARIES
        got = run_and_check("ws://127.0.0.1:1/", "utf8/valid-u-ok-01", "--start",
                            f"TOKEN={c['start-assignment']} /usr/bin/python3 {script} --pin "
                            f"{c['start-option']} --user={c['start-option-equals']}",
                            "--start-log", log)
        self.assertCode(got.run, 3)
        self.assertEqual(self.found(got.texts), [])
        self.assertIn(b"***", got.texts["json"])
        with open(log) as file:
            log = file.read()
        for place in STARTED:
            self.assertIn(c[place], log)

    def test_the_line_to_reproduce(self):
        got = self.outputs("own/n-1")
        lines = self.reproduce_lines(got)
        for shown in (f"ws://127.0.0.1:{self.server.port}/app/***/chat;token=***"
                      "?sid=***&v=2&passphrase-or-so=***&next=***&***", "'X-Key: ***'",
                      "'Referer: https://a.example/?x=***'", "'Cookie: ***'", "--subprotocol v1",
                      "'own.greeting=***'"):
            self.assertIn(shown, lines[0])


class Ordinary(Case):
    """Values that are no secrets do not blank a report, whatever the names they come under."""

    def test_short_values_and_common_words(self):
        server = Server("accept_all.mjs").start()
        self.addCleanup(server.stop)
        words = ["1", "en", "chat", "json", "true", "null", "12345", "1000", "1007", "websocket",
                 "localhost", "127.0.0.1", f"127.0.0.1:{server.port}", "keep-alive", "wsspec", "server",
                 "message", "the connection", "application/json", "text/plain; charset=utf-8", "echo",
                 "Close", "close the connection", "0000000000", "http://localhost/"]
        headers = [part for n, word in enumerate(words) for part in ("-H", f"X-{n}: {word}")]
        query = "&".join(f"q{n}={urllib.parse.quote(word, safe='')}" for n, word in enumerate(words))
        url = f"ws://127.0.0.1:{server.port}/"
        plain = wsspec("run", url, "utf8", "-vv", "--timeout", "200", "--color", "never", timeout=120)
        given = wsspec("run", f"{url}?{query}", "utf8", "-vv", "--timeout", "200", *headers, "--color",
                       "never", timeout=120)
        self.assertCode(given, plain.code)
        self.assertIn("127.0.0.1", plain.stdout)
        for line in given.stdout.splitlines():
            if "reproduce" not in line and "?q0=***" not in line:
                self.assertNotIn("***", line)


class Errors(Case):
    """What a mistake quotes of a value of the environment."""

    def test_values_of_the_environment(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        value = CANARIES["scenario-env"]
        for n, (name, text) in enumerate({
                "target": {"capabilities": {"echo": "${env.CNRY}"}},
                "target ": {"policy": {"message_rate": {"limit": "${env.CNRY}"}}},
                "own": {"suite": "own", "scenarios": [
                    {"id": "a", "level": "${env.CNRY}", "steps": [{"wait_ms": 1}]}]},
                "own ": {"suite": "own", "scenarios": [
                    {"id": "a", "steps": [{"send": {"${env.CNRY}": 1}}, {"wait_ms": "${env.CNRY}"}]}]},
        }.items()):
            path = os.path.join(folder.name, f"{name.strip()}{n}.json")
            with open(path, "w") as file:
                json.dump(text, file)
            args = ["--target", path] if name.startswith("target") else [path]
            for command in (["check", path], ["run", "ws://127.0.0.1:1/", *args]):
                run = wsspec(*command, env={"CNRY": value})
                self.assertNotIn(value.lower(), (run.stdout + run.stderr).lower())
                self.assertCode(run, 2)

    def test_a_header_that_is_written_as_a_member(self):
        value = CANARIES["scenario-env"]
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "target.json")
            with open(path, "w") as file:
                json.dump({"headers": {"X-Key": value}}, file)
            run = wsspec("run", "ws://127.0.0.1:1/", "--target", path)
        self.assertCode(run, 2)
        self.assertIn("must be a list of [name, value] pairs", run.stderr)
        self.assertNotIn(value.lower(), (run.stdout + run.stderr).lower())


class Parameters(Case):
    def test_a_suite_called_as_the_end_of_a_built_in_one_has_secrets(self):
        value = CANARIES["scenario-env"]
        with tempfile.TemporaryDirectory() as folder, Serve() as server:
            path = os.path.join(folder, "own.json")
            with open(path, "w") as file:
                json.dump({"suite": "data", "params": {"thing": "x"}, "scenarios": [
                    {"id": "a", "title": "Of this test", "steps": [
                        {"send": {"text": "${thing}"}},
                        {"expect": {"close": 1008, "within_ms": 100}}]}]}, file)
            run = wsspec("run", server.url(), path, "--set", f"data.thing={value}")
        self.assertCode(run, 1)
        self.assertIn("--set 'data.thing=***'", run.words)
        self.assertIn("what is hidden in that line has to be put back first", run.words)
        self.assertNotIn(value.lower(), (run.stdout + run.stderr).lower())


if __name__ == "__main__":
    unittest.main()
