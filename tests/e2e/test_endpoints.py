"""Endpoints that are no echo servers: a JSON chat, GraphQL over WebSocket, a silent sink, each right
and wrong, with the profiles of tests/profiles."""

import json
import pathlib
import tempfile
import unittest

from harness import ROOT, Case, Server, brief, by_verdict, run_json

PROFILES = ROOT / "tests" / "profiles"
SUITES = ("utf8", "binary-as-text", "close-reason")
GRAPHQL = ROOT / "tests" / "suites" / "graphql.json"


def profile(name):
    return str(PROFILES / f"{name}.json")


def run_suites(server, name, *more, jobs=16, timeout=240):
    return run_json(server.url(), *SUITES, "--target", profile(name), "-j", jobs, *more,
                    timeout=timeout)


class Endpoint(Case):
    def rows(self, report):
        return {row["name"]: row for row in report["scenarios"]}

    def assertNoFinding(self, run, report, *, lacks=()):
        """No fail and no error, and nothing skipped but for want of a capability."""
        self.assertEqual(by_verdict(report, "fail") + by_verdict(report, "error"), [],
                         brief(report, "fail", "error"))
        self.assertCode(run, 0)
        self.assertEqual({row["because"] for row in by_verdict(report, "skipped")},
                         {f"the target has no capability '{name}'" for name in (*lacks, "deflate")})
        self.assertGreater(report["summary"]["pass"], 250)

    def assertFound(self, report, right, expected, words):
        """Whatever the right server refused with 1007 is a finding on the wrong one, of this verdict
        and class where a text was bad (of any where a Close reason was); nothing else is one."""
        self.assertEqual(report["summary"]["error"], 0, brief(report, "error"))
        rows = self.rows(report)
        refused = {row["name"] for row in right["scenarios"] if row["observed"]["code"] == 1007}
        self.assertGreater(len(refused), 300)
        for name in sorted(refused & rows.keys()):
            row = rows[name]
            self.assertIn(row["verdict"], ("fail", "tolerated"), row)
            if row["class"] == "broken" and name.startswith("close-reason/"):
                continue
            # What the rules forgive at level should is a finding all the same.
            self.assertEqual(row["class"], expected[1], row)
            self.assertIn(row["verdict"], {expected[0], "tolerated"}, row)
            self.assertRegex(row["diagnosis"], words)
        self.assertEqual(rows["utf8/good-then-bad"]["verdict"], expected[0])
        others = [row for name, row in rows.items() if name not in refused]
        self.assertGreater(sum(row["verdict"] == "pass" for row in others), 20)
        self.assertEqual([row for row in others if row["verdict"] not in ("pass", "skipped")], [])


