"""`run URL --through URL2`: only what a proxy changes is a finding."""

import unittest

import outputs
import proxies
from harness import Case, Server, run_json, wsspec

SUITES = ("utf8", "close", "handshake-headers")


class Through(Case):
    def test_no_proxy_changes_nothing(self):
        with Server("ws_echo.mjs") as server:
            run, report = run_json(server.url("/"), "--through", server.url("/"), *SUITES,
                                   timeout=120)
        self.assertCode(run, 0)
        self.assertEqual((report["summary"]["fail"], report["summary"]["tolerated"]), (0, 0))

    def test_a_server_that_is_worse_is_the_finding(self):
        with Server("ws_echo.mjs") as good, Server("accept_all.mjs") as bad:
            run, report = run_json(good.url("/"), "--through", bad.url("/"), "utf8/a-hundred-refusals",
                                   "utf8/valid-u-ok-01")
            back, _ = run_json(bad.url("/"), "--through", good.url("/"), "utf8/a-hundred-refusals")
        self.assertCode(run, 1)
        rows = {row["name"]: row for row in report["scenarios"]}
        row = rows["utf8/a-hundred-refusals"]
        self.assertEqual((row["verdict"], row["class"]), ("fail", "accepted"))
        self.assertIn("Only through the proxy; without it: HTTP 101, Close 1007", row["diagnosis"])
        self.assertIn("--through", run.words)
        self.assertEqual(rows["utf8/valid-u-ok-01"]["verdict"], "pass")
        self.assertCode(back, 0)  # what a proxy mends is no finding

    def test_nginx(self):
        run, report = proxies.compare("nginx", *SUITES)
        self.assertCode(run, 1)
        verdicts = {row["name"]: row["verdict"] for row in report["scenarios"]}
        # It ends the tunnel at the client's FIN, and sends "Connection: upgrade" by itself.
        self.assertEqual(verdicts["close/close-and-half-close"], "fail")
        self.assertEqual(verdicts["handshake-headers/bad-connection-none"], "fail")
        self.assertEqual({verdict for name, verdict in verdicts.items() if name.startswith("utf8/")}
                         - {"pass", "skipped"}, set())

    def test_nginx_as_it_comes(self):
        run, _ = proxies.compare("nginx as it comes (HTTP/1.0)", *SUITES)
        self.assertCode(run, 3)
        self.assertIn("refused with HTTP 426", run.stderr)
        self.assertIn("it is the proxy's doing", run.stderr)

    def test_haproxy(self):
        run, report = proxies.compare("haproxy", *SUITES)
        self.assertCode(run, 0)
        self.assertGreater(report["summary"]["pass"], 300)


class Usage(Case):
    def test_options_that_do_not_go_together(self):
        for more in (["--start", "true"], ["--unix-socket", "/tmp/x"]):
            run = wsspec("run", "ws://127.0.0.1:1/", "--through", "ws://127.0.0.1:2/", *more)
            self.assertCode(run, 2)
            self.assertIn("--through", run.stderr)

    def test_without_the_proxy_nothing_answers(self):
        with Server("ws_echo.mjs") as server:
            out = outputs.run_and_check("ws://127.0.0.1:1/", "utf8", "--through", server.url("/"))
        self.assertCode(out.run, 3)
        self.assertIn("refused", out.run.stderr)
        self.assertEqual(out.report["target"]["url"], "ws://127.0.0.1:1/")
        self.assertIn(b"<error", out.texts["junit"])

    def test_a_url_that_is_none(self):
        with Server("ws_echo.mjs") as server:
            run = wsspec("run", server.url("/"), "--through", "http//x", "utf8/a-hundred-refusals")
        self.assertCode(run, 2)


if __name__ == "__main__":
    unittest.main()
