"""The subcommands that need no server: list, show, check, explain."""

import json
import pathlib
import re
import tempfile
import unittest

from harness import ROOT, Case, wsspec

SUITE = {
    "suite": "mine",
    "title": "A suite of this test",
    "defaults": {"within_ms": 700, "spec": "RFC 6455 5.6",
                 "tolerate_for": {"1007": [{"drop": True, "because": "it may"}]}},
    "scenarios": [
        {"id": "bad", "title": "Two octets", "tags": ["one", "autobahn:6.1.1"],
         "steps": [{"send": {"text": {"hex": "c0 af"}}}, {"expect": {"close": 1007}}]},
        {"id": "split", "title": "Fragments and a hold", "level": "should",
         "steps": [{"send": {"text": "hello", "fragments": [2], "hold": {"at": 3, "release_ms": 250}}},
                   {"expect": {"echo": True, "within_ms": 1234}}]},
        {"id": "broken", "title": "A malformed frame", "level": "may",
         "steps": [{"send": {"frame": {"opcode": 11, "rsv": 4, "mask": False, "length": 300,
                                       "payload": "ab"}}},
                   {"expect": {"close": 1002}}]},
        {"id": "big", "title": "A big one", "tags": ["slow"],
         "steps": [{"send": {"binary": {"repeat": "ab", "times": 500000}}},
                   {"expect": {"accepted": True}}]},
        {"id": "late", "title": "Counts", "tags": ["load"],
         "steps": [{"repeat": {"times": 3, "steps": [{"send": {"text": "m${i}"}},
                                                     {"expect": {"echo": True}}]}}]},
        {"id": "policy", "title": "Needs a policy",
         "steps": [{"burst": {"send": {"text": "x"}, "count": "${policy.message_rate.limit + 5}"}},
                   {"expect": {"by_policy": "message_rate"}}]},
    ],
}


