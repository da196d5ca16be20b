"""What must never be lost or hidden: Close frames under a flood, a killed server, Ctrl-C, reports."""

import json
import os
import signal
import subprocess
import tempfile
import time
import unittest

from harness import Case, Server, binary, run_json, wsspec

HERE = os.path.dirname(os.path.abspath(__file__))

FLOOD = {
    "suite": "flood",
    "scenarios": [{
        "id": "lost-close", "title": "A flood that the server answers with 1008 and a hard close",
        "steps": [
            {"burst": {"send": {"binary": {"random": 1000, "seed": 1}}, "count": 20000}},
            {"expect": {"close": 1008, "within_ms": 5000}}
        ]}]
}


def scenario_file(folder, document):
    path = os.path.join(folder, "scenarios.json")
    with open(path, "w") as file:
        json.dump(document, file)
    return path


class LostClose(Case):
    """The server sends 1008 and closes at once while unread data waits: TCP answers with RST."""

    def flood(self, *options):
        with tempfile.TemporaryDirectory() as folder, \
                Server("lost_close.py", "--read", "4096", *options) as server:
            return run_json(server.url(), scenario_file(folder, FLOOD), "--repeat", "500",
                            "--set", "capabilities.echo=false", timeout=120)

    def assertAllClosed1008(self, run, report):
        self.assertCode(run, 0)
        self.assertEqual(report["summary"]["pass"], 500)
        for row in report["scenarios"]:
            self.assertEqual(row["observed"]["code"], 1008)

    def test_500_closes_with_unread_data(self):
        self.assertAllClosed1008(*self.flood())

    def test_500_closes_with_so_linger_0(self):
        # A RST at once would purge the server's own send queue before it left the machine; the
        # server gives the kernel a moment. What has reached this machine must not be lost.
        self.assertAllClosed1008(*self.flood("--linger0", "--linger0-delay-ms", "20"))


