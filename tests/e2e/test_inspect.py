"""`wsspec inspect`: payloads in every form, good and bad input, terminals, and what each kind of data
is taken for."""

import base64
import codecs
import fcntl
import json
import os
import pathlib
import pty
import re
import select
import struct
import subprocess
import tempfile
import termios
import unittest

import jsonschema
import payload_samples
from harness import Case, binary, memory_limit, wsspec

LATIN = "déjà vu, un café".encode("latin-1")

SCHEMA = {
    "type": "object", "additionalProperties": False,
    "required": ["schema", "kind", "source", "form", "octets", "valid", "faults", "looks_like", "answers",
                 "mistake", "change", "code"],
    "properties": {
        "schema": {"const": "wsspec-inspect/1"},
        "kind": {"const": "payload"},
        "source": {"type": "string"},
        "form": {"enum": ["raw", "hex", "base64", "json-string"]},
        "octets": {"type": "integer", "minimum": 0},
        "valid": {"type": "boolean"},
        "faults": {
            "type": "object", "additionalProperties": False, "required": ["total", "listed"],
            "properties": {
                "total": {"type": "integer", "minimum": 0},
                "listed": {"type": "array", "maxItems": 100, "items": {
                    "type": "object", "additionalProperties": False,
                    "required": ["offset", "proved_at", "kind", "octets", "reason"],
                    "properties": {
                        "offset": {"type": "integer"}, "proved_at": {"type": "integer"},
                        "kind": {"enum": ["continuation-without-start", "overlong", "surrogate", "above-maximum",
                                          "never-used", "character-cut", "text-cut"]},
                        "octets": {"type": "string", "pattern": "^[0-9a-f]{2}( [0-9a-f]{2}){0,2}$"},
                        "reason": {"type": "string", "minLength": 10}}}}}},
        "looks_like": {"type": "array", "minItems": 1, "maxItems": 4, "items": {
            "type": "object", "additionalProperties": False,
            "required": ["kind", "name", "confidence", "reason"],
            "properties": {"kind": {"enum": [*payload_samples.MAKERS, "empty", "unknown"]},
                           "name": {"type": "string"}, "reason": {"type": "string"},
                           "confidence": {"type": "integer", "minimum": 0, "maximum": 99}}}},
        "answers": {
            "type": "object", "additionalProperties": False, "required": ["strict", "lax"],
            "properties": dict.fromkeys(("strict", "lax"), {
                "type": "object", "additionalProperties": False, "required": ["close", "text"],
                "properties": {"close": {"enum": [1007, None]}, "text": {"type": "string"}}})},
        "mistake": {"type": "string"},
        "change": {"type": "string"},
        "code": {"type": "array", "items": {
            "type": "object", "additionalProperties": False, "required": ["language", "line"],
            "properties": {"language": {"enum": ["browser", "node", "python", "go", "java", "csharp", "rust",
                                                 "cpp"]},
                           "line": {"type": "string", "minLength": 8}}}}}}


def python_faults(octets):
    """(offset, octets) of each ill-formed part, as Python's own decoder finds them."""
    found = []

    def note(error):
        found.append((error.start, octets[error.start:error.end]))
        return "?", error.end
    codecs.register_error("note", note)
    octets.decode("utf-8", "note")
    return found


class Inspecting(Case):
    def inspect(self, octets, *args, code):
        run = wsspec("inspect", *args, stdin=octets, timeout=60)
        self.assertCode(run, code)
        self.assertEqual(run.stderr, "")
        return run

    def report(self, octets, *args):
        run = wsspec("inspect", "--json", *args, stdin=octets, timeout=60)
        report = json.loads(run.stdout)
        jsonschema.validate(report, SCHEMA)
        self.assertCode(run, 0 if report["valid"] else 1)
        return report

    def assertRefused(self, run, *parts):
        self.assertCode(run, 2)
        self.assertEqual(run.stdout, "")
        self.assertRegex(run.stderr, r"\Awsspec: error: |Run with --help")
        for part in parts:
            self.assertIn(part, run.stderr)


