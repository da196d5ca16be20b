"""Every policy scenario passes on a server that keeps its promises, and is a finding on one that
does not: a lax one that promises and enforces nothing, or a strict one that enforces too early."""

import json
import unittest

from harness import Case, Server, run_json, wsspec
from serving import Serve

MANY = {
    "policy.message_rate.limit": 20, "policy.message_rate.window_ms": 1000,
    "policy.message_bytes.limit": 65536, "policy.fragments.limit": 100,
    "policy.forbidden": '{"messages": [{"text": "badword"}], "near_misses": [{"text": "badwort"}]}',
    "policy.text_only": "true",
    "policy.token": '{"send": {"query": "token"}, "valid": "good", "wrong": ["bad"], '
                    '"expired": "old"}',
    "policy.origin": '{"allowed": ["https://a.example"], "denied": ["https://evil.example"], '
                     '"action": "refuse", "status": [403]}',
    "capabilities.echo": "true",
}


def serve(**flags):
    out = []
    for name, value in flags.items():
        out.append("--" + name.replace("_", "-"))
        if value is not True:
            out.append(value)
    return Serve(*out)


def tokens(**more):
    return {"policy.token": '{"send": {"query": "token"}, "valid": "good", "wrong": ["bad"], '
                            '"expired": "old", "ttl_ms": 800}', "capabilities.echo": "true", **more}


# What is declared, the scenarios it is about, and the three servers.
TABLE = [
    (MANY, "policy", ("policy/token-runs-out",),
     lambda: serve(message_rate=20, max_message=65536, max_fragments=100, forbidden="badword",
                   text_only=True, token="good", origin="https://a.example"),
     lambda: serve(),
     # A server that is too strict in one thing at a time, or the first would hide the others.
     [lambda: serve(message_rate=10, token="good"), lambda: serve(max_message=30000),
      lambda: serve(token="other"), lambda: serve(origin="https://other.example"),
      lambda: serve(forbidden="badwor")]),
    ({"policy.connections": '{"limit": 8, "action": "refuse", "status": [503]}'},
     "policy/connections*", (), lambda: serve(max_connections=8), lambda: serve(),
     [lambda: serve(max_connections=5)]),
    ({"policy.idle_timeout_ms": '{"limit": 600, "close": [1008]}'}, "policy/idle-too-long", (),
     lambda: serve(idle_timeout_ms=600), lambda: serve(), []),
    (tokens(), "policy/token-runs-out", (), lambda: serve(token="good", token_ttl_ms=800),
     lambda: serve(token="good"), [lambda: serve(token="good", token_ttl_ms=200)]),
    ({"policy.strikes": '{"limit": 3, "breach": {"text": "?"}}'}, "policy/strikes", (),
     lambda: Server("ws_policy.mjs", "--limit", "1000", "--strikes", "3"),
     lambda: Server("ws_policy.mjs", "--limit", "1000"),
     [lambda: Server("ws_policy.mjs", "--limit", "1000", "--strikes", "2")]),
]


class Proof(Case):
    def rows(self, server, declared, selector, without):
        options = []
        for name, value in declared.items():
            options += ["--set", f"{name}={value}"]
        for name in without:
            options += ["--exclude", name]
        run, report = run_json(server.url(), selector, *options, timeout=120)
        self.assertIn(run.code, (0, 1), str(run))
        return {row["name"]: row["verdict"] for row in report["scenarios"]
                if row["verdict"] != "skipped"}

    def test_each_passes_on_the_right_server_and_is_found_on_a_wrong_one(self):
        proven = []
        for declared, selector, without, right, lax, strict in TABLE:
            with right() as server:
                passed = self.rows(server, declared, selector, without)
            self.assertTrue(passed)
            self.assertEqual({name: verdict for name, verdict in passed.items()
                              if verdict != "pass"}, {})
            found = set()
            for wrong in (lax, *strict):
                with wrong() as server:
                    found |= {name for name, verdict
                              in self.rows(server, declared, selector, without).items()
                              if verdict in ("fail", "tolerated")}
            self.assertEqual(sorted(set(passed) - found), [], "never seen to fail")
            proven += passed
        listed = json.loads(wsspec("list", "policy", "--slow", "--json").stdout)["scenarios"]
        self.assertEqual(sorted(proven), sorted(row["name"] for row in listed))


if __name__ == "__main__":
    unittest.main()