class Chat(Endpoint):
    QUICK = ("--exclude", "tag:big", "--timeout", 500)
    right = None

    def assertRightReport(self):
        """The report of a correct chat: run once for all tests."""
        if Chat.right is None:
            with Server("chat.mjs") as server:
                run, Chat.right = run_suites(server, "chat")
            self.assertNoFinding(run, Chat.right, lacks=["binary"])
        return Chat.right

    def test_a_right_chat_has_no_finding_with_a_room_for_each_connection(self):
        rows = self.rows(self.assertRightReport())
        self.assertEqual(rows["utf8/valid-u-ok-01"]["observed"]["barrier"], "message")
        self.assertEqual(rows["utf8/neighbours-are-left-alone"]["verdict"], "pass")
        self.assertEqual(rows["utf8/every-code-point"]["verdict"], "pass")
        self.assertEqual(rows["utf8/ill-formed-u-ov-02"]["observed"]["code"], 1007)

    def test_one_scenario_at_a_time_tells_the_same(self):
        with Server("chat.mjs") as server:
            run, report = run_suites(server, "chat", "--exclude", "tag:big", jobs=1)
        self.assertNoFinding(run, report, lacks=["binary"])

    def test_what_others_say_in_one_room_is_no_answer_of_ours(self):
        """Sixteen scenarios at a time, each hears all that the others say."""
        with Server("chat.mjs", "--one-room", "--bad-json", "1008") as server:
            for seed in (1, 2):
                run, report = run_suites(server, "chat", "--exclude", "tag:big", "--shuffle",
                                         "--seed", seed)
                self.assertNoFinding(run, report, lacks=["binary"])

    def test_a_chat_that_ticks_without_pause_or_with_large_messages_changes_nothing(self):
        with Server("chat.mjs", "--tick-ms", "5", "--large-tick", "10") as server:
            run, report = run_suites(server, "chat", "--exclude", "tag:big")
        self.assertNoFinding(run, report, lacks=["binary"])

    def test_each_wrong_chat_is_found_in_every_scenario_that_can_tell(self):
        for way, expected, words, code in (
                ("repair", ("fail", "repaired"), r"U\+FFFD", 1),
                ("swallow", ("fail", "accepted"), "text that is not UTF-8 as if it were good", 1),
                ("relay", ("fail", "broken"), "often what another client sent", 1),
                ("1011", ("fail", "other-code"), "an unhandled decode error", 1),
                ("drop", ("tolerated", "drop"), "the client is not told why", 0)):
            with self.subTest(way), Server("chat.mjs", "--bad-text", way) as server:
                run, report = run_suites(server, "chat", *self.QUICK)
                self.assertCode(run, code)
                self.assertFound(report, self.assertRightReport(), expected, words)

    def test_repaired_text_is_seen_in_json_escapes_and_in_a_common_room(self):
        for more in ("--ascii", "--one-room"):
            with self.subTest(more), Server("chat.mjs", "--bad-text", "repair", more) as server:
                run, report = run_json(server.url(), "utf8/ill-formed*", "utf8/valid*", "--target",
                                       profile("chat"), "--timeout", 500)
                self.assertCode(run, 1)
                bad = [row for row in report["scenarios"] if "ill-formed" in row["name"]]
                self.assertEqual({(row["verdict"], row["class"]) for row in bad},
                                 {("fail", "repaired")})
                self.assertEqual({row["verdict"] for row in report["scenarios"]
                                  if "/valid" in row["name"]}, {"pass"})