class Answers(Inspecting):
    def test_good_text_is_0(self):
        text = self.inspect("grüß dich".encode(), code=0).stdout
        self.assertEqual(text.splitlines()[0], "standard input: 11 octets, valid UTF-8")
        self.assertNotIn("fault", text)
        self.assertNotIn("To change", text)

    def test_bad_text_is_1_with_place_reason_and_caret(self):
        run = self.inspect(LATIN, code=1)
        lines = run.stdout.splitlines()
        self.assertEqual(lines[0], "standard input: 16 octets, not valid UTF-8: 3 faults")
        dump = lines.index("     0  64 e9 6a e0 20 76 75 2c 20 75 6e 20 63 61 66 e9  |d.j. vu, un caf.|")
        self.assertEqual(lines[dump + 1], " " * 11 + "^^    ^^" + " " * 34 + "^^")
        self.assertIn("octet 1 (e9): 0x6A where a continuation octet (80 to BF) was due", run.words)
        self.assertIn("octet 15 (e9): the text ends inside a 3-octet character (1 octet is there)", run.words)
        self.assertIn("text in Latin-1", run.words)
        self.assertIn("Close 1007, at once when octet 2 arrives", run.words)
        self.assertIn('payload.decode("windows-1252")', run.stdout)

    def test_every_language_has_its_line(self):
        run = self.inspect(LATIN, code=1)
        for language in ("Browser", "Node (ws)", "Python", "Go", "Java", "C#", "Rust", "C++"):
            self.assertRegex(run.stdout, rf"(?m)^  {re.escape(language)} +\S")

    def test_an_empty_message(self):
        report = self.report(b"")
        self.assertEqual((report["octets"], report["valid"], report["looks_like"][0]["kind"]),
                         (0, True, "empty"))

    def test_a_text_cut_at_its_end_alone(self):
        report = self.report("ab€".encode()[:-1])
        self.assertEqual(report["faults"], {"total": 1, "listed": [
            {"offset": 2, "proved_at": 4, "kind": "text-cut", "octets": "e2 82",
             "reason": "the text ends inside a 3-octet character (2 octets are there)"}]})
        self.assertIn("when the message ends", report["answers"]["strict"]["text"])

    def test_more_faults_than_are_listed_are_counted(self):
        report = self.report(b"\xff" * 5000)
        self.assertEqual((report["faults"]["total"], len(report["faults"]["listed"])), (5000, 100))
        self.assertIn("and 4992 more (--json lists the first 100)", self.inspect(b"\xff" * 5000, code=1).stdout)

    def test_the_help_is_complete(self):
        run = wsspec("inspect", "--help")
        self.assertCode(run, 0)
        for word in ("FILE", "--hex", "--base64", "--json-string", "--json", "standard input", "Exit code 0"):
            self.assertIn(word, " ".join(run.stdout.split()))


class Forms(Inspecting):
    def test_the_same_octets_in_every_form(self):
        plain = self.report(LATIN)
        for form, text in (("hex", LATIN.hex(" ")), ("hex", "0x" + LATIN.hex(",").replace(",", ", 0x")),
                           ("hex", LATIN.hex()), ("hex", "\\x" + LATIN.hex("\\").replace("\\", "\\x")),
                           ("base64", base64.b64encode(LATIN).decode()),
                           ("base64", base64.urlsafe_b64encode(LATIN).decode().rstrip("=") + "\n")):
            with self.subTest(text):
                report = self.report(text.encode(), "--" + form)
                self.assertEqual(report.pop("form"), form)
                self.assertEqual({**report, "form": "raw"}, plain)

    def test_a_json_string(self):
        text = 'é "\\ 😀 \0'
        report = self.report(json.dumps(text).encode(), "--json-string")
        self.assertEqual((report["valid"], report["octets"]), (True, len(text.encode())))
        half = self.report(b'"\\ud83d"', "--json-string")
        self.assertEqual(half["looks_like"][0]["kind"], "lone-surrogates")

    def test_what_is_not_in_its_form_is_2_with_its_place(self):
        for form, text, place in (("hex", "c3 2", "1:5"), ("hex", "c3 28\nzz", "2:1"), ("hex", "c 3", "1:2"),
                                  ("base64", "YWJj!", "1:5"), ("base64", "YWJjZ", "1:6"), ("base64", "YQ=", "1:4"),
                                  ("base64", "YQ==YQ==", "1:5"), ("json-string", "abc", "1:1"),
                                  ("json-string", '"abc', "1:5"), ("json-string", '"\\ud83"', "1:7"),
                                  ("json-string", '"a" "b"', "1:5"), ("json-string", "", "1:1")):
            with self.subTest(text):
                run = wsspec("inspect", "--" + form, stdin=text.encode())
                self.assertRefused(run, f"standard input:{place}: not ")

    def test_octets_in_place_of_a_file_are_told_how(self):
        run = wsspec("inspect", "--hex", "c328")
        self.assertRefused(run, "c328: cannot be read", "printf %s c328 | wsspec inspect --hex")
        run = wsspec("inspect", "--json-string", '"a"')
        self.assertRefused(run, """printf %s '"a"' | wsspec inspect --json-string""")
        self.assertNotIn("printf", wsspec("inspect", "--hex", "payload.bin").stderr)

    def test_one_form_at_a_time(self):
        run = wsspec("inspect", "--hex", "--base64", stdin=b"00")
        self.assertRefused(run, "exclude each other")


