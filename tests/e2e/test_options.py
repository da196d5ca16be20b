"""Every option of `run` does what its help says."""

import json
import os
import re
import shlex
import socket
import tempfile
import threading
import unittest

from harness import Case, Server, run_json, unused_port, wsspec


class Listener:
    """Takes connections, keeps each request head, answers 403."""

    def __init__(self, family=socket.AF_INET, address=("127.0.0.1", 0)):
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.bind(address)
        self.socket.listen(64)
        self.heads = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            head = b""
            while b"\r\n\r\n" not in head:
                part = connection.recv(4096)
                if not part:
                    break
                head += part
            self.heads.append(head.decode())
            connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.socket.getsockname()[1]}/chat?room=1"


def scenario(steps, **more):
    return {"suite": "mine", "scenarios": [{"id": "one", "title": "one", "steps": steps, **more}]}


class File:
    def __init__(self, document):
        self.document = document

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        path = os.path.join(self.folder.name, "mine.json")
        with open(path, "w") as file:
            json.dump(self.document, file)
        return path

    def __exit__(self, *_):
        self.folder.cleanup()


ECHO = [{"send": {"text": "x"}}, {"expect": {"accepted": True}}]
SILENT = [{"send": {"text": {"hex": "ff"}}}, {"expect": {"close": 1007}}]


class Handshake(Case):
    def assertUnreachable(self, *options):
        with Listener() as listener:
            self.assertCode(wsspec("run", listener.url, "utf8/valid-u-ok-01", *options), 3)
            return listener.heads[0]

    def test_the_plain_request(self):
        head = self.assertUnreachable()
        self.assertTrue(head.startswith("GET /chat?room=1 HTTP/1.1\r\nHost: 127.0.0.1:"), head)
        for line in ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"):
            self.assertIn(line, head)
        self.assertNotIn("Sec-WebSocket-Extensions", head)

    def test_headers_from_the_command_line_and_from_a_file(self):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write("X-From-File: yes\nX-Second: 2\n")
            file.flush()
            head = self.assertUnreachable("-H", "X-Mine: a b", "-H", "@" + file.name)
        for line in ("X-Mine: a b\r\n", "X-From-File: yes\r\n", "X-Second: 2\r\n"):
            self.assertIn(line, head)

    def test_a_header_that_is_none_is_a_usage_error(self):
        self.assertCode(wsspec("run", "ws://127.0.0.1:1", "-H", "nonsense"), 2)

    def test_subprotocol_and_origin(self):
        head = self.assertUnreachable("--subprotocol", "v1", "--subprotocol", "v2", "--origin",
                         "https://a.example")
        self.assertIn("Sec-WebSocket-Protocol: v1, v2\r\n", head)
        self.assertIn("Origin: https://a.example\r\n", head)

    def test_credentials_of_the_url_go_into_a_header_and_into_no_output(self):
        with Listener() as listener:
            url = listener.url.replace("ws://", "ws://user:5ecret@")
            run = wsspec("run", url, "utf8/valid-u-ok-01", "-vv")
            self.assertIn("Authorization: Basic dXNlcjo1ZWNyZXQ=\r\n", listener.heads[0])
        self.assertNotIn("5ecret", run.stdout + run.stderr)

    def test_a_unix_socket(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "socket")
            with Listener(socket.AF_UNIX, path) as listener:
                run = wsspec("run", "ws://name.example/x", "utf8/valid-u-ok-01", "--unix-socket",
                             path)
                self.assertCode(run, 3)
                self.assertIn("GET /x HTTP/1.1\r\nHost: name.example\r\n", listener.heads[0])