class Control(Endpoint):
    def run_chat(self, changes, *server_options):
        """The chat's profile without some of its keys (None), or with others."""
        value = json.loads(pathlib.Path(profile("chat")).read_text())
        for key, new in changes.items():
            if new is None:
                del value[key]
            else:
                value[key] = new
        with tempfile.TemporaryDirectory() as folder, \
                Server("chat.mjs", *server_options) as server:
            path = pathlib.Path(folder) / "profile.json"
            path.write_text(json.dumps(value))
            return run_json(server.url(), "utf8/valid*", "utf8/ill-formed*", "--target", path,
                            timeout=120)

    def test_without_a_carrier_a_strict_endpoint_cannot_be_judged(self):
        run, report = self.run_chat({"carrier": None}, "--bad-json", "1008")
        self.assertCode(run, 3)
        self.assertEqual(report["summary"]["error"], len(report["scenarios"]))
        for row in report["scenarios"]:
            self.assertRegex(row["diagnosis"], "valid text was not accepted.*Close 1008.*carrier")

    def run_file(self, suite, *more):
        with tempfile.TemporaryDirectory() as folder, \
                Server("chat.mjs", "--bad-json", "1008") as server:
            path = pathlib.Path(folder) / "own.json"
            path.write_text(json.dumps(suite))
            return run_json(server.url(), path, *more)

    LOGIN = [{"send": {"text": '{"type":"login","user":"u","room":"r-${nonce}"}'}},
             {"expect": {"message": {"json": {"/type": "welcome"}}, "capture": {"s": "/session"}}}]

    def test_a_file_that_logs_in_by_itself_says_that_it_needs_no_control(self):
        bad = {"concat": ['{"type":"say","session":"${capture.s}","text":"', {"hex": "ff"}, '"}']}
        suite = {"suite": "own", "defaults": {"control": False}, "scenarios": [
            {"id": "bad-text", "steps": [*self.LOGIN, {"send": {"text": bad}},
                                         {"expect": {"close": 1007}}]}]}
        run, report = self.run_file(suite)
        self.assertCode(run, 0)
        self.assertEqual(report["summary"]["pass"], 1)
        del suite["defaults"]
        run, report = self.run_file(suite)
        self.assertCode(run, 3)
        self.assertRegex(report["scenarios"][0]["diagnosis"], "valid text was not accepted")

    def test_a_file_that_sends_no_invalid_data_needs_no_control(self):
        say = '{"type":"say","session":"${capture.s}","text":"hello"}'
        suite = {"suite": "own", "scenarios": [
            {"id": "hello", "steps": [*self.LOGIN, {"send": {"text": say}},
                                      {"expect": {"message": {"json": {"/text": "hello"}}}}]}]}
        run, report = self.run_file(suite)
        self.assertCode(run, 0)
        self.assertEqual(report["summary"]["pass"], 1)

    def test_without_a_carrier_a_lenient_endpoint_can(self):
        run, report = self.run_chat({"carrier": None})
        self.assertCode(run, 0)
        self.assertEqual(report["summary"]["pass"], len(report["scenarios"]))

    def test_a_message_without_its_reply_cannot_be_judged(self):
        changed = {"send": {"text": '{"type":"say"}'}, "reply": {"json": {"/type": "said"}}}
        run, report = self.run_chat({"message": changed})
        self.assertCode(run, 3)
        self.assertEqual(report["summary"]["error"], len(report["scenarios"]))
        self.assertRegex(report["scenarios"][0]["diagnosis"], "no reply to the profile's message")

    def test_without_a_sentinel_message_a_pong_is_the_evidence(self):
        run, report = self.run_chat({"message": None}, "--tick-ms", "20")
        self.assertCode(run, 0)
        self.assertEqual(report["summary"]["pass"], len(report["scenarios"]))
        row = self.rows(report)["utf8/valid-u-ok-01"]
        self.assertEqual(row["observed"]["barrier"], "ping")

    def test_a_reply_that_is_not_numbered_is_given_time_for_a_close(self):
        text = '{"type":"say","session":"${capture.session}","text":"again"}'
        changed = {"send": {"text": text}, "reply": {"json": {"/text": "again"}}}
        run, report = self.run_chat({"message": changed})
        self.assertCode(run, 0)
        row = self.rows(report)["utf8/valid-u-ok-01"]
        self.assertEqual(row["observed"]["barrier"], "message")
        self.assertGreaterEqual(row["duration_ms"], 100)

    def test_a_prologue_that_fails_is_an_error_that_names_the_step(self):
        for options, words in ((("--login-only", "alice"),
                                r"prologue failed at step 2, .*welcome.*Close 1008"),
                               ((), None)):
            run, report = self.run_chat({}, *options)
            if words is None:
                self.assertCode(run, 0)
                continue
            self.assertCode(run, 3)
            self.assertEqual(report["summary"]["skipped"], len(report["scenarios"]))
            self.assertRegex(run.stdout.replace("\n", " "), words)

    def test_a_login_that_fails_later_is_an_error_too(self):
        """In a scenario that makes connection after connection, and in a group."""
        wrong = [{"send": {"text": '{"type":"login","user":"u${conn}","room":"r"}'}},
                 {"expect": {"message": {"json": {"/type": "welcome"}},
                             "capture": {"session": "/session"}}}]
        with tempfile.TemporaryDirectory() as folder, \
                Server("chat.mjs", "--login-only", "u0") as server:
            value = json.loads(pathlib.Path(profile("chat")).read_text())
            path = pathlib.Path(folder) / "profile.json"
            path.write_text(json.dumps({**value, "prologue": wrong}))
            run, report = run_json(server.url(), "utf8/neighbours-are-left-alone",
                                   "utf8/a-hundred-refusals", "utf8/valid-u-ok-01",
                                   "--target", path)
        self.assertCode(run, 3)
        rows = self.rows(report)
        self.assertEqual(rows["utf8/valid-u-ok-01"]["verdict"], "pass")
        for name in ("utf8/neighbours-are-left-alone", "utf8/a-hundred-refusals"):
            self.assertEqual(rows[name]["verdict"], "error", rows[name])
            self.assertIn("prologue failed at step 2", rows[name]["because"])


