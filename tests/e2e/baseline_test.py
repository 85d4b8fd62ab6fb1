"""A canary with a baseline over real requests: replicas of the stable release that are as young and get as much traffic as the canary's,
counted by the application itself; what the canary is compared with, and nothing of it left afterwards."""

import math
import unittest

from harness import StackTest, counts_by_version, wait_for

USUAL = {"EXAMPLE_FAIL_RATIO": "0.01"}
ERRORS = {"name": "errors", "metrics": "haproxy", "analyzer": "sequential", "interval": "500ms",
          "settings": {"min_duration": "2s", "max_duration": "60s", "absolute_floor": 0.03}}
# The version that a replica counts under is the name of its group.
NAMED = ["/bin/sh", "-c", "EXAMPLE_VERSION=$SLIPWAY_RELEASE exec ${ARTEFACT}"]
BASELINE = "1.0+baseline"


def canary(*steps):
    return {"baseline": True, "steps": [{"weight": "25%"}, *steps], "scale_down_delay": "100ms"}


class BaselineTest(StackTest):
    def setUp(self):
        super().setUp()
        self.start_stack()
        self.stack.create_application(replicas=4, analyses=[ERRORS], sticky="none")
        self.release("1.0")
        self.stack.wait_state(self.stack.start_rollout("1.0"), "succeeded")
        self.stack.begin_load(workers=8, rate=60)

    def release(self, version, env=None):
        self.stack.create_release(version, {**USUAL, **(env or {})}, command=NAMED)

    def received(self, version):
        return self.stack.received(version)

    def verdict(self, rollout):
        """The last one in its journal."""
        return [entry["detail"] for entry in self.stack.journal(rollout) if entry["kind"] == "verdict"][-1]

    def expect_nothing_left(self, stable):
        wait_for("one group alone", lambda: self.stack.replicas_of(BASELINE) == 0, 10)
        self.assertEqual(self.stack.stable(), stable)
        self.assertEqual(len(self.stack.replicas()), 4)

    def test_both_groups_get_equally_many_requests_and_the_promotion_ends_the_baseline(self):
        self.release("1.1")
        rollout = self.stack.start_rollout("1.1", "canary", canary({"analysis": "errors"}, {"pause": {}}))
        self.stack.wait_why(rollout, "somebody to promote", 40)
        groups = {group["role"]: group for group in self.stack.rollout(rollout)["groups"]}
        self.assertEqual({role: (group["release"], group["replicas"], group["weight"]) for role, group in groups.items()},
                         {"stable": ("1.0", 4, 500_000), "next": ("1.1", 1, 250_000), "baseline": (BASELINE, 1, 250_000)})
        before = {version: self.received(version) for version in ("1.0", "1.1", BASELINE)}
        self.stack.await_requests(1000)
        new, old, twin = (self.received(version) - before[version] for version in ("1.1", "1.0", BASELINE))
        # Of n requests to both, each draws one of the two with the same chance; five standard deviations.
        self.assertLess(abs(new - twin), 5 * math.sqrt(new + twin), f"{new} {twin}")
        self.assertLess(abs(old - new - twin), 5 * math.sqrt(old + new + twin), f"{old} {new} {twin}")
        self.assertEqual(self.verdict(rollout)["question"]["baseline"], "baseline")
        self.stack.call("POST", f"/api/rollouts/{rollout}/promote", {})
        self.stack.wait_state(rollout, "succeeded")
        self.expect_nothing_left("1.1")
        self.assert_served_all(*self.stack.end_load())

    def test_one_that_fails_more_often_is_rolled_back_by_comparison_with_the_baseline(self):
        self.release("1.1", {"EXAMPLE_FAIL_RATIO": "0.1"})
        rollout = self.stack.start_rollout("1.1", "canary", canary({"analysis": "errors"}))
        self.stack.wait_state(rollout, "rolled_back", 50)
        verdict = self.verdict(rollout)
        self.assertEqual((verdict["verdict"], verdict["question"]["baseline"]), ("fail", "baseline"))
        track = verdict["evidence"]["tracks"][0]
        counted = counts_by_version(self.stack.counts)
        self.assertLessEqual(track["requests"], counted["1.1"].received)
        self.assertLessEqual(track["baseline_requests"], counted[BASELINE].received)
        self.assertGreater(track["baseline_requests"], 0.3 * counted[BASELINE].received)
        self.assertLess(track["baseline_requests"], counted["1.0"].received / 2)
        self.assertRegex(self.stack.why_text(rollout), r"next: [\d,]+ of [\d,]+ requests .* baseline: [\d,]+ of ")
        self.expect_nothing_left("1.0")
        self.assert_served_all(*self.stack.end_load())


if __name__ == "__main__":
    unittest.main()