class Values(Case):
    """What cannot be meant is a usage error before anything is sent, and is not printed."""

    def assertUsage(self, words, *options):
        with Server("ws_echo.mjs") as server:
            run = wsspec("run", server.url(), *options, "--no-progress")
        self.assertCode(run, 2)
        self.assertEqual(run.stdout, "")
        self.assertIn(words, run.stderr)

    def test_each(self):
        good = "utf8/valid-u-ok-01"
        with tempfile.TemporaryDirectory() as folder:
            header_file = os.path.join(folder, "headers")
            with open(header_file, "w") as file:
                file.write("X-One: 1\n@/etc/hostname\n")
            long_file = os.path.join(folder, "long")
            with open(long_file, "w") as file:
                file.write("X-Long: a\n" * 7000)
            report = os.path.join(folder, "report")
            for words, options in (
                ("no scenario matches 'nothing'", [good, "nothing"]),
                ("no scenario matches 'utf8/vald-*'", [good, "utf8/vald-*"]),
                ("no scenario matches 'utf9'; did you mean 'utf8'?", [good, "--exclude", "utf9"]),
                ("no scenario matches 'tag:larg'", [good, "--require", "tag:larg"]),
                ("--origin: a header has no line breaks", [good, "--origin", "https://a\r\nX: 1"]),
                ("--subprotocol: letters, digits", [good, "--subprotocol", "a\r\nX: 1"]),
                ("--subprotocol: letters, digits", [good, "--subprotocol", "a, b"]),
                ("a header's name: letters", [good, "-H", "X\r\nY: 1"]),
                ("a header has no line breaks", [good, "-H", "X: 1\r\nY: 1"]),
                ("headers:2: a header is 'Name: value'", [good, "-H", "@" + header_file]),
                ("headers of 64 KiB at most", [good, "-H", "@" + long_file]),
                ("headers of 64 KiB at most", [good, "-H", "@/dev/zero"]),
                ("is a folder", [good, "-H", "@" + folder]),
                ("names no file", [good, "-H", "@"]),
                ("cannot be read", [good, "-H", "@" + report]),
                ("--report-json and --report-junit would write to the same file",
                 [good, "--report-json", report, "--report-junit", folder + "/./report"]),
                ("--report-json and --events would write to the same file",
                 [good, "--report-json", "-", "--events", "-"]),
                ("--report-json: is a folder", [good, "--report-json", folder]),
                ("--report-json: names no file", [good, "--report-json", ""]),
                ("--target: names no file", [good, "--target", ""]),
                ("--cacert: cannot be read", [good, "--cacert", report]),
                ("--unix-socket: is empty", [good, "--unix-socket", ""]),
                ("--max-time: 0, or 0.001 to 1000000", [good, "--max-time", "0.0009"]),
                ("--max-time: 0, or 0.001 to 1000000", [good, "--max-time", "nan"]),
                ("--connect-rate: 0, or 0.001 to 1000000", [good, "--connect-rate", "1e-10"]),
                ("--timeout-factor: 0.1 to 1000", [good, "--timeout-factor", "nan"]),
                ("--seed: 0 to 4294967295", [good, "--seed", "9300000000000"]),
                ("--seed: 0 to 4294967295", [good, "--seed", "-1"]),
            ):
                with self.subTest(options):
                    self.assertUsage(words, *options)

    def test_serve_too(self):
        self.assertCode(wsspec("serve", "--subprotocol", "a, b"), 2)
        self.assertCode(wsspec("serve", "--origin", "a\nb"), 2)

    def test_limits_that_are_all_taken(self):
        with Server("ws_echo.mjs") as server:
            for options in (["--timeout", 3600000, "--timeout-factor", 1000], ["--seed", 4294967295],
                            ["--max-time", 0], ["--exclude", "tag:big"]):
                with self.subTest(options):
                    self.assertCode(wsspec("run", server.url(), "utf8/valid-*", *options), 0)

    def test_headers_may_come_from_a_pipe(self):
        with Listener() as listener:
            wsspec("run", listener.url, "utf8/valid-u-ok-01", "-H", "@/dev/stdin",
                   stdin=b"X-Piped: yes\n")
            self.assertIn("X-Piped: yes\r\n", listener.heads[0])