class GraphQL(Endpoint):
    def test_a_right_endpoint_has_no_finding(self):
        with Server("graphql.mjs") as server:
            for jobs in (1, 16):
                with self.subTest(jobs=jobs):
                    run, report = run_suites(server, "graphql", jobs=jobs)
                    self.assertNoFinding(run, report)

    def test_the_subprotocols_own_codes(self):
        with Server("graphql.mjs", "--init-wait-ms", "400") as server:
            run, report = run_json(server.url(), str(GRAPHQL), "--target", profile("graphql"),
                                   "--set", "graphql.init_wait_ms=400")
        self.assertCode(run, 0)
        self.assertEqual(report["summary"]["pass"], 10, brief(report, "fail", "error", "skipped"))
        codes = {row["name"].split("/")[1]: row["observed"]["code"] for row in report["scenarios"]}
        self.assertEqual({name: code for name, code in codes.items() if code},
                         {"variable-not-utf8": 1007, "bad-text-beside-a-subscription": 1007,
                          "not-json": 4400, "query-before-the-login": 4401, "no-login": 4408,
                          "same-id-twice": 4409, "second-login": 4429})

    def test_a_longer_wait_for_the_login_is_found(self):
        with Server("graphql.mjs", "--init-wait-ms", "3000") as server:
            run, report = run_json(server.url(), str(GRAPHQL), "--target", profile("graphql"),
                                   "--set", "graphql.init_wait_ms=400")
        self.assertCode(run, 1)
        self.assertEqual([row["name"] for row in by_verdict(report, "fail")], ["graphql/no-login"])

    def test_an_endpoint_that_checks_nothing_is_found(self):
        with Server("graphql.mjs") as server:
            _, right = run_suites(server, "graphql", "--exclude", "tag:big")
        with Server("graphql.mjs", "--skip-utf8-validation") as server:
            _, report = run_suites(server, "graphql", "--exclude", "tag:big", "--timeout", 500)
            self.assertFound(report, right, ("fail", "repaired"), r"U\+FFFD")
            run, report = run_json(server.url(), str(GRAPHQL), "--target", profile("graphql"))
        self.assertEqual(self.rows(report)["graphql/variable-not-utf8"]["class"], "repaired")

    def test_a_login_that_is_forbidden_is_an_error(self):
        with Server("graphql.mjs", "--token", "t") as server:
            run, report = run_json(server.url(), str(GRAPHQL), "--target", profile("graphql"))
        self.assertCode(run, 3)
        self.assertRegex(report["scenarios"][0]["because"], "prologue failed at step 2.*Close 4403")


class Sink(Endpoint):
    def test_a_sink_is_judged_by_its_pongs(self):
        with Server("sink.py") as server:
            run, report = run_suites(server, "sink", "--exclude", "tag:big")
            self.assertNoFinding(run, report)
            alone, few = run_json(server.url(), "utf8/valid*", "utf8/ill-formed*", "close-reason",
                                  "--target", profile("sink"), "-j", 1)
        self.assertCode(alone, 0)
        rows = self.rows(report)
        self.assertEqual(rows["utf8/valid-u-ok-01"]["observed"]["barrier"], "ping")
        self.assertEqual({row["name"]: row["verdict"] for row in few["scenarios"]},
                         {row["name"]: rows[row["name"]]["verdict"] for row in few["scenarios"]})

    def test_a_sink_is_recognised_without_a_profile(self):
        with Server("sink.py") as server:
            run, report = run_json(server.url(), "utf8/valid*", "utf8/ill-formed*")
        self.assertCode(run, 0)
        self.assertEqual(report["summary"]["pass"], len(report["scenarios"]))

    def test_a_sink_without_pongs_is_judged_by_what_it_refuses(self):
        with Server("sink.py", "--no-pong") as server:
            run, report = run_json(server.url(), "utf8/valid*", "utf8/ill-formed*", "utf8/*ping*",
                                   "--target", profile("sink"), "--timeout", 700,
                                   "--set", "capabilities.ping=false")
        self.assertCode(run, 0)
        self.assertEqual(by_verdict(report, "fail") + by_verdict(report, "error"), [],
                         brief(report, "fail", "error"))
        rows = self.rows(report)
        self.assertEqual(rows["utf8/valid-u-ok-01"]["observed"]["barrier"], "silence")
        self.assertGreaterEqual(rows["utf8/valid-u-ok-01"]["duration_ms"], 700)
        self.assertEqual(rows["utf8/ill-formed-u-ov-02"]["observed"]["code"], 1007)
        self.assertEqual({row["because"] for row in by_verdict(report, "skipped")},
                         {"the target has no capability 'ping'"})

    def test_a_server_that_answers_nothing_hangs_unless_the_profile_says_so(self):
        with Server("sink.py", "--no-pong") as server:
            run, report = run_json(server.url(), "utf8/valid*", "utf8/ill-formed*", "--timeout", 500)
        self.assertCode(run, 1)
        for row in report["scenarios"]:
            good = "/valid" in row["name"]
            self.assertEqual((row["verdict"], row["class"]),
                             ("fail", "hung") if good else ("pass", "exact"), row)
            if good:
                self.assertIn("capabilities.ping=false", row["diagnosis"])

    def test_each_acceptance_is_asked_for_anew(self):
        """The second text is closed with 1007 although a pong was evidence for the first one."""
        suite = {"suite": "twice", "scenarios": [{"id": "a", "steps": [
            {"send": {"text": "good"}}, {"expect": {"accepted": True}},
            {"send": {"text": {"hex": "ff"}}}, {"expect": {"accepted": True}}]}]}
        with tempfile.TemporaryDirectory() as folder, Server("sink.py") as server:
            path = pathlib.Path(folder) / "twice.json"
            path.write_text(json.dumps(suite))
            run, report = run_json(server.url(), path, "--target", profile("sink"))
        self.assertCode(run, 1)
        self.assertEqual(report["scenarios"][0]["observed"]["code"], 1007)