class Files(Case):
    """A folder with a suite in it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.suite = self.write("mine.json", SUITE)

    def write(self, name, content):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    def assertListed(self, *args):
        run = wsspec("list", *args, "--json", timeout=60)
        self.assertCode(run, 0)
        return [s["name"] for s in json.loads(run.stdout)["scenarios"]]


class List(Files):
    def test_all_built_in_scenarios(self):
        run = wsspec("list", timeout=60)
        self.assertCode(run, 0)
        lines = run.stdout.splitlines()
        self.assertRegex("\n".join(lines), r"(?m)^utf8/\S+ +(must|should|may|robust) +\S")
        self.assertEqual(len(lines), len(self.assertListed()))

    def test_json_has_what_a_script_needs(self):
        run = wsspec("list", self.suite, "--json", timeout=20)
        self.assertCode(run, 0)
        first = json.loads(run.stdout)["scenarios"][0]
        self.assertEqual(first, {"name": "mine/bad", "title": "Two octets",
                                 "tags": ["one", "autobahn:6.1.1"], "rule": "", "level": "must",
                                 "impact": "interop", "spec": "RFC 6455 5.6"})

    def test_a_file_alone_is_listed_whole(self):
        self.assertEqual(len(self.assertListed(self.suite)), 6)

    def test_selectors_choose_as_run_does(self):
        self.assertEqual(self.assertListed(self.suite, "mine/b*"), ["mine/bad", "mine/broken"])
        self.assertEqual(self.assertListed(self.suite, "mine/b*", "--slow"),
                         ["mine/bad", "mine/broken", "mine/big"])
        self.assertEqual(self.assertListed(self.suite, "autobahn:6.*"), ["mine/bad"])
        self.assertEqual(self.assertListed(self.suite, "--level", "should,may"),
                         ["mine/split", "mine/broken"])
        self.assertEqual(self.assertListed(self.suite, "mine/b*", "--exclude", "tag:one"), ["mine/broken"])

    def test_nothing_matched_is_an_error_with_a_hint(self):
        run = wsspec("list", self.suite, "mine/splot", timeout=20)
        self.assertCode(run, 2)
        self.assertIn("did you mean 'mine/split'", run.stderr)
        self.assertEqual(run.stdout, "")
        self.assertIn("did you mean 'utf8'", wsspec("list", "utf9", timeout=60).stderr)
        run = wsspec("run", "ws://127.0.0.1:1", "autobahn-mass", timeout=60)
        self.assertCode(run, 2)
        self.assertIn("all that 'autobahn-mass' names is tagged slow: add --slow", run.stderr)

    def test_an_unknown_setting_is_an_error(self):
        self.assertCode(wsspec("list", self.suite, "--set", "mine.nothing=1", timeout=20), 2)


class Show(Files):
    def assertShown(self, *args):
        run = wsspec("show", *args, timeout=60)
        self.assertCode(run, 0)
        return run.stdout

    def test_one_scenario_whole(self):
        text = self.assertShown(self.suite, "mine/bad")
        self.assertIn("mine/bad\n", text)
        for part in ("Two octets", "must", "RFC 6455 5.6", "one, autobahn:6.1.1", "mine.json:1"):
            self.assertIn(part, text)
        self.assertRegex(text, r"81 82 <key> c0 af +text, FIN, 2 octets\n")
        self.assertIn("expect Close 1007 within 700 ms", text)
        self.assertIn("tolerated: the connection drops without a Close (it may)", text)
        self.assertNotIn("mine/split", text)

    def test_fragments_and_a_hold(self):
        text = self.assertShown(self.suite, "mine/split")
        self.assertRegex(text, r"01 82 <key> 68 65 +text, no FIN, 2 octets")
        self.assertRegex(text, r"80 83 <key> 6c \| 6c 6f +continuation, FIN, 3 octets")
        self.assertIn("held after 3 octets, released after 250 ms", text)
        self.assertIn("within 1234 ms", text)

    def test_a_bent_frame_is_shown_as_it_is_sent(self):
        text = self.assertShown(self.suite, "mine/broken")
        self.assertIn("cb 7e 01 2c 61 62", text)
        self.assertRegex(text, r"FIN, RSV1, not masked, declares 300 octets, has 2")

    def test_a_long_payload_is_cut_in_the_middle(self):
        text = self.assertShown(self.suite, "mine/big")
        self.assertRegex(text, r"82 ff 00 00 00 00 00 0f 42 40 <key>( 61 62)+ …( 61 62)+\n")
        self.assertIn("FIN, 1000000 octets", text)

    def test_steps_of_a_repeat_show_the_first_round(self):
        text = self.assertShown(self.suite, "mine/late")
        self.assertIn("repeat 3 times", text)
        self.assertIn("1.1. send (shown for i = 0, conn = 0)", text)
        self.assertRegex(text, r"81 82 <key> 6d 30 .*\"m0\"")

    def test_none_of_a_group_is_said_as_that(self):
        text = self.assertShown("close/close-survives-unread-echoes")
        self.assertIn("expect TCP ends by a reset within 100 ms, on no connection, on tries", text)

    def test_a_missing_policy_is_named_and_can_be_given(self):
        self.assertIn("no target profile declares policy.message_rate",
                      self.assertShown(self.suite, "mine/policy"))
        text = self.assertShown(self.suite, "mine/policy", "--set", "policy.message_rate=20")
        self.assertIn("burst of 25 rounds", text)
        self.assertIn("(Close 1008)", text)

    def test_the_carrier_is_part_of_the_payload(self):
        profile = self.write("target.json", {"carrier": {"prefix": "<", "suffix": ">"}})
        text = self.assertShown(self.suite, "mine/bad", "--target", profile)
        self.assertIn("81 84 <key> 3c c0 af 3e", text)

    def test_every_built_in_scenario_can_be_shown(self):
        names = self.assertListed()
        # "**" leaves out what is slow, and what floods.
        run = wsspec("show", "**", "tag:slow", "tag:load", timeout=240)
        self.assertCode(run, 0)
        shown = set(run.stdout.splitlines())
        self.assertEqual([name for name in names if name not in shown], [])
        self.assertIsNone(re.search(r"[\x00-\x09\x0b-\x1f\x7f]", run.stdout))

    def test_what_deflate_adds_to_a_run_can_be_shown(self):
        text = self.assertShown("utf8/ill-formed-u-ov-02+deflate", "--deflate", "on")
        self.assertTrue(text.startswith("utf8/ill-formed-u-ov-02+deflate\n"), text)
        self.assertIn(", compressed", text)
        self.assertRegex(text, r"FIN, RSV1, \d+ octets")
        both = self.assertShown("utf8/ill-formed-u-ov-02*", "--deflate", "both")
        self.assertRegex(both, r"(?m)^utf8/ill-formed-u-ov-02$")
        self.assertRegex(both, r"(?m)^utf8/ill-formed-u-ov-02\+deflate$")
        self.assertCode(wsspec("show", "utf8/ill-formed-u-ov-02+deflate", timeout=60), 2)

    def test_an_unknown_name(self):
        run = wsspec("show", "utf8/no-such-scenario-anywhere", timeout=60)
        self.assertCode(run, 2)
        self.assertIn("no-such-scenario-anywhere", run.stderr)
        self.assertCode(wsspec("show", timeout=20), 2)


class Check(Files):
    def test_good_files(self):
        run = wsspec("check", self.suite, timeout=20)
        self.assertCode(run, 0)
        self.assertEqual(run.stdout, "6 scenarios in 1 file, OK\n")
        self.assertEqual(run.stderr, "")

    def test_a_folder_and_a_profile(self):
        self.write("more/a.json", {**SUITE, "suite": "a"})
        self.write("more/b.json", {**SUITE, "suite": "b"})
        profile = self.write("target.json", {"url": "ws://127.0.0.1/", "policy": {"message_rate": 5}})
        run = wsspec("check", self.folder / "more", profile, timeout=20)
        self.assertCode(run, 0)
        self.assertEqual(run.stdout, "12 scenarios and 1 target profile in 3 files, OK\n")

    def test_the_built_in_suites(self):
        run = wsspec("check", ROOT / "scenarios" / "suites", timeout=120)
        self.assertCode(run, 0)
        self.assertRegex(run.stdout, r"^\d+ scenarios in \d+ files, OK\n$")

    def test_a_broken_file_is_refused_with_its_place(self):
        path = self.write("broken.json", '{"suite": "x", "title": "x", "scenarois": []}')
        run = wsspec("check", path, timeout=20)
        self.assertCode(run, 2)
        self.assertRegex(run.stderr, r"broken\.json:1:\d+")
        self.assertIn("scenarios", run.stderr, "no did-you-mean")
        self.assertEqual(run.stdout, "")

    def test_a_broken_profile(self):
        path = self.write("target.json", {"url": "ws://127.0.0.1/", "policy": {"mesage_rate": 5}})
        run = wsspec("check", path, timeout=20)
        self.assertCode(run, 2)
        self.assertRegex(run.stderr, r"target\.json:1:\d+")
        self.assertIn("message_rate", run.stderr)

    def test_every_problem_of_every_file_is_reported(self):
        bad = self.write("bad.json", '{"suite": "x", "scenarios": [')
        run = wsspec("check", self.folder / "missing.json", bad, self.suite, timeout=20)
        self.assertCode(run, 2)
        self.assertIn("missing.json", run.stderr)
        self.assertIn("bad.json:1:", run.stderr)

    def test_what_is_no_scenario_file(self):
        for name, text in {"empty": "", "list": "[]", "object": "{}", "word": "hello",
                           "binary": "\x00\x01"}.items():
            with self.subTest(name):
                self.assertCode(wsspec("check", self.write("odd.json", text), timeout=20), 2)
        self.assertCode(wsspec("check", self.folder / "nowhere", timeout=20), 2)
        self.assertCode(wsspec("check", timeout=20), 2)

    def test_a_target_is_one_file(self):
        one = self.write("targets/a.json", {"url": "ws://127.0.0.1/"})
        self.assertCode(wsspec("check", self.suite, "--target", one, timeout=20), 0)
        self.write("targets/b.json", {"url": "ws://127.0.0.1/"})
        (self.folder / "empty").mkdir()
        for folder in ("targets", "empty", "missing"):
            with self.subTest(folder):
                run = wsspec("check", self.suite, "--target", self.folder / folder, timeout=20)
                self.assertCode(run, 2)
                self.assertIn("--target: cannot be read" if folder == "missing" else
                              "--target: is a folder, not a file", run.stderr)

    def test_a_target_that_makes_a_scenario_wrong(self):
        run = wsspec("check", self.suite, "--set", "policy.nonsense=1", timeout=20)
        self.assertCode(run, 2)
        self.assertIn("nonsense", run.stderr)


# One for each situation that `wsspec explain TEXT` knows.
MESSAGES = (
    "Could not decode a text frame as UTF-8", "invalid utf8 payload in close frame", "RSV1 set",
    "Invalid opcode received", "Frame cannot be masked", "bad MASK",
    "Invalid frame header", "FIN not set on control", "continuation after FIN",
    "WS_ERR_INVALID_CLOSE_CODE", "Ping received after close", "Max payload size exceeded",
    "Too many message fragments", "decompression failed", "no close frame received or sent",
    "sent 1000 (OK); no close frame received", "websocket: close 1001 (going away)",
    "ping/pong timed out", "Connection Idle Timeout", "websocket: write timeout",
    "Error in connection establishment: net::ERR_CONNECTION_REFUSED",
    "Connection closed before receiving a handshake response",
    "Error during WebSocket handshake: Invalid status line", "Opening handshake has timed out",
    "websocket: bad handshake", "Handshake failed due to invalid Upgrade header: null",
    "No supported WebSocket library detected", "Cross origin websockets not allowed",
    "Invalid handshake response upgrade: null", "Invalid challenge response",
    "Server sent no subprotocol", "Server indicated an extension that was not requested",
    "An insecure WebSocket connection may not be initiated from a page loaded over HTTPS",
    "websocket: close sent", "WebSocket is not open: readyState 0 (CONNECTING)",
    "WebSocket is closed before the connection is established",
    "concurrent write to websocket connection", "reason string max is 123",
    "code must be either 1000, or between 3000 and 4999")


class Explain(Case):
    def assertExplained(self, *args):
        run = wsspec("explain", *args, timeout=20)
        self.assertCode(run, 0)
        self.assertEqual(run.stderr, "")
        return run.stdout

    def test_every_code_and_status(self):
        for code in (*range(1000, 1016), 3000, 3003, 3008, 4008, 2000, 5000, 200, 301, 302, 307, 308,
                     400, 401, 403, 404, 405, 407, 408, 426, 429, 500, 502, 503, 504, 505):
            with self.subTest(code):
                text = self.assertExplained(code)
                self.assertIn(str(code), text.splitlines()[0])
                self.assertIn("When you see it", text)
                self.assertIn("Fix on the server's side", text)
                self.assertIn("Fix on the client's side", text)
                self.assertTrue(all(len(line) <= 80 for line in text.splitlines()
                                    if "https://" not in line))

    def test_codes_that_never_travel(self):
        for code in (1005, 1006, 1015):
            self.assertIn("never travels", self.assertExplained(code))

    def test_two_are_compared(self):
        text = self.assertExplained(1007, 1008)
        self.assertRegex(text, r"1007 invalid .* 1008 policy violation")
        self.assertIn("Which when", text)
        both = json.loads(self.assertExplained(1007, 1008, "--json"))
        self.assertEqual(both["compare"], [1007, 1008])
        self.assertEqual([c["code"] for c in both["codes"]], [1007, 1008])

    def test_json(self):
        entry = json.loads(self.assertExplained(1007, "--json"))
        self.assertEqual((entry["code"], entry["name"], entry["travels"]),
                         (1007, "invalid frame payload data", True))
        self.assertEqual(json.loads(self.assertExplained(403, "--json"))["kind"], "http_status")
        self.assertEqual(json.loads(self.assertExplained(4008, "--json"))["kind"], "range")

    def test_a_word_of_the_name(self):
        self.assertEqual(self.assertExplained("policy"), self.assertExplained(1008))

    def test_what_is_no_code(self):
        for word in ("65536", "-1", "10.5", "polcy", "forbidden", "", "no such message anywhere"):
            with self.subTest(word):
                run = wsspec("explain", word, timeout=20)
                self.assertCode(run, 2)
                self.assertEqual(run.stdout, "")
                self.assertEqual(len(run.stderr.splitlines()), 1, run.stderr)
        self.assertIn("did you mean 'policy'", wsspec("explain", "polcy", timeout=20).stderr)
        self.assertIn("did you mean 'no close frame received or sent'",
                      wsspec("explain", "frame without close received or sent", timeout=20).stderr)
        self.assertCode(wsspec("explain", timeout=20), 2)
        self.assertCode(wsspec("explain", 1000, 1001, 1002, timeout=20), 2)
        self.assertCode(wsspec("explain", 1000, "", timeout=20), 2)

    def test_a_message_with_the_line_around_it(self):
        text = self.assertExplained("12:00:01 WebSocket connection to 'wss://x.example/' failed: Error during "
                            "WebSocket handshake: Unexpected response code: 403")
        self.assertEqual(text.splitlines()[0], "Unexpected response code: ...")
        for part in ("Printed by", "Found by     the client", "Likely causes", "To do on the server",
                     "To do on the client", "Shown by     wsspec run URL handshake",
                     "HTTP 403 forbidden"):
            self.assertIn(part, text)

    def test_the_words_of_a_message_need_no_quotes(self):
        words = "no close frame received or sent"
        self.assertEqual(self.assertExplained(*words.split()), self.assertExplained(words))
        self.assertIn("1006 abnormal closure", self.assertExplained(words))

    def test_a_message_as_json(self):
        out = json.loads(self.assertExplained("websockets: sent 1011 (internal error) keepalive ping timeout; "
                                      "no close frame received", "--json"))
        self.assertEqual([m["situation"] for m in out["messages"]], ["ping-unanswered"])
        self.assertEqual([c["code"] for c in out["codes"]], [1011])

    def test_each_message_leads_to_scenarios_that_exist(self):
        known = {s["name"] for s in json.loads(wsspec("list", "--json", timeout=60).stdout)["scenarios"]}
        suites = {name.split("/")[0] for name in known}
        for text in MESSAGES:
            with self.subTest(text):
                for message in json.loads(self.assertExplained(text, "--json"))["messages"]:
                    words = message["run"].removeprefix("wsspec run URL ").split()
                    for word in words:
                        self.assertTrue(word in suites or word in known or word == "--slow", word)

    def test_1006_says_who_closed(self):
        text = self.assertExplained(1006)
        for part in ("Who closed it", "tcpdump -ni any", "AWS", "Heroku", "Azure", "slept"):
            self.assertIn(part, text)
        self.assertIn("often arrives as 1006", " ".join(self.assertExplained(1006, 1008).split()))
        self.assertIn("threshold exceeded", " ".join(self.assertExplained(1008).split()))

    def test_the_help_names_codes_and_messages(self):
        text = self.assertExplained("--help")
        self.assertRegex(text, r"(?m)^Usage: .*\bCODE\|TEXT\.\.\.")
        self.assertIn("message of a browser or library", " ".join(text.split()))


if __name__ == "__main__":
    unittest.main()
