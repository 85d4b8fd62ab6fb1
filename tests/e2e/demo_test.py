"""The demonstration itself, as tools/demo starts it: what it tells, how long it takes, how it ends, what it leaves."""

import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

from harness import BUILD, ROOT, processes_below

DEMO = ROOT / "tools/demo.d"
# A 1.2 without its fault: the story does not go as it is told.
GOOD = "import sys, story, demo; story.RELEASES['1.2'] = {}; sys.argv = ['demo', '--build', sys.argv[1]]; sys.exit(demo.main())"


class Demo(unittest.TestCase):
    def run_demo(self, *arguments):
        """Its end and what was on the terminal; nothing of it may stay."""
        with tempfile.TemporaryDirectory(prefix="slipway-") as folder:
            environment = {**os.environ, "TMPDIR": folder, "NO_COLOR": "1", "PYTHONPATH": str(DEMO)}
            run = subprocess.Popen([sys.executable, "-B", *arguments], env=environment, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True, cwd=ROOT)
            self.addCleanup(run.wait)
            self.addCleanup(run.terminate)
            output, _ = run.communicate(timeout=130)
            self.assertEqual(processes_below(folder), [], output)
            self.assertEqual(list(pathlib.Path(folder).iterdir()), [])
            return run.returncode, output

    def test_the_story_goes_as_it_is_told_within_two_minutes(self):
        begun = time.monotonic()
        status, output = self.run_demo(DEMO / "demo.py", "--build", BUILD)
        self.assertEqual(status, 0, output)
        if BUILD.name in ("dev", "release"):  # a sanitizer's build may take longer
            self.assertLess(time.monotonic() - begun, 120)
        self.assertRegex(output, r"failed because of Slipway +0\b")
        self.assertRegex(output, r"rolled_back: .*back at 1\.1: the analysis (errors|latency) failed")
        self.assertIn("slipwayd is back, and the canary goes on", output)

    def test_a_story_that_goes_another_way_ends_with_1_and_leaves_nothing_either(self):
        status, output = self.run_demo("-c", GOOD, BUILD)
        self.assertEqual(status, 1, output)
        self.assertIn("slipway deploy demo 1.2 --watch --timeout 2m ended with 0, wanted (3,)", output)


if __name__ == "__main__":
    unittest.main()