class Died(Case):
    def test_the_scenario_that_kills_the_server_is_blamed(self):
        document = {"suite": "kill", "scenarios": [
            {"id": f"good-{n}", "title": "good", "steps": [
                {"send": {"text": "x"}}, {"expect": {"accepted": True}}]} for n in range(4)
        ] + [{"id": "killer", "title": "bad", "steps": [
            {"send": {"text": {"hex": "ff"}}}, {"expect": {"close": 1007}}]}]}
        with tempfile.TemporaryDirectory() as folder, \
                Server("faulty.mjs", "--fault", "crash") as server:
            run, report = run_json(server.url(), scenario_file(folder, document), "-j", "1")
        self.assertCode(run, 1)
        rows = {row["name"]: row for row in report["scenarios"]}
        self.assertEqual((rows["kill/killer"]["verdict"], rows["kill/killer"]["class"]),
                         ("fail", "died"))
        for n in range(4):
            self.assertEqual(rows[f"kill/good-{n}"]["verdict"], "pass")

    STUCK = {"suite": "kill", "scenarios": [
        {"id": "before", "title": "good", "steps": [
            {"send": {"text": "x"}}, {"expect": {"accepted": True}}]},
        {"id": "killer", "title": "its end is no sign of death", "steps": [
            {"send": {"text": "grab"}}, {"expect": {"drop": True}}]},
        {"id": "after", "title": "good", "steps": [
            {"send": {"text": "x"}}, {"expect": {"accepted": True}}]}]}

    def assertKillerIsStuck(self, *options):
        with tempfile.TemporaryDirectory() as folder, Server("stuck.py", *options) as server:
            run, report = run_json(server.url(), scenario_file(folder, self.STUCK), "-j", "1")
        self.assertCode(run, 1)
        rows = {row["name"][5:]: row for row in report["scenarios"]}
        self.assertEqual(rows["before"]["verdict"], "pass")
        self.assertEqual((rows["killer"]["verdict"], rows["killer"]["class"]), ("fail", "hung"))
        self.assertIn("answers no handshake after this scenario", rows["killer"]["diagnosis"])
        self.assertIn("is stuck", run.words)
        return rows

    def test_what_leaves_the_server_stuck_is_blamed_and_the_rest_is_skipped(self):
        self.assertEqual(self.assertKillerIsStuck()["after"]["verdict"], "skipped")

    def test_a_server_that_is_stuck_for_a_while_lets_the_others_be_judged(self):
        self.assertEqual(self.assertKillerIsStuck("--for-ms", "1500")["after"]["verdict"], "pass")

    def test_a_check_that_ends_well_in_an_outage_does_not_stop_the_run(self):
        """One look at the server finds it stuck while another one is still waiting; the lock is
        found again and the other look ends well: the run has an end."""
        document = {"suite": "kill", "scenarios": [
            self.STUCK["scenarios"][1],
            {"id": "bystander", "title": "drops too", "steps": [
                {"wait_ms": 300}, {"send": {"text": "drop"}}, {"expect": {"drop": True}}]}]}
        with tempfile.TemporaryDirectory() as folder, Server("stuck.py", "--for-ms", 1150) as server:
            run, report = run_json(server.url(), scenario_file(folder, document), "-j", "2",
                                   timeout=40)
        rows = {row["name"][5:]: row["verdict"] for row in report["scenarios"]}
        self.assertEqual(rows, {"killer": "fail", "bystander": "pass"})

    def test_what_never_ran_is_skipped_for_one_reason(self):
        document = {"suite": "kill", "scenarios": [
            {"id": "killer", "title": "bad", "steps": [
                {"send": {"text": {"hex": "ff"}}}, {"expect": {"close": 1007}}]},
            {"id": "after", "title": "good", "steps": [
                {"send": {"text": "x"}}, {"expect": {"accepted": True}}]}]}
        with tempfile.TemporaryDirectory() as folder, \
                Server("faulty.mjs", "--fault", "crash") as server:
            run, report = run_json(server.url(), scenario_file(folder, document), "-j", "1")
        self.assertCode(run, 1)
        rows = {row["name"]: row for row in report["scenarios"]}
        self.assertEqual(rows["kill/killer"]["class"], "died")
        self.assertEqual((rows["kill/after"]["verdict"], rows["kill/after"]["cause"]),
                         ("skipped", "server-down"))
        self.assertIn("the server stays down: 1 scenario is not run", run.words)

    def test_a_server_that_comes_back_lets_the_others_be_judged(self):
        """Ten run at once, one kills; a supervisor restarts the server: only the killer is blamed."""
        document = {"suite": "kill", "scenarios": [
            {"id": f"good-{n}", "title": "good", "steps": [
                {"send": {"text": "x"}}, {"wait_ms": 300}, {"send": {"text": "y"}},
                {"expect": {"accepted": True}}]} for n in range(9)
        ] + [{"id": "killer", "title": "bad", "steps": [
            {"wait_ms": 100}, {"send": {"text": {"hex": "ff"}}}, {"expect": {"close": 1007}}]}]}
        from harness import unused_port
        port = unused_port()
        supervisor = subprocess.Popen(
            ["bash", "-c", f'for i in 1 2 3 4 5 6; do node "{HERE}/../servers/faulty.mjs" --fault '
             f'crash --port {port} >/dev/null 2>&1; sleep 1.5; done'], start_new_session=True)
        try:
            with tempfile.TemporaryDirectory() as folder:
                run, report = run_json(f"ws://127.0.0.1:{port}/", scenario_file(folder, document),
                                       "--wait-for", "5000", timeout=90)
        finally:
            os.killpg(supervisor.pid, signal.SIGTERM)
            supervisor.wait()
        self.assertCode(run, 1)
        blamed = [row["name"] for row in report["scenarios"] if row["verdict"] == "fail"]
        self.assertEqual(blamed, ["kill/killer"])
        self.assertEqual(report["summary"]["pass"], 9)


