"""The suite handshake-headers against servers that promise something: every policy it knows is
looked at, and none of them is a false finding. What it finds on bad servers is in test_faults.py."""

import json
import os
import tempfile
import unittest

import test_tls
from harness import Case, Server, brief, run_json
from serving import Serve

PROMISES = {
    "subprotocols": [],
    "policy": {
        "origin": {"allowed": ["https://a.example"], "denied": ["https://evil.example"],
                   "absent": True, "action": "refuse", "status": 403},
        "host": {"allowed": ["127.0.0.1", "localhost"], "denied": ["evil.example"]},
        "subprotocol": {"supported": ["chat.v1", "chat.v0"]},
        "token": {"send": {"header": "Authorization", "value": "Bearer ${token}"},
                  "valid": "good-1", "wrong": ["bad"], "expired": "old", "action": "refuse",
                  "status": 401},
    },
}
SUITE = "handshake-headers/**"


class Promises(Case):
    def test_a_server_that_keeps_them_all(self):
        with tempfile.TemporaryDirectory() as folder:
            profile = os.path.join(folder, "profile.json")
            with open(profile, "w") as file:
                json.dump(PROMISES, file)
            with Serve("--origin", "https://a.example", "--host", "127.0.0.1", "--host",
                       "localhost", "--subprotocol", "chat.v1", "--subprotocol", "chat.v0",
                       "--token", "good-1", "--refuse") as server:
                run, report = run_json(server.url(), SUITE, "--target", profile)
        self.assertCode(run, 0)
        self.assertEqual(brief(report, "fail", "error", "tolerated"), "", f"\n{run}")
        skipped = {row["because"] for row in report["scenarios"] if row["verdict"] == "skipped"}
        self.assertEqual(skipped, {
            "the target has no capability 'tls'", "the target declares policy.host",
            "the target declares policy.origin", "the target declares policy.origin.absent",
            "the target declares no policy.path"})

    def test_what_needs_two_subprotocols_is_skipped_where_there_is_one(self):
        with Serve("--subprotocol", "chat.v1") as server:
            run, report = run_json(server.url(), "handshake-headers/*subprotocol*", "--set",
                                   'policy.subprotocol.supported=["chat.v1"]')
        self.assertCode(run, 0)
        self.assertEqual(brief(report, "fail", "error", "tolerated"), "", f"\n{run}")
        rows = {row["name"]: row for row in report["scenarios"]}
        self.assertEqual(rows["handshake-headers/two-subprotocols-in-order"]["because"],
                         "the target declares no policy.subprotocol.supported.1")
        self.assertEqual(
            rows["handshake-headers/bad-subprotocol-beside-a-known-one-space"]["verdict"], "pass")

    def test_a_server_that_promises_nothing(self):
        with Serve() as server:
            run, report = run_json(server.url(), SUITE)
        self.assertCode(run, 0)
        self.assertEqual(brief(report, "fail", "error", "tolerated"), "", f"\n{run}")

    def test_a_path_that_is_redirected(self):
        for path, verdict in (("/moved", "pass"), ("/stays", "tolerated")):
            with self.subTest(path), Server("tornado_app.py") as server:
                run, report = run_json(server.url(), "handshake-headers/redirect-*", "--set",
                                       f'policy.path.redirects=["{path}"]')
                self.assertCode(run, 0)
                self.assertEqual([s["verdict"] for s in report["scenarios"]], [verdict], f"\n{run}")


class Tls(Case):
    @classmethod
    def setUpClass(cls):
        cls.certificates = test_tls.Certificates()

    def test_every_scenario_about_tls(self):
        with Server("websockets_echo.py", *self.certificates.server("good")) as server:
            run, report = run_json(f"wss://127.0.0.1:{server.port}/", "tag:6455-4.2.2-tls-*",
                                   "--cacert", self.certificates["ca.pem"])
        self.assertCode(run, 0)
        self.assertEqual(report["summary"]["pass"], len(report["scenarios"]), f"\n{run}")
        self.assertGreaterEqual(len(report["scenarios"]), 9)


if __name__ == "__main__":
    unittest.main()