class Secrets(Endpoint):
    def test_a_captured_session_is_in_no_report(self):
        """The step that fails names it, the octets around the fault hold it, so do the messages."""
        suite = {"suite": "leak", "scenarios": [
            {"id": "named", "steps": [
                {"repeat": {"times": 2, "steps": [
                    {"send": {"text": "hi ${i}"}},
                    {"expect": {"message": {"json": {"/type": "message", "/text": "hi ${i}"}}}},
                    {"expect": {"message": {"json": {"/text": "${capture.session} ${i}"}},
                                "within_ms": 200}}]}}]},
            {"id": "kept", "steps": [
                {"send": {"text": {"hex": "ff"}}},
                {"expect": {"message": {"equals": "${capture.session}"}, "within_ms": 200}}]}]}
        with tempfile.TemporaryDirectory() as folder, \
                Server("chat.mjs", "--bad-text", "repair") as server:
            folder = pathlib.Path(folder)
            (folder / "leak.json").write_text(json.dumps(suite))
            value = json.loads(pathlib.Path(profile("chat")).read_text())
            value["carrier"]["prefix"] = '{"type":"say","text":"","session":"${capture.session}",' \
                                         '"text":"'
            (folder / "profile.json").write_text(json.dumps(value))
            files = [folder / name for name in ("junit.xml", "events.jsonl")]
            run, report = run_json(server.url(), folder / "leak.json", "--target",
                                   folder / "profile.json", "-vv", "--report-junit", files[0],
                                   "--events", files[1])
            everything = run.stdout + run.stderr + json.dumps(report)
            everything += "".join(file.read_text() for file in files)
        self.assertCode(run, 1)
        self.assertEqual(report["summary"]["fail"], 2, brief(report, "fail", "error"))
        uuid = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}"
        self.assertNotRegex(everything, uuid)
        self.assertIn('"session":"****', everything)
        self.assertEqual(self.rows(report)["leak/named"]["expected"],
                         [{"message": {"json": {"/text": "*** 0"}}}])
        # The step is named with its round.
        self.assertIn('{"/text":"*** 0"}', everything)

    def test_a_password_of_the_environment_is_in_no_report(self):
        login = [{"send": {"text": '{"type":"login","user":"${env.CHAT_USER}","room":"r"}'}},
                 {"expect": {"message": {"json": {"/type": "welcome"}},
                             "capture": {"session": "/session"}}}]
        with tempfile.TemporaryDirectory() as folder, \
                Server("chat.mjs", "--bad-text", "swallow") as server:
            path = pathlib.Path(folder) / "profile.json"
            value = json.loads(pathlib.Path(profile("chat")).read_text())
            path.write_text(json.dumps({**value, "prologue": login}))
            run, report = run_json(server.url(), "utf8/ill-formed-u-ov-02", "--target", path,
                                   "-vv", "--timeout", 500, env={"CHAT_USER": "p4ssw0rd-canary"})
        self.assertCode(run, 1)
        self.assertNotIn("p4ssw0rd", run.stdout + run.stderr + json.dumps(report))
        self.assertIn('"user":"****', run.stdout)


