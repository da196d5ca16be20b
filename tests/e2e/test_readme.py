"""README.md says what is: its transcript, its options, its examples."""

import json
import os
import re
import shlex
import subprocess
import tempfile
import unittest

from harness import Case, Server, wsspec
from rawws import text
from tapping import Tap

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as readme:
    TEXT = readme.read()

COMMANDS = ("run", "probe", "send", "list", "show", "check", "explain", "inspect", "serve", "tap", "demo")


def blocks(language):
    return re.findall(r"```" + language + r"\n(.*?)```", TEXT, re.S)


class Readme(Case):
    def test_the_transcript_is_what_is_printed(self):
        said = blocks("")[0].splitlines()
        words = [word.strip("'") for word in said[0].split()[3:]]
        with Server("accept_all.mjs") as server:
            run = wsspec("run", server.url().rstrip("/"), *words[1:])
            printed = run.stdout.replace(server.url().rstrip("/"), words[0])
        self.assertCode(run, 1)
        time = re.compile(r"in [0-9.]+ s$")
        self.assertEqual([time.sub("", line) for line in printed.splitlines()],
                         [time.sub("", line) for line in said[1:-2]])

    def test_the_refused_payload_is_inspected_as_printed(self):
        said = re.search(r"```\n(\$ printf .*?)```", TEXT, re.S).group(1).splitlines()
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["bash", "-c", said[0].removeprefix("$ ")], cwd=folder, check=True)
            run = wsspec(*said[1].split()[2:], cwd=folder)
        self.assertEqual([*run.stdout.splitlines(), "$ echo $?", str(run.code)], said[2:])

    def test_what_tap_says_is_what_is_printed(self):
        said = re.search(r"```\n(\$ wsspec tap .*?)```", TEXT, re.S).group(1).splitlines()
        self.assertRegex(said[0], r"^\$ wsspec tap --listen \S+ --target \S+$")
        with Server("ws_echo.mjs") as server, Tap(server.port) as tap:
            with tap.client("/chat?token=secret") as client:
                client.send(text("h\u00e9".encode()))
                client.receive()
                client.send(text(b"a" * 4095 + "\u20ac".encode()[:1]))
                client.all(1)
            self.assertEqual(tap.stop(), 0)
            printed = tap.text.splitlines()
        times = re.compile(r"[0-9]+\.[0-9]|:[0-9]+")
        self.assertEqual([times.sub("", line) for line in printed],
                         [times.sub("", line) for line in said[1:]])

    def test_the_chat_is_found_by_its_profile(self):
        command, line = re.search(r"^    \$ wsspec (run .*chat\.json)\n    (FAIL.*)$", TEXT,
                                  re.M).groups()
        example = next(block for block in blocks("json") if '"chatty"' in block)
        with tempfile.TemporaryDirectory() as folder, \
                Server("chat.mjs", "--bad-text", "repair") as server:
            with open(os.path.join(folder, "chat.json"), "w") as file:
                file.write(example)
            words = command.split()
            words[1] = server.url()
            run = wsspec(*words, cwd=folder)
        self.assertCode(run, 1)
        self.assertIn(line, run.stdout.splitlines())

    def assertPrinted(self, command, *server):
        """The README's transcript of this command is what it prints, but for times and ports."""
        said = re.search(r"(?m)^    \$ (wsspec " + command + r" .*)\n((?:    .*\n)+)", TEXT)
        words = shlex.split(said.group(1))[1:]
        place = words[1].removeprefix("ws://").split("/")[0]
        with Server(*server) as running:
            words[1] = words[1].replace(place, f"127.0.0.1:{running.port}")
            run = wsspec(*words)
        self.assertCode(run, 0)
        printed = run.stdout.replace(f"127.0.0.1:{running.port}", place)
        times = re.compile(r" +[0-9.]+ m?s\b|[0-9]+ octets$")  # the handshake holds the port

        def plain(text):
            return [times.sub("", line) for line in text.splitlines()]
        self.assertEqual(plain(printed), plain(re.sub(r"(?m)^    ", "", said.group(2))))

    def test_its_conversation_is_what_is_printed(self):
        self.assertPrinted("send", "ws_echo.mjs")

    def test_its_probe_is_what_is_printed(self):
        self.assertPrinted("probe", "ws_echo.mjs", "--deflate")

    def test_every_option_it_names_exists(self):
        helps = "".join(wsspec(command, "--help").stdout for command in COMMANDS)
        named = set(re.findall(r"(?<![\w-])(--[a-z][a-z0-9-]+)", TEXT))
        self.assertGreater(len(named), 10)
        named.remove("--password")  # an example of what --start runs
        for option in sorted(named):
            self.assertRegex(helps, re.escape(option) + r"\b", option)

    def test_every_command_it_names_exists_and_every_command_is_named(self):
        named = set(re.findall(r"(?m)(?:`|^ +|^\$ |\$ |run: |- )wsspec ([a-z]+)\b", TEXT))
        self.assertEqual(named | {"demo"}, set(COMMANDS))  # it shows ./dev demo instead
        self.assertIn("./dev demo", TEXT)

    def test_its_json_examples_are_good(self):
        self.assertEqual(len(blocks("json")), 3)
        for n, example in enumerate(blocks("json")):
            json.loads(example)
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, f"example-{n}.json")
                with open(path, "w") as file:
                    file.write(example)
                self.assertCode(wsspec("check", path, env={"TOKEN": "t"}), 0)

    def test_its_exit_codes_are_those_of_the_help(self):
        help_text = " ".join(wsspec("--help").stdout.split())
        for code in re.findall(r"^\| (\d+) \|", TEXT, re.M):
            self.assertRegex(help_text, rf"\b{code}\b")


if __name__ == "__main__":
    unittest.main()