class Execution(Case):
    def assertFindingAfterTimeout(self, *options):
        with Server("faulty.mjs", "--fault", "hang-on-invalid") as server, \
                File(scenario(SILENT)) as file:
            run, report = run_json(server.url(), file, *options)
        self.assertCode(run, 1)
        return report["scenarios"][0]["duration_ms"]

    def test_timeout_and_its_factor(self):
        self.assertLess(self.assertFindingAfterTimeout("--timeout", "300"), 1900)
        self.assertGreater(self.assertFindingAfterTimeout("--timeout", "300", "--timeout-factor", "5"), 1400)

    def test_max_time(self):
        with Server("ws_echo.mjs") as server, \
                File(scenario([{"wait_ms": 20000}, *ECHO])) as file:
            run, report = run_json(server.url(), file, "--max-time", "0.5")
        self.assertCode(run, 3)
        self.assertLess(run.seconds, 3)
        self.assertIn("--max-time", report["scenarios"][0]["because"])

    def test_fail_fast(self):
        with Server("accept_all.mjs") as server:
            run, report = run_json(server.url(), "utf8/ill-formed*", "-j", "1", "--fail-fast")
        self.assertCode(run, 1)
        self.assertEqual(report["summary"]["fail"], 1)
        self.assertGreater(report["summary"]["skipped"], 10)

    def test_fail_fast_ends_although_a_scenario_in_flight_hangs(self):
        """It hangs beside the one that fails: there is no second look at it any more."""
        document = {"suite": "mine", "scenarios": [
            {"id": "fails", "title": "fails at once", "steps": [
                {"send": {"text": "x"}}, {"expect": {"close": 1008, "within_ms": 100}}]},
            {"id": "hangs", "title": "hangs", "steps": [
                {"send": {"text": {"hex": "ff"}}}, {"expect": {"close": 1007, "within_ms": 900}}]},
            {"id": "waits", "title": "waits for a slot", "steps": ECHO}]}
        with Server("faulty.mjs", "--fault", "hang-on-invalid") as server, File(document) as file:
            run, report = run_json(server.url(), file, "-j", "2", "--fail-fast", timeout=20)
        self.assertCode(run, 1)
        rows = {row["name"]: (row["verdict"], row["class"]) for row in report["scenarios"]}
        self.assertEqual(rows["mine/hangs"], ("fail", "hung"))
        self.assertEqual(rows["mine/waits"], ("skipped", None))

    def test_repeat_shuffle_and_seed(self):
        def assert_passes(*options):
            """The names of the scenarios, in the order of the run."""
            with Server("ws_echo.mjs") as server:
                run, report = run_json(server.url(), "utf8/ill-formed*", "-j", "1", *options)
            self.assertCode(run, 0)
            return [row["name"] for row in report["scenarios"]]
        plain = assert_passes()
        self.assertEqual(len(assert_passes("--repeat", "3")), 3 * len(plain))
        shuffled = assert_passes("--shuffle", "--seed", "7")
        self.assertNotEqual(shuffled, plain)
        self.assertEqual(sorted(shuffled), sorted(plain))
        self.assertEqual(assert_passes("--shuffle", "--seed", "7"), shuffled)

    def test_connect_rate(self):
        with Server("ws_echo.mjs") as server:
            run, _ = run_json(server.url(), "utf8/ill-formed-u-ov*", "--connect-rate", "20")
        self.assertCode(run, 0)
        self.assertGreater(run.seconds, 0.45)  # eleven, one each 50 ms

    def test_retry_repeats_an_error_and_no_finding(self):
        """The server is mute on its second connection only: that spoils a login (an error), or the
        scenario itself (a finding)."""
        echo = {"capabilities": {"echo": True, "ping": True}}
        login = {**echo, "prologue": [{"send": {"text": "hi"}},
                                      {"expect": {"message": {"equals": "hi"}}}]}
        for profile, options, code, verdict in ((login, [], 3, "error"),
                                                (login, ["--retry", "2"], 0, "pass"),
                                                (echo, ["--retry", "2"], 1, "fail")):
            with self.subTest(verdict), Server("hostile.py") as server, File(profile) as target:
                run, report = run_json(server.url("/mute?good=1&bad=1"), "utf8/valid-u-ok-01", "-j",
                                       "1", "--timeout", "300", "--target", target, *options)
                self.assertCode(run, code)
                self.assertEqual(report["scenarios"][0]["verdict"], verdict)

    def test_wait_for(self):
        port = unused_port()
        started = []

        def later():
            started.append(Server("ws_echo.mjs", "--port", str(port)))
            started[0].start()
        timer = threading.Timer(0.7, later)
        timer.start()
        run = wsspec("run", f"ws://127.0.0.1:{port}", "utf8/valid-u-ok-01", "--wait-for", "8000")
        timer.join()
        started[0].stop()
        self.assertCode(run, 0)


