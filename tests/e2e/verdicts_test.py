"""The sequential analyzer over real requests: who fails more often, and is slow more often, than what runs; held against what the
application itself has counted."""

import unittest

from harness import StackTest, counts_by_version

CANARIES = 20
QUICK = {"min_duration": "2s", "max_duration": "60s", "absolute_floor": 0.03}
ERRORS = {"name": "errors", "metrics": "haproxy", "analyzer": "sequential", "interval": "500ms", "settings": QUICK}
LATENCY = {**ERRORS, "name": "latency",
           "settings": {**QUICK, "kind": "slow_ratio", "edges": [60_000, 120_000]}}
CANARY = {"steps": [{"weight": "50%"}, {"analysis": ["errors", "latency"]}], "scale_down_delay": "100ms"}
USUAL = {"EXAMPLE_FAIL_RATIO": "0.01"}


class VerdictsTest(StackTest):
    def setUp(self):
        super().setUp()
        self.start_stack()
        self.stack.create_application(replicas=2, analyses=[ERRORS, LATENCY])
        self.stack.deploy("1.0", env=USUAL)
        self.stack.begin_load(workers=8, rate=60)

    def verdict(self, rollout, analysis):
        """The last verdict in its journal."""
        entries = [entry["detail"] for entry in self.stack.journal(rollout)
                   if entry["kind"] == "verdict" and entry["detail"]["analysis"] == analysis]
        self.assertTrue(entries, f"the journal has no verdict of {analysis}")
        self.assertEqual(entries[-1]["method"], "sequential/1")
        return entries[-1]

    def track_of(self, verdict, requests, bad):
        """Its numbers, which are a part of what the application has counted: its windows end before the last requests do."""
        track = verdict["evidence"]["tracks"][0]
        self.assertGreater(track["requests"], 0)
        self.assertLessEqual(track["requests"], requests)
        self.assertLessEqual(track["bad"], bad)
        return track

    def test_releases_that_are_no_worse_are_promoted_one_after_the_other(self):
        for number in range(1, CANARIES + 1):
            version = f"1.{number}"
            rollout = self.stack.deploy(version, "canary", CANARY, USUAL, seconds=60)
            counted = counts_by_version(self.stack.counts)[version]
            for analysis in ("errors", "latency"):
                self.assertEqual(self.verdict(rollout, analysis)["verdict"], "pass")
            self.track_of(self.verdict(rollout, "errors"), counted.received, counted.injected)

    def test_one_that_fails_more_often_is_rolled_back_and_its_numbers_are_the_applications(self):
        rollout = self.stack.deploy("1.1", "canary", CANARY, {"EXAMPLE_FAIL_RATIO": "0.05"}, "rolled_back", seconds=60)
        verdict, counted = self.verdict(rollout, "errors"), self.counted("1.1")
        self.assertEqual(verdict["verdict"], "fail")
        track = self.track_of(verdict, counted.received, counted.injected)
        self.assertGreater(track["requests"], counted.received * 0.3)
        self.assertAlmostEqual(track["bad"] / track["requests"], counted.injected / counted.received, delta=0.03)
        self.assertGreater(track["ratio_low"], 1)
        self.assertGreaterEqual(verdict["evidence"]["log_evidence"], verdict["evidence"]["threshold"])
        self.assertRegex(self.stack.why_text(rollout), r"next: [\d,]+ of [\d,]+ requests .* times as often")

    def counted(self, version):
        return self.stack.end_load()[1][version]

    def test_one_whose_tail_is_slow_is_rolled_back_and_its_numbers_are_the_applications(self):
        slow = {**USUAL, "EXAMPLE_SLOW_RATIO": "0.2", "EXAMPLE_SLOW_LATENCY": "150ms"}
        rollout = self.stack.deploy("1.1", "canary", CANARY, slow, "rolled_back", seconds=60)
        verdict, counted = self.verdict(rollout, "latency"), self.counted("1.1")
        self.assertEqual(verdict["verdict"], "fail")
        self.assertIn("took longer than 60,000", self.stack.why_text(rollout))
        track = verdict["evidence"]["tracks"][0]
        self.assertLessEqual(track["requests"], counted.received)
        self.assertGreater(counted.slow, 0)
        self.assertAlmostEqual(track["bad"] / track["requests"], counted.slow / counted.received, delta=0.08)


if __name__ == "__main__":
    unittest.main()
