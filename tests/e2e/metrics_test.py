"""What /metrics of a running daemon says of a rollout: while it waits, after it went on, and after a crash."""

import re
import socket
import unittest

from harness import StackTest, wait_for

HELD = {"steps": [{"weight": "20%"}, {"analysis": "errors"}, {"pause": {}}], "scale_down_delay": "100ms"}


class MetricsTest(StackTest):
    def setUp(self):
        super().setUp()
        self.start_stack()

    def parked(self, kind):
        return self.stack.metric("slipway_parked_work", kind=kind)

    def under_way(self):
        return self.stack.metric("slipway_rollouts")

    def held(self):
        """A canary that waits until somebody promotes it, after a good analysis."""
        self.stack.first_release()
        self.stack.begin_load()
        self.stack.create_release("1.1")
        rollout = self.stack.start_rollout("1.1", "canary", HELD)
        self.stack.wait_rollout(rollout, "to wait for a person", lambda: self.parked("approval") == 1, 20)
        return rollout

    def haproxy_processes(self):
        with socket.socket(socket.AF_UNIX) as master:
            try:
                master.connect(str(self.stack.folder / "run/local/master.sock"))
            except OSError:
                return ""  # it refuses for a moment while it loads its file again
            master.sendall(b"show proc\n")
            master.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: master.recv(4096), b"")).decode()

    def test_an_old_haproxy_whose_last_records_are_read_is_let_go(self):
        self.stack.first_release(replicas=1)
        wait_for("the reload for a new application", lambda: re.search(r"master +1 ", self.haproxy_processes()), 10)
        wait_for("the old process to end",
                 lambda: re.fullmatch("(?s).*# workers((?!old workers).)*", self.haproxy_processes()), 10)

    def test_a_rollout_is_counted_by_state_and_by_what_it_waits_for(self):
        self.assertEqual((self.under_way(), self.stack.metric("slipway_build_info")), (0, 1))
        rollout = self.held()
        self.assertEqual(self.stack.rollout(rollout)["state"], "progressing")
        self.assertEqual(self.stack.metric("slipway_rollouts", state="progressing"), 1)
        self.assertEqual(self.under_way(), 1)
        self.assertEqual(self.stack.metric("slipway_parked_work"), 1, "it waits for one thing")
        self.assertGreaterEqual(self.stack.metric("slipway_analyses_total", analyzer="threshold", verdict="pass"), 1)
        self.assert_exit(self.stack.cli("rollout", "promote", rollout, "--full"), 0)
        self.stack.wait_state(rollout, "succeeded")
        self.stack.end_load()
        wait_for("nothing to be under way", lambda: self.under_way() == 0 and self.stack.metric("slipway_parked_work") == 0, 10)
        for strategy in ("rolling", "canary"):
            self.assertEqual(self.stack.metric("slipway_rollouts_finished_total", strategy=strategy, outcome="succeeded"), 1)
        for phase in ("observe", "decide", "commit", "apply", "analyse"):
            self.assertGreater(self.stack.metric("slipway_rollout_step_seconds_count", phase=phase), 0, phase)
        self.assertGreater(self.stack.metric("slipway_rollout_decisions_total", strategy="canary"), 3)
        self.assertGreater(self.stack.metric("slipway_events_total", type="rollout.succeeded"), 1)
        for queue in ("blocking", "plugin/sqlite"):
            self.assertIn(f'slipway_queue_refused_total{{queue="{queue}"}} 0', self.stack.call("GET", "/metrics").text)

    def test_after_a_crash_rollouts_under_way_are_counted_once(self):
        rollout = self.held()
        for _ in range(2):
            self.stack.kill_daemon()
            self.stack.start_daemon()
            wait_for("it to be counted", lambda: self.under_way() == 1 and self.parked("approval") == 1, 15)
        self.assert_exit(self.stack.cli("rollout", "abort", rollout, "--wait", "--timeout", "20s"), 3)
        self.stack.end_load()
        wait_for("nothing to be under way", lambda: self.under_way() == 0, 10)
        self.assertEqual(self.stack.metric("slipway_rollouts_finished_total", outcome="rolled_back"), 1)


if __name__ == "__main__":
    unittest.main()