class Language(Endpoint):
    def run_suite(self, scenarios, *server_options, target="chat"):
        with tempfile.TemporaryDirectory() as folder, \
                Server("chat.mjs", *server_options) as server:
            path = pathlib.Path(folder) / "mine.json"
            path.write_text(json.dumps({"suite": "mine", "scenarios": scenarios}))
            return run_json(server.url(), path, "--target", profile(target))

    def test_each_member_of_a_group_has_a_login_a_session_and_a_room_of_its_own(self):
        said = {"text": '{"type":"say","session":"${capture.session}","text":"${nonce}"}',
                "carrier": False}
        run, report = self.run_suite([
            {"id": "members", "connections": {"crowd": {"count": 5}}, "steps": [
                {"connect": True, "on": "crowd"},
                {"send": said, "on": "crowd"},
                {"expect": {"message": {"json": {"/type": "message", "/text": "${nonce}",
                                                 "/from": "wsspec"}}}, "on": "crowd"},
                {"send": said},
                {"expect": {"message": {"json": {"/text": "${nonce}"}}}},
                {"expect": {"accepted": True}, "on": "crowd"}]}])
        self.assertCode(run, 0)
        self.assertEqual(report["scenarios"][0]["verdict"], "pass", report["scenarios"][0])

    def test_capture_works_inside_any_of(self):
        steps = [
            {"send": {"text": "first"}},
            {"expect": {"any_of": [{"close": 1008},
                                   {"message": {"json": {"/type": "message"}}}],
                        "capture": {"text": "/text"}}},
            {"send": {"text": "${capture.text} again"}},
            {"expect": {"message": {"json": {"/text": "first again"}}}}]
        run, report = self.run_suite([{"id": "any", "steps": steps}])
        self.assertCode(run, 0)
        self.assertEqual(report["scenarios"][0]["verdict"], "pass", report["scenarios"][0])

    def test_a_stranger_is_a_connection_without_the_prologue(self):
        run, report = self.run_suite([
            {"id": "stranger", "connect": {"prologue": False}, "steps": [
                {"send": {"text": '{"type":"say","session":"x","text":"hi"}', "carrier": False}},
                {"expect": {"message": {"json": {"/error": "no such session"}}}}]}])
        self.assertCode(run, 0)
        self.assertEqual(report["scenarios"][0]["verdict"], "pass", report["scenarios"][0])

    def test_a_pass_lists_what_came_true_and_a_fail_what_did_not(self):
        run, report = self.run_suite([
            {"id": "good", "steps": [
                {"send": {"text": "hi"}},
                {"expect": {"message": {"json": {"/text": "hi"}}}},
                {"expect": {"accepted": True}}, {"expect": {"accepted": True}},
                {"expect": {"open_for_ms": 10}}]},
            {"id": "bad", "steps": [
                {"send": {"text": "hi"}}, {"expect": {"accepted": True}},
                {"expect": {"close": 4000, "within_ms": 100}}]}])
        self.assertCode(run, 1)
        rows = self.rows(report)
        self.assertEqual(rows["mine/good"]["expected"],
                         [{"message": {"json": {"/text": "hi"}}}, {"accepted": True},
                          {"open_for_ms": 10}])
        self.assertEqual(rows["mine/bad"]["expected"], [{"close": 4000}])

    def test_an_echo_is_skipped_where_nothing_echoes(self):
        run, report = self.run_suite([
            {"id": "echo", "steps": [{"send": {"text": "a"}}, {"expect": {"echo": True}}]},
            {"id": "taken", "steps": [{"send": {"text": "a"}}, {"expect": {"accepted": True}}]}])
        self.assertCode(run, 0)
        rows = self.rows(report)
        self.assertEqual(rows["mine/echo"]["because"], "the target has no capability 'echo'")
        self.assertEqual(rows["mine/taken"]["verdict"], "pass")


if __name__ == "__main__":
    unittest.main()
