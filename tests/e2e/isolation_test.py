"""Strategies and the analyzer in worker processes: rollouts go on under traffic, also when a worker is killed."""

import os
import pathlib
import signal
import subprocess
import unittest

from harness import StackTest, wait_for

ISOLATED = tuple((f"    plugin: {plugin}\n", f"    plugin: {plugin}\n    placement: isolated\n")
                 for plugin in ("strategy-rolling", "strategy-canary", "analyzer-threshold"))
CANARY = {"steps": [{"weight": "20%"}, {"pause": {"duration": "2s"}}, {"weight": "60%"}, {"pause": {"duration": "2s"}}],
          "analyses": "errors"}


def runs(pid):
    """Whether the process is there and has not ended; whoever inherits one that has may take its time to reap it."""
    try:
        return ") Z" not in pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


class IsolationTest(StackTest):
    def plugin(self, instance):
        return next(one for one in self.stack.read("/api/plugins")["items"] if one["instance"] == instance)

    def worker(self, instance):
        return self.plugin(instance)["worker"]

    def test_a_canary_whose_strategy_and_analyzer_are_killed_on_the_way_succeeds_under_traffic(self):
        self.start_stack(changes=ISOLATED)
        self.stack.first_release(replicas=2)
        self.stack.begin_load()
        self.stack.create_release("1.1")
        rollout = self.stack.start_rollout("1.1", "canary", CANARY)
        self.stack.wait_rollout(rollout, "to shift traffic", lambda: self.stack.weight(rollout) > 0, 30)
        for instance in ("canary", "threshold"):
            before = self.worker(instance)
            os.kill(before["process"], signal.SIGKILL)
            wait_for(f"{instance} to run again", lambda: self.worker(instance)["restarts"] == 1 and
                     self.worker(instance)["state"] == "running", 10)
            self.assertNotEqual(self.worker(instance)["process"], before["process"])
            self.assertIn("ended by signal 9 (Killed)", self.worker(instance)["reason"])
        self.stack.wait_state(rollout, "succeeded", 60)
        seen, counted = self.stack.end_load()
        self.assertEqual(seen.failed, 0)
        self.assertGreater(counted["1.1"].received, 0)

    def test_what_holds_an_isolated_plugin_in_is_told(self):
        self.start_stack(changes=ISOLATED)
        one = self.plugin("canary")
        self.assertEqual((one["placement"], one["worker"]["state"]), ("isolated", "running"))
        for name in ("empty-environment", "closed-descriptors", "parent-death", "no-new-privileges", "limits"):
            self.assertIn(name, one["worker"]["protections"])
        self.assertEqual(self.plugin("blue-green")["placement"], "in-process")
        self.assertNotIn("worker", self.plugin("blue-green"))

    def test_workers_end_with_the_daemon_however_it_ends(self):
        self.start_stack(changes=ISOLATED)
        workers = [self.worker(instance)["process"] for instance in ("rolling", "canary", "threshold")]
        self.assertEqual([pid for pid in workers if runs(pid)], workers)
        self.stack.daemon.kill()
        self.stack.daemon.wait(10)
        wait_for("no worker to be left", lambda: not [pid for pid in workers if runs(pid)], 1)

    def test_a_plugin_that_starts_programs_is_refused_at_the_start(self):
        self.stack = self.new_stack(changes=[("    plugin: provider-local\n",
                                              "    plugin: provider-local\n    placement: isolated\n")])
        run = subprocess.run(self.stack.daemon_command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=40)
        self.assert_exit(run, 1, '/plugins/local/placement: is "isolated"; provider-local asks for the permission '
                                 '"processes", and no isolated plugin starts programs')


if __name__ == "__main__":
    unittest.main()
