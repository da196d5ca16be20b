"""No output holds a secret, though the server sends all of them back in every form it can think of:
in a refusal, in headers, in messages, in Close reasons, as they are, percent-encoded, in base64, in
hex. A canary is a value that is looked for in all that was printed and written."""

import base64
import itertools
import json
import os
import tempfile
import unittest
import urllib.parse

from harness import Case, Server, wsspec
from outputs import run_and_check

GOOD, BAD = "utf8/valid-u-ok-*", "utf8/ill-formed-u-*"

CANARY = {name: f"cnry-{name}-{salt}" for name, salt in (
    ("bearer", "Zq8"), ("cookie", "Yp7+/"), ("file", "Xo6"), ("password", "Wn5~!"), ("query", "Vm4"),
    ("access", "Ul3"), ("apikey", "Tk2"), ("passwd", "Sj1"), ("valid", "Ri0"), ("expired", "Qh9"),
    ("environment", "Pg8"), ("subprotocol", "Of7"), ("key", "Ne6"), ("captured", ""))}
CANARY["captured"] = "cnry-captured-"


def forms(value):
    """Lower case: hex and percent-encoding may be either."""
    octets = value.encode()
    found = {value, urllib.parse.quote(value, safe=""), octets.hex(), octets.hex(" ")}
    for before in range(3):
        whole = base64.b64encode(bytes(before) + octets).decode()
        core = whole[(before * 8 + 5) // 6:(before + len(octets)) * 8 // 6]
        found |= {core, core.replace("+", "-").replace("/", "_")}
    return {form.lower() for form in found}


class Secrets(Case):
    def assertNoCanary(self, texts):
        for name, octets in texts.items():
            text = octets.decode(errors="replace").lower()
            # In the pieces of a wrapped line, too.
            for shown in (text, text.replace("\n", "").replace(" ", "")):
                for canary, value in CANARY.items():
                    for form in forms(value):
                        if form in shown:
                            at = shown.index(form)
                            self.fail(f"{name} holds the canary '{canary}' as {form}:\n"
                                      f"...{shown[max(0, at - 300):at + 100]}...")


class Reflected(Secrets):
    runs = itertools.count()

    @classmethod
    def setUpClass(cls):
        cls.server = Server("hostile.py").start()
        cls.addClassCleanup(cls.server.stop)
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.headers = os.path.join(folder.name, "headers")
        with open(cls.headers, "w") as file:
            file.write(f"X-Unsuspicious: {CANARY['file']}\n")
        cls.profile = os.path.join(folder.name, "target.json")
        with open(cls.profile, "w") as file:
            json.dump({
                "headers": [["X-Api-Key", CANARY["key"]], ["X-Other", "${env.CNRY}"]],
                "capabilities": {"echo": True, "binary": True, "ping": True},
                "policy": {"token": {"send": {"header": "X-Token", "value": "T ${token}"},
                                     "valid": CANARY["valid"], "expired": CANARY["expired"]}},
            }, file)
        cls.login = os.path.join(folder.name, "login.json")
        with open(cls.login, "w") as file:
            json.dump({
                "capabilities": {"echo": True},
                "prologue": [
                    {"send": {"text": json.dumps({"login": "joe",
                                                  "password": CANARY["password"]})}},
                    {"expect": {"message": {"json": {}}, "capture": {"t": "/token"}}}],
            }, file)

    def url(self, behaviour, userinfo=""):
        secret = urllib.parse.urlencode({"token": CANARY["query"], "access_token": CANARY["access"],
                                         "api_key": CANARY["apikey"], "password": CANARY["passwd"]})
        mark = "&" if "?" in behaviour else "?"
        # good=1 counts the connections of a request target
        url = self.server.url(f"/{behaviour}{mark}run={next(self.runs)}&{secret}")
        return url.replace("://", f"://{userinfo}@") if userinfo else url

    def given(self):
        return ["-H", f"Cookie: sid={CANARY['cookie']}; theme=dark", "-H", "@" + self.headers,
                "--subprotocol", "v1", "--subprotocol", f"bearer.{CANARY['subprotocol']}",
                "--target", self.profile, "--timeout", "300", "--connect-timeout", "1000"]

    def assertNoCanaryInBoth(self, behaviour, *selectors):
        """Once with Authorization, once with credentials in the URL."""
        runs = []
        environment = {"CNRY": CANARY["environment"]}
        password = urllib.parse.quote(CANARY["password"], safe="")
        for url, more in ((self.url(behaviour), ["-H", f"Authorization: Bearer {CANARY['bearer']}"]),
                          (self.url(behaviour, f"joe:{password}"), [])):
            got = run_and_check(url, *selectors, *self.given(), *more, env=environment)
            self.assertNoCanary(got.texts)
            runs.append(got)
        return runs

    def test_in_a_refusal(self):
        for got in self.assertNoCanaryInBoth("reflect-refusal", "utf8/valid-u-ok-01"):
            self.assertCode(got.run, 3)
            self.assertIn("HTTP 403", got.run.stdout)

    def test_in_a_location(self):
        for got in self.assertNoCanaryInBoth("reflect-redirect", "utf8/valid-u-ok-01"):
            self.assertCode(got.run, 3)

    def test_in_the_server_header(self):
        for got in self.assertNoCanaryInBoth("reflect-101", "utf8/valid-u-ok-01"):
            self.assertCode(got.run, 0)
            self.assertIn("***", got.report["target"]["server"])

    def test_in_a_first_line_and_in_a_subprotocol(self):
        for behaviour in ("reflect-first-line", "reflect-bad-101"):
            for n in range(0, 90, 4):
                url = self.url(f"{behaviour}?n={n}")
                got = run_and_check(url, "utf8/valid-u-ok-01", *self.given(), "-H",
                              f"Authorization: Bearer {CANARY['bearer']}",
                              env={"CNRY": CANARY["environment"]})
                self.assertNoCanary(got.texts)
                self.assertCode(got.run, 3)

    def test_in_messages(self):
        for got in self.assertNoCanaryInBoth("reflect-echo?good=1", GOOD, BAD):
            self.assertCode(got.run, 1)
            self.assertGreater(got.report["summary"]["fail"], 60)
            self.assertIn(b"***", got.texts["console"])

    def test_in_close_reasons(self):
        for got in self.assertNoCanaryInBoth("reflect-close?good=1", GOOD, BAD):
            self.assertCode(got.run, 1)
            reasons = {row["observed"]["reason"] for row in got.report["scenarios"]}
            self.assertTrue(any("***" in reason for reason in reasons), reasons)

    def test_a_login_and_the_token_that_it_earned(self):
        got = run_and_check(self.server.url("/reflect-echo"), GOOD, BAD, "--target", self.login,
                      "--timeout", "300")
        self.assertNoCanary(got.texts)
        self.assertCode(got.run, 1)
        self.assertGreater(got.report["summary"]["fail"], 60)

    def test_a_login_that_fails(self):
        got = run_and_check(self.server.url("/honest"), GOOD, "--target", self.login, "--timeout", "300")
        self.assertNoCanary(got.texts)
        self.assertCode(got.run, 3)

    def test_settings(self):
        got = run_and_check(self.url("reflect-close?good=1"), GOOD, "--timeout", "300", "--set",
                      "policy.token=" + json.dumps({"send": {"query": "t"}, "valid": "x"}),
                      "--set", "policy.token.valid=" + CANARY["valid"],
                      "--set", f"headers=[[\"Authorization\", \"Bearer {CANARY['bearer']}\"]]",
                      "--set", f"url=ws://127.0.0.1/?token={CANARY['access']}",
                      "--set", f"subprotocols=[\"token.{CANARY['subprotocol']}\"]")
        self.assertNoCanary(got.texts)
        self.assertCode(got.run, 1)
        self.assertIn("--set 'policy.token.valid=***'", got.run.stdout)

    def test_a_value_that_is_no_secret_is_shown(self):
        """The proof that the server does send things back, and that they are shown."""
        got = run_and_check(self.server.url("/reflect-close?good=1"), GOOD, BAD, "-H",
                      "X-Plain: plainvalue", "--timeout", "300")
        self.assertIn(b"plainvalue", got.texts["console"])
        self.assertIn(b"plainvalue", got.texts["json"])
        self.assertIn(b"plainvalue", got.texts["junit"])


class Said(Secrets):
    """Commands that need no server, and errors."""

    def assertSaysNoCanary(self, *args, code=None, environment=None):
        run = wsspec(*args, env=environment)
        if code is not None:
            self.assertCode(run, code)
        self.assertNoCanary({"stdout": run.out, "stderr": run.err})
        return run

    def write(self, name, text):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, name)
        with open(path, "w") as file:
            file.write(text)
        return path

    def profile(self):
        return self.write("target.json", json.dumps({
            "url": f"ws://joe:{CANARY['password']}@127.0.0.1:1/?token={CANARY['query']}",
            "headers": [["Authorization", f"Bearer {CANARY['bearer']}"],
                        ["Cookie", f"sid={CANARY['cookie']}"]],
            "carrier": {"prefix": "{\"key\": \"${env.CNRY}\", \"data\": \"", "suffix": "\"}"},
            "subprotocols": ["v1", f"bearer.{CANARY['subprotocol']}"],
            "policy": {"token": {"send": {"message": {"text": "login ${token}"}},
                                 "valid": CANARY["valid"], "expired": CANARY["expired"]}}}))

    def test_show_and_list(self):
        scenarios = self.write("scenarios.json", json.dumps({"suite": "own", "scenarios": [{
            "id": "one", "title": "Says ${env.CNRY}",
            "connect": {"headers": [["X-Api-Key", CANARY["key"]]],
                        "path": f"/?api_key={CANARY['apikey']}",
                        "subprotocols": [f"token.{CANARY['subprotocol']}"]},
            "steps": [{"send": {"text": "${policy.token.valid} ${env.CNRY}"}},
                      {"send": {"handshake": {"headers": [["Cookie", "${env.CNRY}"]]}}},
                      {"expect": {"message": {"equals": "hello ${env.CNRY}"}}}]}]}))
        environment = {"CNRY": CANARY["environment"]}
        for args in (["show", scenarios], ["list", scenarios], ["list", scenarios, "--json"],
                     ["show", "utf8/valid-u-ok-01"], ["show", "policy/token*"]):
            run = self.assertSaysNoCanary(*args, "--target", self.profile(), code=0, environment=environment)
            self.assertGreater(len(run.stdout), 20)
        self.assertSaysNoCanary("check", scenarios, self.profile(), code=0, environment=environment)
        self.assertSaysNoCanary("check", scenarios, "--target", self.profile(), code=0, environment=environment)

    def test_the_line_of_an_error(self):
        """An error shows the line it is about: what is secret on it becomes stars."""
        with open(self.profile()) as file:
            good = json.load(file)
        del good["carrier"]
        broken = []
        unknown = json.loads(json.dumps(good))
        unknown["policy"]["token"]["vlaid"] = 1
        broken.append(json.dumps(unknown))
        wrong = json.loads(json.dumps(good))
        wrong["headers"].append(7)
        broken.append(json.dumps(wrong))
        broken.append(json.dumps(good)[:-1])
        broken.append(json.dumps(good).replace('"v1",', '"v1"'))
        broken += [json.dumps(json.loads(text), indent=1) for text in broken[:2]]
        for text in broken:
            path = self.write("target.json", text)
            for args in (["check", path], ["run", "--target", path], ["list", "--target", path]):
                run = self.assertSaysNoCanary(*args, code=2)
                self.assertIn("^", run.stderr + run.stdout)

    def test_bad_arguments(self):
        for args in (["-H", CANARY["bearer"]], ["-H", f"Authorization Bearer {CANARY['bearer']}"],
                     ["--set", f"policy.token.valid:{CANARY['valid']}"],
                     ["--set", f"policy.token.valid.x={CANARY['valid']}"],
                     ["--set", f"policy.token={CANARY['valid']}"],
                     ["-H", "@" + self.write("headers", CANARY["file"] + "\n")]):
            self.assertSaysNoCanary("run", "ws://127.0.0.1:1/", GOOD, *args, code=2)
        for url in (f"ws://joe:{CANARY['password']}@127.0.0.1:99999/",
                    f"ws://joe:{CANARY['password']}/@127.0.0.1/",
                    f"ws://{CANARY['bearer']}@/",
                    f"ftp://127.0.0.1/?token={CANARY['query']}"):
            self.assertSaysNoCanary("run", url, GOOD, code=2)

    def test_a_server_that_is_not_there(self):
        self.assertSaysNoCanary("run", f"ws://joe:{CANARY['password']}@127.0.0.1:1/?token={CANARY['query']}",
                   "utf8/valid-u-ok-01", code=3)


if __name__ == "__main__":
    unittest.main()
