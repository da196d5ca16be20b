"""permessage-deflate: the 1007 suites compressed, on real servers, and what is found on wrong ones."""

import json
import sys
import unittest

from harness import SERVERS, Case, Listening, Server, brief, by_verdict, run_json, wsspec
from rawws import TEXT, deflated, frame

sys.path.insert(0, str(SERVERS))
import common  # noqa: E402

SUITES = ("utf8", "binary-as-text", "close-reason")
SUFFIX = "+deflate"


def rows(report):
    return {s["name"]: s["verdict"] for s in report["scenarios"]}


class RealServers(Case):
    def test_compressed_or_not_the_verdicts_are_the_same(self):
        for program in (("ws_echo.mjs", "--deflate", "--no-fragment-limit"),
                        ("websockets_echo.py",)):
            with self.subTest(program[0]), Server(*program) as server:
                run, report = run_json(server.url(), *SUITES, "--deflate", "both", timeout=120)
                self.assertCode(run, 0)
                seen = rows(report)
                compressed = [name for name in seen if name.endswith(SUFFIX)]
                self.assertGreater(len(compressed), 400)
                for name in compressed:
                    self.assertEqual(seen[name], seen[name[:-len(SUFFIX)]], name)

    def test_the_compressed_suite(self):
        for program in (("ws_echo.mjs", "--deflate"), ("websockets_echo.py",), ("faulty.mjs",)):
            with self.subTest(program[0]), Server(*program) as server:
                run, report = run_json(server.url(), "tag:u-cz-*")
                self.assertCode(run, 0)
                self.assertEqual(set(rows(report).values()), {"pass"}, brief(report, "tolerated"))

    def test_a_server_without_compression_is_skipped_with_the_reason(self):
        with Server("ws_echo.mjs") as server:
            run, report = run_json(server.url(), "deflate-data", "utf8/valid-u-ok-0*", "--deflate",
                                   "both")
        self.assertCode(run, 0)
        skipped = by_verdict(report, "skipped")
        self.assertTrue(skipped)
        for scenario in skipped:
            self.assertIn("deflate", scenario["because"])
        self.assertTrue(by_verdict(report, "pass"))


class WrongServers(Case):
    def test_text_that_is_not_checked_after_inflating_is_found(self):
        with Server("faulty.mjs", "--fault", "deflate-unchecked") as server:
            run, report = run_json(server.url(), "utf8/ill-formed-*", "--deflate", "both")
        self.assertCode(run, 1)
        for scenario in report["scenarios"]:
            if scenario["name"].endswith(SUFFIX):
                self.assertEqual((scenario["verdict"], scenario["class"]), ("fail", "accepted"))
            else:
                self.assertEqual(scenario["verdict"], "pass", scenario["name"])


class Scripted(Listening):
    """Agrees to whatever extension it is told to, then says its octets to everyone."""

    def __init__(self, extension, says):
        self.extension, self.says = extension, says

    def serve(self, sock):
        sock.settimeout(10)
        head = b""
        while b"\r\n\r\n" not in head:
            head += sock.recv(4096)
        answer = common.switching(head)
        if b"permessage-deflate" in head:  # the probes do not offer it
            answer = answer[:-2] + f"Sec-WebSocket-Extensions: {self.extension}\r\n\r\n".encode()
            answer += self.says
        sock.sendall(answer)
        while sock.recv(65536):
            pass


class HostileAnswers(Case):
    def one(self, extension, says=b"", selector="deflate-data/plain-bad-text"):
        with Scripted(extension, says) as server:
            return run_json(f"ws://127.0.0.1:{server.port}/", selector, "--set",
                            "capabilities.deflate=true", "--set", "capabilities.echo=true",
                            "--timeout", "500")

    def test_an_illegal_extension_answer_fails_the_handshake(self):
        for extension, why in (("permessage-deflate; server_max_window_bits=7", "8 to 15"),
                               ("permessage-deflate; x", "unknown parameter"),
                               ("permessage-deflate, permessage-deflate", "twice")):
            with self.subTest(extension):
                run, report = self.one(extension)
                self.assertCode(run, 1)
                self.assertEqual(report["scenarios"][0]["class"], "broken")
                self.assertIn(why, run.words + run.stderr)

    def test_corrupt_compressed_data_of_the_server_is_broken(self):
        bad = frame(TEXT, b"\x06", rsv=4, mask=None)
        run, report = self.one("permessage-deflate", says=bad)
        self.assertCode(run, 1)
        self.assertEqual(report["scenarios"][0]["class"], "broken")
        self.assertIn("does not inflate", report["scenarios"][0]["diagnosis"])

    def test_a_bomb_is_bounded(self):
        bomb = deflated(b"a" * (100 << 20), mask=None)
        run, report = self.one("permessage-deflate", says=bomb)
        self.assertCode(run, 1)
        self.assertEqual(report["scenarios"][0]["class"], "repaired")  # it is no echo of anything sent
        self.assertLess(run.peak_rss, 200 << 20)


class CommandLine(Case):
    def test_names_and_the_line_to_reproduce(self):
        listed = json.loads(wsspec("list", "utf8", "--deflate", "both", "--json").stdout)
        names = {s["name"] for s in listed["scenarios"]}
        self.assertIn("utf8/refused-not-repaired", names)
        self.assertIn("utf8/refused-not-repaired+deflate", names)
        with Server("faulty.mjs", "--fault", "no-utf8") as server:
            run = wsspec("run", server.url(), "utf8/ill-formed-u-ov-02+deflate", "--deflate", "on")
        self.assertCode(run, 1)
        self.assertIn("--deflate on utf8/ill-formed-u-ov-02+deflate", run.stdout)

    def test_show_has_the_compressed_octets(self):
        shown = wsspec("show", "deflate-data/bad-text-in-one-frame").stdout
        self.assertIn("c1 85 <key> f2 c8 fc 0f 00", shown)


if __name__ == "__main__":
    unittest.main()