class NothingConnected(Case):
    def test_it_is_said_once(self):
        run = wsspec("run", f"ws://127.0.0.1:{unused_port()}")
        self.assertCode(run, 3)
        lines = run.stdout.splitlines()
        self.assertLess(len(lines), 8, run.stdout)
        self.assertEqual(run.stdout.count("refused"), 1, run.stdout)
        self.assertRegex(lines[-2], r"^0 passed, 0 tolerated, 0 failed, \d{3,} skipped, 0 errors ")
        self.assertEqual(lines[-1], "exit 3: the target could not be tested, no scenario was judged")

    def test_an_unreachable_target_is_not_reported_as_staying_open(self):
        with tempfile.TemporaryDirectory() as folder:
            junit = os.path.join(folder, "junit.xml")
            run = wsspec("run", f"ws://127.0.0.1:{unused_port()}", "utf8/valid-u-ok-01",
                         "--report-junit", junit)
            with open(junit, encoding="utf-8") as file:
                text = run.stdout + file.read()
        self.assertCode(run, 3)
        self.assertIn("refused", text)
        self.assertNotIn("stays open", text)
        self.assertNotIn("observed", text)


class Choice(Case):
    def assertRun(self, *options, code=0):
        with Server("ws_echo.mjs") as server:
            run, report = run_json(server.url(), *options)
        self.assertCode(run, code)
        return report["scenarios"]

    def test_exclude_level_and_tags(self):
        every = self.assertRun("utf8/fail-fast*", "utf8/valid-u-ok*", "--exclude", "tag:big")
        self.assertFalse([row for row in every if "big" in row["tags"]])
        should = self.assertRun("utf8", "--level", "should", "--exclude", "tag:big")
        self.assertTrue(should)
        self.assertEqual({row["level"] for row in should}, {"should"})
        self.assertEqual({row["name"].split("/")[0] for row in self.assertRun("tag:u-ov-02")}, {"utf8"})

    def test_require_turns_a_skip_into_a_finding(self):
        self.assertRun("utf8/valid-u-ok-01", "policy/strikes")
        self.assertRun("utf8/valid-u-ok-01", "policy/strikes", "--require", "policy", code=1)

    def test_everything_skipped_is_not_good(self):
        self.assertRun("policy/strikes", code=3)

    def test_set_reaches_a_suite(self):
        with Server("ws_echo.mjs") as server:
            self.assertCode(wsspec("run", server.url(), "binary-as-text", "--set",
                                   "binary-as-text.samples=3"), 0)
            run = wsspec("run", server.url(), "utf8", "--set", "utf8.no_such=3")
        self.assertCode(run, 2)
        self.assertIn("no_such", run.stderr)


