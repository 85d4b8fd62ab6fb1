"""The commands of the guides, run as a reader would, and the addresses in them."""

import json
import os
import re
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


class Addresses(unittest.TestCase):
    """The running guides get addresses of a stack on free ports; a reader gets those that are written there."""

    def setUp(self):
        self.text = (GUIDES / "first-rollout.md").read_text()

    def test_the_edge_of_the_first_guide_is_where_the_shipped_profile_takes_traffic(self):
        bind = re.search(r"\bbind: (\S+)", (harness.ROOT / "manifests/dev.yaml").read_text())[1]
        self.assertEqual(re.findall(r"\bEDGE=http://(\S+)", self.text), [bind])
        self.assertIn(f"at port {bind.rsplit(':', 1)[1]}.", self.text)

    def test_the_url_of_the_first_guide_is_where_the_api_listens_by_default(self):
        site = json.loads((harness.ROOT / "config/site.schema.json").read_text())
        self.assertEqual(re.findall(r"\bSLIPWAY_URL=http://(\S+)", self.text), [site["properties"]["listen"]["default"]])


if __name__ == "__main__":
    unittest.main()
