"""Exit codes, reports and errors of `wsspec run`, against real servers."""

import json
import re
import unittest

import harness
from harness import Case, Server, by_verdict, brief, run_json, wsspec
from serving import Serve


class AgainstServers(Case):
    def test_the_reference_server_passes_everything_with_exit_code_0(self):
        with Serve() as server:
            run, report = run_json(server.url(), timeout=240)
        self.assertIsNotNone(report, f"\n{run}")
        self.assertEqual(brief(report, "fail", "error", "tolerated"), "")
        self.assertEqual([s["name"] for s in report["scenarios"] if s["class"] == "late"], [])
        self.assertCode(run, 0)
        self.assertGreater(report["summary"]["pass"], 2500)

    def test_a_server_that_checks_nothing_gives_exit_code_1(self):
        with Server("accept_all.mjs") as server:
            run, report = run_json(server.url(), "utf8/**", timeout=240)
        self.assertCode(run, 1)
        accepted = [s for s in by_verdict(report, "fail") if s["class"] == "accepted"]
        self.assertGreater(len(accepted), 0, brief(report, "fail", "error"))
        for scenario in accepted:
            self.assertTrue(scenario["diagnosis"], scenario["name"])
            self.assertIsInstance(scenario["expected"], list, scenario["name"])
            self.assertIsInstance(scenario["observed"], dict, scenario["name"])

    def test_the_report_names_the_target_and_every_scenario_once(self):
        with Server("ws_echo.mjs", "--no-fragment-limit") as server:
            url = server.url()
            run, report = run_json(url, "utf8/**", timeout=240)
        self.assertIsNotNone(report, f"\n{run}")
        self.assertEqual(report["target"]["url"], url)
        self.assertTrue(report["tool"]["version"])
        names = [s["name"] for s in report["scenarios"]]
        self.assertEqual(len(names), len(set(names)))
        self.assertTrue(all(name.startswith("utf8/") for name in names))

    def test_the_report_goes_to_stdout_alone_with_a_dash(self):
        with Server("ws_echo.mjs") as server:
            run = wsspec("run", server.url(), "utf8/**", "--report-json", "-", timeout=240)
        self.assertEqual(json.loads(run.stdout)["schema"], "wsspec-report/1", f"\n{run}")


class Unreachable(Case):
    def test_nothing_listens(self):
        run = wsspec("run", f"ws://127.0.0.1:{harness.unused_port()}/", timeout=30)
        self.assertCode(run, 3)
        self.assertRegex(run.stderr + run.stdout, r"(?i)refused")

    def test_http_404(self):
        with Server("hostile.py") as server:
            run = wsspec("run", server.url("/no-such-behaviour"), timeout=60)
        self.assertCode(run, 3)
        self.assertIn("404", run.stderr + run.stdout, f"\n{run}")

    def test_http_403(self):
        with Server("hostile.py") as server:
            run = wsspec("run", server.url("/forbidden"), timeout=60)
        self.assertCode(run, 3)
        self.assertIn("403", run.stderr + run.stdout, f"\n{run}")

    def test_a_server_that_never_answers(self):
        with Server("hostile.py") as server:
            run = wsspec("run", server.url("/silent"), "--connect-timeout", 500, timeout=30)
        self.assertCode(run, 3)
        self.assertLess(run.seconds, 15, f"\n{run}")

    def test_answers_that_are_no_websocket_server(self):
        for name, words in (("garbage", "the first line is not HTTP"), ("reset-at-once", "reset"), ("tls-alert", "TLS"),
                            ("wrong-accept", "Sec-WebSocket-Accept")):
            with self.subTest(name), Server("hostile.py") as server:
                run = wsspec("run", server.url("/" + name), "--connect-timeout", 2000, timeout=60)
                self.assertCode(run, 3)
                self.assertIn(words, run.stderr + run.stdout, f"\n{run}")

    def test_endless_headers_do_not_fill_the_memory(self):
        with Server("hostile.py") as server:
            run = wsspec("run", server.url("/endless-headers"), "--connect-timeout", 2000, timeout=60)
        self.assertCode(run, 3)
        self.assertLess(run.peak_rss, harness.memory_limit(200), f"\n{run}")

    def test_endless_frames_do_not_fill_the_memory(self):
        for name in ("text-flood", "huge-then-data"):
            with self.subTest(name), Server("hostile.py") as server:
                run = wsspec("run", server.url("/" + name), "utf8/valid*", "--timeout", 200, timeout=120)
                self.assertIn(run.code, (1, 3), f"\n{run}")
                self.assertLess(run.peak_rss, harness.memory_limit(200), f"\n{run}")

    def test_control_characters_of_the_server_never_reach_the_terminal(self):
        with Server("hostile.py") as server:
            run = wsspec("run", server.url("/close-nasty-reason?good=1"), "utf8/**", "-vv", "--color", "never", timeout=120)
        self.assertNoCrash(run)
        self.assertNotEqual(run.code, 0, f"\n{run}")
        for stream in (run.stdout, run.stderr):
            self.assertNotIn("\x1b", stream)
            self.assertNotIn("\x07", stream)


class Usage(Case):
    def test_no_arguments(self):
        self.assertCode(wsspec(timeout=10), 2)

    def test_help_and_version(self):
        self.assertCode(wsspec("--help", timeout=10), 0)
        self.assertCode(wsspec("--version", timeout=10), 0)

    def test_the_help_and_the_readme_say_the_same_of_exit_code_3(self):
        readme = (harness.ROOT / "README.md").read_text(encoding="utf-8")
        meaning = re.search(r"^\| 3 \| (.*) \|$", readme, re.M).group(1)
        self.assertIn(f" 3 {meaning}, 130 ", " ".join(wsspec("--help").stdout.split()))

    def test_a_url_that_is_none(self):
        for url in ("", "nonsense", "http//x", "ftp://127.0.0.1/", "ws://", "ws://127.0.0.1:99999/",
                    "ws://127.0.0.1:x/"):
            with self.subTest(url):
                run = wsspec("run", url, timeout=10)
                self.assertCode(run, 2)
                self.assertTrue(run.stderr.strip(), f"\n{run}")

    def test_an_unknown_option(self):
        self.assertCode(wsspec("run", "ws://127.0.0.1:1/", "--no-such-option", timeout=10), 2)

    def test_a_selector_that_matches_nothing(self):
        with Server("ws_echo.mjs") as server:
            run = wsspec("run", server.url(), "no-such-suite/**", timeout=20)
        self.assertCode(run, 2)
        self.assertIn("no-such-suite", run.stderr, f"\n{run}")

    def test_a_report_that_cannot_be_written(self):
        with Server("ws_echo.mjs") as server:
            run = wsspec("run", server.url(), "utf8/**", "--report-json", "/no/such/folder/r.json",
                         timeout=240)
        self.assertCode(run, 3)


if __name__ == "__main__":
    unittest.main()