class FailOn(Case):
    """A fail of an impact below --fail-on stays a fail everywhere but in the exit code."""

    STEPS = [{"send": {"text": {"hex": "c0 af"}}}, {"expect": {"close": 1007}}]

    def run_one(self, impact, *options):
        with tempfile.TemporaryDirectory() as folder, Server("accept_all.mjs") as server, \
                File(scenario(self.STEPS, impact=impact)) as file:
            junit = os.path.join(folder, "junit.xml")
            run, report = run_json(server.url(), file, "--report-junit", junit, *options)
            with open(junit, encoding="utf-8") as xml:
                return run, report, xml.read()

    def test_exit_code_summary_json_and_junit(self):
        below = ("letter",), ("interop", "--fail-on", "data"), ("data", "--fail-on", "critical")
        for impact, *options in below:
            with self.subTest(impact=impact):
                run, report, junit = self.run_one(impact, *options)
                self.assertCode(run, 0)
                row = report["scenarios"][0]
                self.assertEqual((row["verdict"], row["impact"]), ("fail", impact))
                self.assertEqual(report["summary"]["fail"], 1)
                self.assertIn("1 failed (1 ", run.stdout)
                self.assertRegex(run.stdout, r"\nexit 0: 1 finding below --fail-on \w+\n$")
                self.assertIn(f'<skipped type="{impact}" message="a fail of impact {impact}', junit)
                self.assertNotIn("<failure", junit)
        self.assertIn("(1 against the letter)", self.run_one("letter")[0].stdout)

    def test_from_that_impact_on_it_counts(self):
        counts = (("interop",), ("critical",), ("letter", "--fail-on", "letter"),
                  ("letter", "--strict"))
        for impact, *options in counts:
            with self.subTest(impact=impact, options=options):
                run, _, junit = self.run_one(impact, *options)
                self.assertCode(run, 1)
                self.assertIn(f"\nexit 1: 1 finding of impact {impact}\n", run.stdout)
                self.assertIn("<failure type=\"accepted\"", junit)

    def test_fail_fast_goes_on_after_a_fail_that_does_not_count(self):
        def judged(*options):
            two = [{"id": name, "title": name, "steps": self.STEPS, "impact": "letter"}
                   for name in ("one", "two")]
            with Server("accept_all.mjs") as server, \
                    File({"suite": "mine", "scenarios": two}) as file:
                _, report = run_json(server.url(), file, "-j", "1", "--fail-fast", *options)
            return [row["verdict"] for row in report["scenarios"]]
        self.assertEqual(judged(), ["fail", "fail"])
        self.assertEqual(judged("--fail-on", "letter"), ["fail", "skipped"])
        self.assertEqual(judged("--strict"), ["fail", "skipped"])

    def test_no_such_impact(self):
        self.assertCode(wsspec("run", "ws://127.0.0.1:1/", "--fail-on", "grave"), 2)


class Groups(Case):
    def test_a_check_that_is_switched_off_is_one_group_for_texts_and_one_for_close_reasons(self):
        with Server("ws_echo.mjs", "--skip-utf8-validation") as server:
            run, report = run_json(server.url(), "utf8/ill-formed*", "binary-as-text",
                                   "close-reason", "close", timeout=120)
        self.assertCode(run, 1)
        self.assertGreater(report["summary"]["fail"], 100)
        groups = re.findall(r"^\d+\. impact.*$", run.stdout, re.M)
        self.assertLessEqual(len(groups), 2, run.stdout)
        self.assertRegex(groups[0], r"\bdata\b.*, fault-echoed: \d+ scenarios$")


