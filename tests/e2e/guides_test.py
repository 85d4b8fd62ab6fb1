"""The commands of the guides, run as a reader would."""

import os
import subprocess
import sys
import unittest

import harness

GUIDES = harness.ROOT / "docs/guides"


class Guides(harness.StackTest):
    def run_guide(self, name):
        stack = self.start_stack()
        environment = {**os.environ, **stack.client_environment, "EDGE": stack.edge.rstrip("/"),
                       "PATH": f"{stack.bin}:{os.environ['PATH']}"}
        run = subprocess.run([sys.executable, harness.ROOT / "tests/e2e/guides/run_guide.py", GUIDES / name],
                             env=environment, capture_output=True, text=True, timeout=150)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)

    def test_first_rollout(self):
        self.run_guide("first-rollout.md")

    def test_steering(self):
        self.run_guide("steering.md")

    def test_operating(self):
        self.run_guide("operating.md")


if __name__ == "__main__":
    unittest.main()
