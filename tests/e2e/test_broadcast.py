"""Rooms: what one member sends reaches the others in whole frames, or it is found."""

import unittest

from harness import ROOT, Case, Server, run_json

ROOM = ("--target", str(ROOT / "tests" / "profiles" / "room.json"))


class Broadcast(Case):
    def run_room(self, *options):
        with Server("room.mjs", *options) as server:
            run, report = run_json(server.url(), "broadcast", *ROOM, timeout=120)
        self.assertIsNotNone(report, f"\n{run}")
        return run, {s["name"].split("/")[1]: s for s in report["scenarios"]}

    def test_a_right_room_has_no_finding(self):
        run, rows = self.run_room()
        self.assertCode(run, 0)
        self.assertEqual({row["verdict"] for row in rows.values()}, {"pass"}, f"\n{run}")

    def test_a_frame_written_into_another_is_found(self):
        run, rows = self.run_room("--torn")
        self.assertCode(run, 1)
        for size in (2000, 65535, 262144):
            row = rows[f"frames-stay-whole-{size}"]
            self.assertEqual((row["verdict"], row["class"]), ("fail", "broken"), f"\n{run}")
            self.assertEqual(row["cause"], "two-writers", f"\n{run}")

    def test_a_frame_that_a_full_queue_cuts_is_found(self):
        run, rows = self.run_room("--cut")
        self.assertCode(run, 1)
        row = rows["a-slow-reader-gets-whole-frames"]
        self.assertEqual((row["verdict"], row["cause"]), ("fail", "two-writers"), f"\n{run}")
        self.assertIn("a write that took only a part was not continued", row["diagnosis"])

    def test_without_a_declared_room_it_is_skipped(self):
        with Server("ws_echo.mjs") as server:
            run, report = run_json(server.url(), "broadcast", "utf8/valid-u-ok-01")
        self.assertCode(run, 0)
        skipped = [s for s in report["scenarios"] if s["verdict"] == "skipped"]
        self.assertEqual(len(skipped), 4)
        self.assertEqual({s["cause"] for s in skipped}, {"capability-missing"})


if __name__ == "__main__":
    unittest.main()