class Hung(Case):
    def test_a_server_that_stops_reading_is_hung(self):
        document = {"suite": "hang", "scenarios": [{"id": "bad", "title": "bad", "steps": [
            {"send": {"text": {"hex": "ff"}}}, {"expect": {"close": 1007, "within_ms": 600}}]}]}
        with tempfile.TemporaryDirectory() as folder, \
                Server("faulty.mjs", "--fault", "hang-on-invalid") as server:
            run, report = run_json(server.url(), scenario_file(folder, document))
        self.assertCode(run, 1)
        self.assertEqual(report["scenarios"][0]["class"], "hung")


    def test_a_large_send_into_a_server_that_stopped_reading_ends(self):
        document = {"suite": "hang", "scenarios": [{"id": "large", "title": "large", "steps": [
            {"send": [{"text": {"hex": "ff"}}, {"binary": {"random": 33554432, "seed": 1}}]},
            {"expect": {"close": 1007, "within_ms": 600}}]}]}
        with tempfile.TemporaryDirectory() as folder, \
                Server("faulty.mjs", "--fault", "hang-on-invalid") as server:
            run, report = run_json(server.url(), scenario_file(folder, document), timeout=30)
        self.assertCode(run, 1)
        self.assertEqual(report["scenarios"][0]["class"], "hung")

    def test_a_server_that_echoes_twice_is_found(self):
        document = {"suite": "twice", "scenarios": [{"id": "one", "title": "one", "steps": [
            {"send": {"text": "once"}}, {"expect": {"accepted": True}}]}]}
        with tempfile.TemporaryDirectory() as folder, \
                Server("faulty.mjs", "--fault", "echo-twice") as server:
            run, report = run_json(server.url(), scenario_file(folder, document))
        self.assertCode(run, 1)
        self.assertIn("more than once", report["scenarios"][0]["diagnosis"] +
                      str(report["scenarios"][0]["observed"]))


class Interrupted(Case):
    def test_ctrl_c_keeps_what_was_measured(self):
        document = {"suite": "slow", "scenarios": [
            {"id": "quick", "title": "quick", "steps": [
                {"send": {"text": "x"}}, {"expect": {"accepted": True}}]},
            {"id": "long", "title": "long", "steps": [
                {"wait_ms": 30000}, {"send": {"text": "x"}}, {"expect": {"accepted": True}}]}]}
        with tempfile.TemporaryDirectory() as folder, Server("ws_echo.mjs") as server:
            files = [os.path.join(folder, name) for name in ("report.json", "report.xml")]
            process = subprocess.Popen(
                [binary(), "run", server.url(), scenario_file(folder, document), "--report-json",
                 files[0], "--report-junit", files[1]], stdout=subprocess.PIPE,
                stderr=subprocess.PIPE)
            time.sleep(1.0)
            started = time.monotonic()
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=10)
            self.assertLess(time.monotonic() - started, 2)
            self.assertEqual(process.returncode, 130)
            with open(files[0]) as file:
                report = json.load(file)
            self.assertEqual(report["summary"]["pass"], 1)
            self.assertTrue(report["interrupted"])
            subprocess.run(["xmllint", "--noout", "--schema", os.path.join(HERE, "junit.xsd"),
                            files[1]], check=True, capture_output=True)


class JUnit(Case):
    def run_junit(self, server, *options):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "report.xml")
            run = wsspec("run", server.url(), "utf8", "--exclude", "tag:big", "--report-junit",
                         path, *options)
            subprocess.run(["xmllint", "--noout", "--schema", os.path.join(HERE, "junit.xsd"), path],
                           check=True, capture_output=True)
            with open(path, encoding="utf-8") as file:
                return run, file.read()

    def test_valid_against_the_schema_with_failures(self):
        with Server("accept_all.mjs") as server:
            run, text = self.run_junit(server)
        self.assertCode(run, 1)
        self.assertIn("<failure", text)
        self.assertIn('classname="wsspec.utf8"', text)

    def test_valid_whatever_the_server_says_in_its_reason(self):
        with Server("faulty.mjs", "--fault", "code-1008", "--fault", "esc-reason") as server:
            run, text = self.run_junit(server)
        self.assertCode(run, 1)
        self.assertNotIn("\x1b", text)

    def test_strict_makes_tolerated_a_failure(self):
        with Server("ws_echo.mjs") as server:
            run, text = self.run_junit(server)
            self.assertCode(run, 0)
            self.assertNotIn("<failure", text)
            run, text = self.run_junit(server, "--strict")
        self.assertCode(run, 1)
        self.assertIn('type="tolerated"', text)


class Same(Case):
    def test_the_same_verdicts_at_every_j(self):
        seen = set()
        with Server("ws_echo.mjs") as server:
            for jobs in ("1", "16", "64"):
                run, report = run_json(server.url(), "utf8", "--exclude", "tag:big", "-j", jobs)
                self.assertCode(run, 0)
                seen.add(tuple(sorted((row["name"], row["verdict"]) for row in report["scenarios"])))
        self.assertEqual(len(seen), 1)


if __name__ == "__main__":
    unittest.main()
