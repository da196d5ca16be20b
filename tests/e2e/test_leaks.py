"""A server that never frees the slots of connections that ended without a Close: one finding, that
names the kind of end and how many it took, whatever the server then says."""

import unittest

from harness import Case, Server, run_json

ECHO = ("--set", "capabilities.echo=true")
# Fault of faulty.mjs, and how it meets a connection once its sixty slots are gone.
WAYS = (
    ("slots-leak-503", "refused with HTTP 503"),
    ("slots-leak-drop", "dropped without an answer"),
    ("slots-leak-silent", "left without an answer"),
)
PART = ("framing/length-*-text", "tag:6455-7.1.1-c", "close/close-1000")


class Leaks(Case):
    def test_one_finding_names_the_end_and_the_number(self):
        for fault, way in WAYS:
            with self.subTest(fault), Server("faulty.mjs") as server:
                run, report = run_json(server.url(f"/?fault={fault}"), *PART, *ECHO, timeout=60)
                self.assertCode(run, 1)
                found = [s for s in report["scenarios"] if s["verdict"] == "fail"]
                self.assertEqual(len(found), 1, f"\n{run}")
                one = found[0]
                self.assertEqual((one["class"], one["cause"], one["impact"]),
                                 ("leaks", "slots-leaked", "critical"))
                self.assertRegex(one["name"], "^limits/slots-are-free-after-")
                self.assertRegex(one["diagnosis"],
                                 f"^After 6[0-9] connections of this kind had ended, a new one was {way}")
                self.assertEqual(report["summary"]["error"], 0, f"\n{run}")
                skipped = {s["cause"] for s in report["scenarios"] if s["verdict"] == "skipped"}
                self.assertEqual(skipped, {"slots-gone"})

    def test_a_whole_run_has_one_finding_and_no_error(self):
        with Server("faulty.mjs") as server:
            run, report = run_json(server.url("/?fault=slots-leak-503"), *ECHO, timeout=120)
        self.assertCode(run, 1)
        found = [(s["class"], s["cause"]) for s in report["scenarios"] if s["verdict"] == "fail"]
        self.assertEqual(found, [("leaks", "slots-leaked-in-run")], f"\n{run}")
        self.assertEqual(report["summary"]["error"], 0, f"\n{run}")
        self.assertIn("This scenario only met it", run.stdout)

    def test_a_server_that_frees_them_has_no_finding(self):
        for server in (("faulty.mjs",), ("ws_echo.mjs",), ("websockets_echo.py",)):
            with self.subTest(server[0]), Server(*server) as running:
                run, report = run_json(running.url(), "tag:6455-7.1.1-c", *ECHO, timeout=60)
                self.assertCode(run, 0)
                self.assertEqual(report["summary"]["pass"], 6, f"\n{run}")


if __name__ == "__main__":
    unittest.main()