class Reproduce(Case):
    def assertFindingReproduced(self, server, *options):
        run = wsspec("run", server.url(), "utf8/ill-formed-u-ov-02", *options)
        self.assertCode(run, 1)
        return re.search(r"reproduce +(.*)", run.stdout).group(1)

    def test_it_keeps_what_changes_the_result(self):
        with Server("accept_all.mjs") as server, \
                tempfile.NamedTemporaryFile("w", suffix=".txt") as headers:
            headers.write("X-From-File: secret-from-file\n")
            headers.flush()
            options = ("-H", "User-Agent: a b", "-H", "@" + headers.name, "--subprotocol", "v1",
                       "--origin", "https://a.example", "--connect-timeout", "4000",
                       "--i-may-load-this-target", "--timeout", "900", "--timeout-factor", "1.5",
                       "--seed", "7")
            line = self.assertFindingReproduced(server, *options)
            self.assertEqual(line, shlex.join(["wsspec", "run", server.url(), *options,
                                               "utf8/ill-formed-u-ov-02"]))
            # And it does what it says.
            self.assertCode(wsspec(*shlex.split(line)[1:]), 1)

    def test_it_says_nothing_of_what_is_as_always(self):
        with Server("accept_all.mjs") as server:
            self.assertEqual(self.assertFindingReproduced(server, "--connect-timeout", "5000"),
                             f"wsspec run {server.url()} utf8/ill-formed-u-ov-02")

    def test_it_holds_no_secret(self):
        with Server("accept_all.mjs") as server:
            line = self.assertFindingReproduced(server, "-H", "Authorization: Bearer it's-5ecret", "-H",
                             "Cookie:a=5ecret", "-H", "Referer: http://joe:5ecret@a.example/",
                             "--origin", "http://joe:5ecret@a.example")
        self.assertNotIn("5ecret", line)
        self.assertIn(" -H 'Authorization: ***' -H 'Cookie: ***' -H 'Referer: http://", line)


class Output(Case):
    def test_a_report_that_cannot_be_written_is_told_by_exit_code_3(self):
        with Server("ws_echo.mjs") as server:
            for option in ("--report-json", "--report-junit", "--report-autobahn", "--events",
                           "--transcript"):
                with self.subTest(option):
                    run = wsspec("run", server.url(), "utf8/valid-u-ok-01", option,
                                 "/nonexistent/x")
                    self.assertCode(run, 3)
                    self.assertIn("wsspec: error: cannot write /nonexistent/x", run.stderr)

    def test_events_are_json_lines(self):
        with Server("ws_echo.mjs") as server:
            run = wsspec("run", server.url(), "utf8/valid-u-ok*", "--events", "-")
        self.assertCode(run, 0)
        events = [json.loads(line) for line in run.stdout.splitlines()]
        self.assertEqual((events[0]["event"], events[-1]["event"]), ("start", "end"))
        self.assertGreater(sum(event["event"] == "result" for event in events), 20)

    def test_a_transcript_is_json_lines_of_every_scenario(self):
        with Server("ws_echo.mjs") as server:
            run = wsspec("run", server.url(), "utf8/valid-u-ok*", "--transcript", "-")
        self.assertCode(run, 0)
        lines = [json.loads(line) for line in run.stdout.splitlines()]
        self.assertEqual(set(lines[0]), {"scenario", "verdict", "direction", "at_ms", "what",
                                         "length", "octets"})
        ours = [line for line in lines if line["scenario"] == "utf8/valid-u-ok-01"]
        sent = [line for line in ours if line["direction"] == "sent" and "text" in line["what"]]
        received = [line for line in ours
                    if line["direction"] == "received" and "text" in line["what"]]
        self.assertEqual(len(sent), 1)
        self.assertEqual(sent[0]["octets"], received[0]["octets"])  # an echo

    def test_color_quiet_and_verbose(self):
        with Server("accept_all.mjs") as server:
            def out(*options, **more):
                return wsspec("run", server.url(), "utf8/ill-formed-u-ov-01", "utf8/valid-u-ok-01",
                              *options, **more).stdout
            self.assertNotIn("\x1b", out())
            self.assertIn("\x1b[", out("--color", "always"))
            self.assertNotIn("\x1b", out("--color", "auto", env={"NO_COLOR": "1"}))
            self.assertEqual(len(out("-q").splitlines()), 3)  # the finding, the summary, the exit code
            self.assertIn("valid-u-ok-01", out("-v"))
            self.assertRegex(out("-vv"), re.compile(r"^ *>.*opening handshake", re.M))

    def test_what_cannot_be_resolved(self):
        self.assertCode(wsspec("run", "ws://no-such-host.invalid/", "utf8"), 3)


if __name__ == "__main__":
    unittest.main()