class BadInput(Inspecting):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_a_file_and_standard_input_are_the_same(self):
        path = self.folder / "payload.bin"
        path.write_bytes(LATIN)
        named, dash, bare = self.inspect(b"", path, code=1), self.inspect(LATIN, "-", code=1), \
            self.inspect(LATIN, code=1)
        self.assertEqual(dash.stdout, bare.stdout)
        self.assertEqual(named.stdout, dash.stdout.replace("standard input", str(path), 1))

    def test_what_cannot_be_read_is_2(self):
        self.assertRefused(wsspec("inspect", self.folder / "missing"), "missing", "No such file")
        self.assertRefused(wsspec("inspect", self.folder), "is a folder")
        self.assertRefused(wsspec("inspect", ""), "empty")
        if os.geteuid() != 0:
            path = self.folder / "secret"
            path.write_bytes(b"x")
            path.chmod(0)
            self.assertRefused(wsspec("inspect", path), "Permission denied")

    def test_a_file_whose_reading_fails_is_2(self):
        # Reading at 0 is an error: nothing is mapped there.
        self.assertRefused(wsspec("inspect", "/proc/self/mem"), "/proc/self/mem: cannot be read")

    def test_several_files_are_2(self):
        a, b = self.folder / "a", self.folder / "b"
        a.write_bytes(b"a")
        b.write_bytes(b"b")
        run = wsspec("inspect", a, b)
        self.assertCode(run, 2)
        self.assertEqual(run.stdout, "")

    def test_a_name_with_escapes_is_shown_harmless(self):
        path = self.folder / "a\x1b[2J\u202ename"
        path.write_bytes(LATIN)
        run = self.inspect(b"", path, code=1)
        self.assertIn("a\\x1B[2J\\u{202E}name", run.stdout.replace("\n", ""))
        self.assertNotIn("\x1b", run.stdout)
        missing = wsspec("inspect", self.folder / "\x1b[31mx")
        self.assertCode(missing, 2)
        self.assertNotIn("\x1b", missing.stderr)

    def test_standard_output_that_is_full_is_no_verdict(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([binary(), "inspect"], input=LATIN, stdout=full, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 3)
        self.assertIn(b"cannot write", done.stderr)


class Hostile(Inspecting):
    OCTETS = ("\u202egnissim \u2066x\u2069".encode() + b"\x1b]0;title\x07\x1b[2J\0\0\x9b31m \xff\xfe\r\n\x85\x7f" +
              "\u200b\u2028".encode())

    def assertHarmless(self, text):
        self.assertRegex(text, r"\A[\n\x20-\x7e]*\Z")

    def test_no_octet_of_the_payload_is_printed_raw(self):
        for octets in (self.OCTETS, bytes(range(256)) * 3, b"\0" * 100 + b"\xff", "\u202e".encode() * 40 + b"\xc3"):
            self.assertHarmless(self.inspect(octets, code=1).stdout)
            self.assertHarmless(self.inspect(octets, "--json", code=1).stdout)
        self.assertHarmless(self.inspect(b"\x1b[2J\x07\0", code=0).stdout)
        for form in ("--hex", "--base64", "--json-string"):
            run = wsspec("inspect", form, stdin=self.OCTETS)
            self.assertRefused(run)
            self.assertHarmless(run.stderr)

    def test_long_and_endless_lines(self):
        report = self.report(b"a" * 3_000_000 + b"\xff")
        self.assertEqual(report["faults"]["listed"][0]["offset"], 3_000_000)
        run = self.inspect(b"\xff" * 3_000_000, code=1)
        self.assertLess(len(run.stdout), 8000)

    def test_a_bomb_is_not_followed(self):
        packed = payload_samples.gzip.compress(bytes(100 << 20), 1)
        run = wsspec("inspect", stdin=packed, timeout=20)
        self.assertCode(run, 1)
        self.assertIn("a gzip stream", run.stdout)
        self.assertLess(run.peak_rss, memory_limit(60))


class Terminal:
    """A pseudo-terminal of a width, and what a command prints there."""

    def __init__(self, width):
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.master)
        os.close(self.slave)

    def run(self, *args, stdin=subprocess.DEVNULL, typed=b""):
        """(exit code, what was printed on it, standard error)"""
        with subprocess.Popen([binary(), *map(str, args)], stdin=self.slave if stdin is None else stdin,
                              stdout=self.slave, stderr=subprocess.PIPE) as process:
            if typed:
                os.write(self.master, typed)
            out = b""
            while process.poll() is None or select.select([self.master], [], [], 0)[0]:
                if select.select([self.master], [], [], 0.05)[0]:
                    out += os.read(self.master, 65536)
            error = process.stderr.read().decode()
        return process.returncode, out.decode().replace("\r\n", "\n"), error


