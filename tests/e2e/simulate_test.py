"""deploy --simulate: a whole rollout in advance, with what may go wrong."""

import itertools
import json
import pathlib
import re
import tempfile
import unittest

import harness
from harness import APP, BUILD, StackTest

SLIPWAY = BUILD / "bin/slipway"
SHOP = {"name": "shop", "replicas": 4, "sticky": "none",
        "strategy": {"name": "canary", "settings": {"steps": [{"weight": "10%"}, {"analysis": "errors"}]}},
        "analyses": [{"name": "errors", "metrics": "haproxy", "analyzer": "sequential", "interval": "15s"}]}
USUAL = ("--assume", "rate=200", "--assume", "error_ratio=1%")


class SimulateTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_it(self, *options, shop=SHOP, output="json"):
        file = self.folder / "shop.yaml"
        file.write_text(json.dumps({"kind": "application", **shop}))
        return harness.run([SLIPWAY, "--output", output, "deploy", "shop", "1.1", "--simulate", "--application-file", file, *options],
                           60)

    def simulate(self, *options, shop=SHOP, status=0):
        run = self.run_it(*options, shop=shop)
        self.assertEqual(run.returncode, status, run.stderr + run.stdout[-2000:])
        return json.loads(run.stdout)

    def verdicts(self, answer):
        return [entry["detail"]["verdict"] for entry in answer["journal"] if entry["kind"] == "verdict"]

    def test_a_release_that_is_no_worse_is_promoted(self):
        answer = self.simulate(*USUAL)
        self.assertEqual(answer["rollout"]["state"], "succeeded")
        self.assertEqual(self.verdicts(answer), ["pass"])
        self.assertIn("errors: pass, next:", json.dumps(answer["journal"]))

    def test_one_that_fails_more_often_from_a_moment_on_is_rolled_back(self):
        answer = self.simulate(*USUAL, "--inject", "error_ratio=+4%@5m", status=3)
        self.assertEqual(answer["rollout"]["state"], "rolled_back")
        failed = next(entry for entry in answer["journal"] if entry["kind"] == "verdict"
                      and entry["detail"]["verdict"] == "fail")
        self.assertRegex(failed["at"], "^2026-01-01T00:0[5-8]:")

    def test_an_injection_that_changes_nothing_is_told(self):
        run = self.run_it(*USUAL, "--inject", "memory=+100%@0s", "--inject", "error_ratio=+4%@5m")
        self.assertEqual(run.returncode, 3, run.stderr)
        self.assertEqual([line for line in run.stderr.splitlines() if "inject" in line],
                         ["slipway: --inject memory=+100%@0s changed nothing: after that time no analysis asked for such a value of 1.1, "
                          "or this adds nothing to it"])

    def test_what_belongs_to_a_simulation_is_refused_where_the_deployment_would_be_real(self):
        for option in (("--inject", "error_ratio=+4%@5m"), ("--assume", "rate=1"), ("--limit", "1h"), ("--approve",)):
            run = harness.run([SLIPWAY, "deploy", "shop", "1.1", *option], 60)
            self.assertEqual(run.returncode, 2, run.stderr)
            self.assertIn(f"{option[0]} requires --simulate", run.stderr)

    def test_the_same_command_tells_the_same_story(self):
        self.assertEqual(self.simulate(*USUAL), self.simulate(*USUAL))

    def test_a_source_that_fails_for_a_time_is_no_success(self):
        answer = self.simulate(*USUAL, "--fault", "metrics.haproxy@2m/5m")
        self.assertIn("error", self.verdicts(answer))
        self.assertIn("metrics.haproxy is not there", json.dumps(answer["journal"]))
        self.assertGreater(answer["rollout"]["ended_at"], "2026-01-01T00:07:00Z")

    def test_a_host_that_is_gone_for_a_time_goes_on_where_it_was(self):
        answer = self.simulate(*USUAL, "--fault", "host@4m/1m")
        self.assertEqual(answer["rollout"]["state"], "succeeded")
        times = [entry["at"] for entry in answer["journal"]]
        self.assertFalse([at for at in times if "T00:04:10" < at < "T00:05:00"])

    def test_replicas_that_are_not_ready_are_waited_for(self):
        answer = self.simulate(*USUAL, "--fault", "replicas@0s/2m")
        self.assertEqual(answer["rollout"]["state"], "succeeded")
        moved = [entry["at"] for entry in answer["journal"]
                 if any(group["role"] == "next" and group["weight"] > 0 for group in entry["groups"])]
        self.assertGreater(moved[0], "2026-01-01T00:02")

    def test_where_a_person_is_waited_for_it_ends_or_somebody_is_played(self):
        asks = {**SHOP, "strategy": {"name": "canary", "settings": {"steps": [{"weight": "10%"}, {"pause": {}}]}}}
        answer = self.simulate(*USUAL, shop=asks, status=4)
        self.assertIn("waits for somebody to promote", answer["stopped"])
        answer = self.simulate(*USUAL, "--approve", shop=asks)
        self.assertEqual(answer["rollout"]["state"], "succeeded")
        self.assertIn("simulation", [entry.get("actor") for entry in answer["journal"]])

    def test_recorded_traffic_is_replayed(self):
        lines = ["time,group,requests,failures"] + [f"{1_769_860_800 + 15 * i},web,3000,30" for i in range(240)]
        file = self.folder / "metrics.csv"
        file.write_text("\n".join(lines))
        answer = self.simulate("--recording", file, "--group", "web")
        self.assertEqual(answer["rollout"]["state"], "succeeded")
        self.assertIn("has windows of 15s", self.run_it("--recording", file, "--group", "web", shop={
            **SHOP, "analyses": [{**SHOP["analyses"][0], "interval": "5s"}]}).stderr)

    def test_the_timeline_is_a_table(self):
        run = self.run_it(*USUAL, output="table")
        lines = run.stdout.splitlines()
        self.assertRegex(lines[0], "^AFTER +KIND +STATE +GROUPS +REASON")
        self.assertRegex(lines[-1], r"^shop 1\.1 is succeeded after 1\dm")

    def test_what_is_wrong_is_said(self):
        self.assertIn("--fault host: want WHAT@DURATION/DURATION", self.run_it("--fault", "host").stderr)
        self.assertIn("--assume rate: want NAME=NUMBER[%]", self.run_it("--assume", "rate").stderr)
        wrong = {**SHOP, "strategy": {"name": "oracle"}}
        self.assertIn("there is no package strategy-oracle", self.run_it(shop=wrong).stderr)


