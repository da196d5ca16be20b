"""A sample of ./dev torture: each call of libc that a run makes fails once, at a few places."""

import subprocess
import unittest

from harness import ROOT, Case


class Torture(Case):
    def test_no_call_that_fails_crashes_it_or_blames_the_server(self):
        done = subprocess.run([f"{ROOT}/tests/torture/run", "--most", "24"], timeout=300,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)
        print(done.stdout)


if __name__ == "__main__":
    unittest.main()
