"""Releases under load: good ones arrive, bad ones go back, and no request fails because of Slipway."""

import os
import signal
import unittest

from harness import ERRORS, SMOKE, StackTest, wait_for

CANARY = {"steps": [{"weight": "5%"}, {"analysis": "errors"}, {"weight": "50%"}, {"analysis": "errors"}],
          "scale_down_delay": "500ms"}


class StoryTest(StackTest):
    def setUp(self):
        super().setUp()
        self.start_stack()
        self.stack.first_release(replicas=4)
        self.stack.begin_load()

    def end(self, stable):
        self.assertEqual(self.stack.stable(), stable)
        self.stack.await_requests(50, stable)
        load, versions = self.stack.end_load()
        self.assert_served_all(load, versions)
        return versions

    def test_a_good_canary_is_promoted_without_a_failed_request(self):
        rollout = self.stack.deploy("1.1", "canary", CANARY)
        self.assertGreater(self.end("1.1")["1.1"].ok, 50)
        self.assert_journal_is_sound(self.stack.journal(rollout))
        weights = [group["weight"] for entry in self.stack.journal(rollout) for group in entry["groups"]
                   if group["role"] == "next"]
        self.assertEqual(sorted(set(weights)), [0, 50_000, 500_000, 1_000_000])
        self.assertEqual(weights, sorted(weights))

    def test_a_bad_canary_is_rolled_back_and_gets_no_traffic_afterwards(self):
        rollout = self.stack.deploy("1.1", "canary", CANARY, {"EXAMPLE_FAIL_RATIO": "0.3"}, "rolled_back")
        received = self.stack.received("1.1")
        self.stack.await_requests(200, "1.0")
        self.assertEqual(self.stack.received("1.1"), received)
        self.assertIn("error_ratio", self.stack.why_text(rollout))
        versions = self.end("1.0")
        self.assertGreater(versions["1.1"].injected, 0)
        self.assertLess(versions["1.1"].received, versions["1.0"].received * 0.6)

    def test_a_canary_goes_on_when_a_replica_is_killed_in_the_midst_of_a_step(self):
        steps = {"steps": [{"weight": "50%"}, {"pause": {}}], "scale_down_delay": "500ms"}
        self.stack.create_release("1.1")
        rollout = self.stack.start_rollout("1.1", "canary", steps)
        wait_for("half of the traffic", lambda: self.stack.received("1.1") > 20, 15)
        replicas = self.stack.replicas_of("1.1")
        for version, count in (("1.0", 4), ("1.1", replicas)):
            killed = self.stack.pids_of(version)[0]
            os.kill(killed, signal.SIGKILL)
            wait_for("another one in its place", lambda: killed not in self.stack.pids_of(version) and
                     self.stack.replicas_of(version) == count, 15)  # noqa: B023
            self.stack.await_requests(50, version)
        self.assertEqual(self.stack.weight(rollout), 500_000)
        self.assert_exit(self.stack.cli("rollout", "promote", rollout), 0)
        self.stack.wait_state(rollout, "succeeded")
        self.stack.await_requests(50, "1.1")
        load, versions = self.stack.end_load()
        # What the two had in hand when they died was received and never answered; nothing else failed.
        lost = sum(counts.received - counts.ok for counts in versions.values())
        self.assertEqual(load.failed, lost, f"{load.by_status} {load.errors} {versions}")
        self.assertEqual(load.ok, sum(counts.ok for counts in versions.values()))
        self.assertLessEqual(lost, 8, "each of the four workers had one request at most in each of the two")
        self.assert_journal_is_sound(self.stack.journal(rollout))

    def test_a_canary_that_is_only_slow_is_rolled_back(self):
        latency = {**ERRORS, "name": "latency", "settings": {**ERRORS["settings"], "success": "latency_p95 < 60ms"}}
        self.stack.create_application(replicas=4, analyses=[ERRORS, latency])
        steps = [{"weight": "25%"}, {"analysis": ["errors", "latency"]}]
        rollout = self.stack.deploy("1.1", "canary", {"steps": steps}, {"EXAMPLE_LATENCY": "150ms"}, "rolled_back")
        self.assertIn("the analysis latency failed: latency_p95", self.stack.why_text(rollout))
        self.assertEqual(self.end("1.0")["1.1"].injected, 0)

    def test_blue_green_is_smoke_tested_and_switched_by_steps(self):
        settings = {"smoke": "smoke", "switch_steps": [{"weight": "20%", "analyses": ["errors"]}], "keep_blue": "500ms"}
        rollout = self.stack.deploy("1.1", "blue-green", settings)
        self.end("1.1")
        tested = [entry for entry in self.stack.journal(rollout) if "smoke" in entry["reason"]]
        self.assertTrue(tested, "the journal names the smoke test")

    def test_a_preview_that_fails_its_smoke_test_never_gets_traffic(self):
        never = {**SMOKE, "query": {"checks": [{"name": "teapot", "path": "/healthz", "expect": {"status": [418]}}]}}
        self.stack.create_application(replicas=4, analyses=[ERRORS, never])
        self.stack.deploy("1.1", "blue-green", {"smoke": "smoke"}, end="rolled_back")
        self.assertEqual(self.end("1.0")["1.1"].received, 0)

    def test_rolling_replaces_one_replica_after_the_other(self):
        rollout = self.stack.deploy("1.1", "rolling", {"max_surge": 1, "max_unavailable": 0, "min_ready": "200ms"})
        self.end("1.1")
        sizes = [{group["role"]: group["replicas"] for group in entry["groups"]} for entry in self.stack.journal(rollout)]
        self.assertTrue(all(sum(size.values()) <= 5 for size in sizes if size), sizes)
        self.assertGreaterEqual(len({str(size) for size in sizes}), 4)


if __name__ == "__main__":
    unittest.main()