class OnATerminal(Inspecting):
    def test_without_an_argument_it_says_what_to_do(self):
        with Terminal(80) as terminal:
            code, out, error = terminal.run("inspect", stdin=None)
        self.assertEqual((code, out), (2, ""))
        for part in ("nothing to inspect", "wsspec inspect FILE", "| wsspec inspect", "Ctrl-D"):
            self.assertIn(part, error)

    def test_a_dash_reads_what_is_typed(self):
        with Terminal(80) as terminal:
            code, out, error = terminal.run("inspect", "-", stdin=None, typed=b"hello\n\x04")
        self.assertEqual(code, 0)
        self.assertIn("6 octets, valid UTF-8", out)
        self.assertIn("Ctrl-D", error)

    def test_every_width_keeps_its_lines(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "x")
            for octets in (LATIN * 3, bytes(range(256)), b"a" * 2_000_000 + b"\xe2\x82", b"\x1f\x8b\x08xxxx"):
                path.write_bytes(octets)
                for width in (20, 21, 49, 50, 80, 200):
                    with self.subTest(width=width, size=len(octets)), Terminal(width) as terminal:
                        code, out, error = terminal.run("inspect", path)
                        self.assertEqual((code, error), (1, ""))
                        self.assertIn("^^", out)
                        for line in out.split("To change at the")[0].splitlines()[1:]:
                            self.assertLessEqual(len(line), width, out)
                        # Of the code only a word that is longer than the line goes beyond it.
                        for line in out.splitlines():
                            self.assertTrue(len(line) <= width or len(line.split()) <= 2 or
                                            len(line.split()[-1]) > width - 20, line)

    def test_a_caret_stands_under_its_octets(self):
        for width in (20, 40, 80):
            with Terminal(width) as terminal, tempfile.TemporaryDirectory() as folder:
                path = pathlib.Path(folder, "x")
                path.write_bytes(b"plain text \xe9 in the middle of it")
                _, out, _ = terminal.run("inspect", path)
            lines = out.splitlines()
            at = next(i for i, line in enumerate(lines) if line.strip() == "^^")
            self.assertEqual(lines[at - 1][lines[at].index("^^"):][:2], "e9", out)


class Memory(Inspecting):  # before Samples, whose octets would count (harness.Run.peak_rss)
    def test_memory_stays_bounded(self):
        """200 MiB, and the last octet alone is bad."""
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "large")
            with open(path, "wb") as file:
                for _ in range(200):
                    file.write("grüß dich, Welt. ".encode() * 55188)
                file.write(b"\xff")
            run = wsspec("inspect", path, timeout=120)
        self.assertCode(run, 1)
        self.assertLess(run.peak_rss, memory_limit(60))


class Samples(Inspecting):
    """Samples of every kind: payload_samples.py prints the table."""

    # What may be taken for something else is short: four octets of noise, four characters without spaces.
    LEAST = {"utf-16le": 12, "random": 8, "other-charset": 8}

    @classmethod
    def setUpClass(cls):
        cls.results = [(kind, octets, *payload_samples.looked_at(binary(), octets))
                       for kind, octets in payload_samples.samples()]

    def test_each_kind_is_taken_for_what_it_is(self):
        seen = [(kind, report["looks_like"][0]["kind"]) for kind, _, _, report in self.results]
        self.assertGreaterEqual(len(seen), 300)
        for kind in payload_samples.MAKERS:
            looks = [look for made, look in seen if made == kind]
            right, all_of_it = looks.count(kind), len(looks)
            self.assertGreaterEqual(right, self.LEAST.get(kind, all_of_it),
                                    f"{kind}\n{payload_samples.table(seen)}")

    def test_the_verdict_and_every_fault_are_those_of_python(self):
        for number, (kind, octets, code, report) in enumerate(self.results):
            with self.subTest(kind, size=len(octets)):
                if number % 5 == 0:
                    jsonschema.validate(report, SCHEMA)
                faults = python_faults(octets)
                self.assertEqual((code, report["valid"], report["faults"]["total"]),
                                 (1 if faults else 0, not faults, len(faults)))
                self.assertEqual([(f["offset"], bytes.fromhex(f["octets"])) for f in report["faults"]["listed"]],
                                 faults[:100])
                self.assertEqual(report["answers"]["strict"]["close"], 1007 if faults else None)

    def test_what_is_faulty_has_advice_and_what_is_good_text_has_none(self):
        for kind, _, _, report in self.results:
            with self.subTest(kind):
                self.assertEqual(len(report["code"]), 8 if report["change"] else 0)
                if not report["valid"]:
                    self.assertTrue(report["change"])
                if kind in ("text", "json"):
                    self.assertFalse(report["change"])


if __name__ == "__main__":
    unittest.main()