class SimulatedAgainstRealTest(StackTest):
    maxDiff = None

    def setUp(self):
        super().setUp()
        self.start_stack()
        errors = {"name": "errors", "metrics": "haproxy", "analyzer": "sequential", "interval": "500ms",
                  "settings": {"min_duration": "2s", "max_duration": "60s", "absolute_floor": 0.03}}
        self.stack.first_release(analyses=[errors])

    def both(self, steps, state, env, *assumed):
        """The journals of a rollout that is told in advance, and of the real one."""
        canary = {"steps": steps, "scale_down_delay": "100ms"}
        settings = self.stack.folder / "canary.json"
        settings.write_text(json.dumps(canary))
        told = json.loads(self.stack.cli("--output", "json", "deploy", APP, "1.1", "--strategy", "canary", "--settings",
                                         settings, "--simulate", "--ready-after", "1s", *assumed).stdout)
        rollout = self.stack.deploy("1.1", "canary", canary, env, state)
        return told["journal"], self.stack.journal(rollout)

    def test_it_tells_what_the_real_rollout_then_writes(self):
        told, written = self.both([{"weight": "25%"}, {"pause": {"duration": "1s"}}, {"weight": "50%"}], "succeeded", None)
        self.assertEqual(self.essence(told), self.essence(written))

    def test_it_tells_what_an_analysis_then_makes_of_a_good_release(self):
        self.stack.begin_load(workers=8, rate=60)
        told, written = self.both([{"weight": "50%"}, {"analysis": "errors"}], "succeeded", None,
                                  "--assume", "rate=480", "--assume", "error_ratio=0.1%")
        self.assertEqual(self.essence(told), self.essence(written))
        self.assertIn("certified", [entry["detail"].get("code") for entry in told if entry["kind"] == "verdict"])

    def test_it_tells_what_an_analysis_then_makes_of_a_bad_release(self):
        self.stack.begin_load(workers=8, rate=60)
        told, written = self.both([{"weight": "50%"}, {"analysis": "errors"}], "rolled_back", {"EXAMPLE_FAIL_RATIO": "0.3"},
                                  "--assume", "rate=480", "--assume", "error_ratio=0.1%", "--inject", "error_ratio=+30%@0s")
        self.assertEqual(self.essence(told), self.essence(written))
        self.assertIn("worse_than_baseline", [entry["detail"].get("code") for entry in told if entry["kind"] == "verdict"])

    def essence(self, journal):
        """Without repetitions: real replicas get ready one after the other. Reasons without numbers and the person's name."""
        def said(entry):
            if entry["kind"] == "verdict":
                return [entry["detail"][word] for word in ("analysis", "verdict", "finding", "code", "method")]
            return re.sub("[0-9.]+", "#", entry["reason"].replace(entry["actor"] or "nobody", "somebody"))

        entries = [(entry["kind"], entry["state"], entry["step"], entry["groups"], said(entry)) for entry in journal]
        return [entry for entry, _ in itertools.groupby(entries)]


if __name__ == "__main__":
    unittest.main()
