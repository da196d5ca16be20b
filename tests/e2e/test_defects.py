"""A server's own frames that are wrong: the report names the defect, not only the rule it breaks."""

import unittest

from faultplan import DECLARED
from harness import Case, Server, run_json

# Fault of faulty.mjs, what to run, the cause, and what the diagnosis must say.
ROWS = [
    ("length-in-characters", "utf8/valid-u-ok-05", "length-in-characters",
     "the number of its characters"),
    ("two-writers", "close/close-1000", "two-writers", "two writers use the connection"),
    ("torn-message", "framing/length-65535-text", "two-writers",
     "another frame in its payload, at octet 0 (ping, header 0x89 0x04)"),
    ("torn-message", "framing/length-65536-binary", "two-writers",
     "two writers use the connection"),
    ("text-after-upgrade", "framing/length-1-text", "text-after-upgrade",
     "Notice: Undefined index"),
    ("message-split", "framing/length-131072-binary", "message-split", "the first of 4096"),
    ("length-little-endian", "framing/length-128-binary", "length-byte-swapped",
     "network byte order"),
    ("length-low-half-zero", "framing/length-65536-binary", "length-low-half-zero",
     "network byte order"),
    ("long-reason", "utf8/ill-formed-u-ov-02", "close-reason-too-long",
     "a Close with a reason of 128 octets, 123 are allowed"),
]

# Fault of faulty.mjs, the scenario that finds it, and what the diagnosis must say of our request.
TAKEN = [
    ("http10", "handshake/http-1.0", "in another HTTP version than HTTP/1.1, against RFC 6455 4.1"),
    ("no-host", "handshake-headers/no-host", "without a Host header, against RFC 6455 4.2.1"),
    ("body-is-frames", "handshake/a-body-like-a-frame",
     "with a body, against RFC 6455 4.1 and RFC 9112 6: the octets of the body are then read as"),
]

# What comes beside the right answer: the scenario's own expectation is met.
BESIDE = [
    ("fragments-as-messages", "autobahn/6.1.3", "unsolicited-messages",
     "The server sent 2 messages that answer none of ours."),
    ("pong-answered", "autobahn/2.7", "pong-answered", "The server answered a pong with a pong"),
]


class Defects(Case):
    def test_each_is_named(self):
        with Server("faulty.mjs") as server:
            for fault, scenario, cause, words in ROWS:
                with self.subTest(fault):
                    run, report = run_json(server.url("/?fault=" + fault), scenario, *DECLARED,
                                           timeout=120)
                    self.assertIsNotNone(report, f"\n{run}")
                    found = [s for s in report["scenarios"] if s["verdict"] == "fail"]
                    self.assertTrue(found, f"\n{run}")
                    for one in found:
                        self.assertEqual(one["class"], "broken", one)
                        self.assertEqual(one["cause"], cause, one)
                        self.assertIn(words, one["diagnosis"])
                        # A frame that never ends is judged at the deadline, without another try.
                        self.assertLess(one["duration_ms"], 20000, one)

    def test_a_handshake_that_had_to_be_refused_is_named(self):
        with Server("faulty.mjs") as server:
            for fault, scenario, words in TAKEN:
                with self.subTest(fault):
                    run, report = run_json(server.url("/?fault=" + fault), scenario, *DECLARED,
                                           "--fail-on", "letter")
                    self.assertCode(run, 1)
                    one = report["scenarios"][0]
                    self.assertEqual((one["verdict"], one["cause"]), ("fail", "handshake-accepted"))
                    self.assertIn("The server accepted a handshake " + words, one["diagnosis"])

    def test_what_comes_beside_the_right_answer_fails(self):
        with Server("faulty.mjs") as server:
            for fault, scenario, cause, words in BESIDE:
                with self.subTest(fault):
                    run, report = run_json(server.url("/?fault=" + fault), scenario, *DECLARED)
                    self.assertCode(run, 1)
                    one = report["scenarios"][0]
                    self.assertEqual((one["verdict"], one["class"], one["cause"]),
                                     ("fail", "repaired", cause), one)
                    self.assertIn(words, one["diagnosis"])

    def test_without_a_fault_there_is_none(self):
        with Server("faulty.mjs") as server:
            run, _ = run_json(server.url(), *sorted({row[1] for row in [*ROWS, *TAKEN, *BESIDE]}), *DECLARED,
                              timeout=120)
            self.assertCode(run, 0)


if __name__ == "__main__":
    unittest.main()
