"""slipwayd killed with SIGKILL in each phase of each strategy: the application serves on, and the rollout ends right."""

import time
import unittest

from harness import ENDS, ERRORS, SMOKE, StackTest, counts_by_version, wait_for
from oracle import Oracle

# Slow to get ready, so that there is a time at which replicas are awaited.
SLOW_START = {"EXAMPLE_READY_AFTER": "600ms"}


class KillTest(StackTest):
    def setUp(self):
        super().setUp()
        self.oracle = Oracle()
        self.addCleanup(self.oracle.close)
        gate = "    plugin: gate-webhook\n"
        begun = time.monotonic()
        self.start_stack([(gate, f"{gate}    config: {{url: \"{self.oracle.url}\", retry_after: 300ms}}\n")])
        self.start_seconds = time.monotonic() - begun

    def begin(self, strategy, settings, env=None, **application):
        self.stack.first_release(replicas=3, **application)
        self.stack.begin_load()
        self.stack.create_release("1.1", {**SLOW_START, **(env or {})})
        return self.stack.start_rollout("1.1", strategy, settings)

    def kill_at(self, rollout, phase, condition):
        """When `condition` holds of the rollout; then requests are served without slipwayd, and it comes back."""
        def holds():
            seen = self.stack.rollout(rollout)
            self.assertNotIn(seen["state"], ENDS, f"the phase {phase!r} never was; {self.stack.journal(rollout)}")
            return condition(seen)

        wait_for(phase, holds, 20, pause=0.02)
        before = self.stack.journal(rollout)
        self.stack.kill_daemon()
        self.stack.await_requests(40)
        self.stack.start_daemon()
        after = self.stack.journal(rollout)
        self.assertEqual(after[:len(before)], before, "what was decided stays")

    def end(self, rollout, state, stable):
        self.check_world(rollout, state, stable)
        self.assert_served_all(*self.stack.end_load())

    def check_world(self, rollout, state, stable):
        """The stable release alone runs, whole, and gets all requests."""
        self.stack.wait_state(rollout, state, 25)
        self.assertEqual(self.stack.stable(), stable)
        others = [version for version in ("1.0", "1.1", "1.2") if version != stable]
        wait_for("the others to be gone", lambda: not any(map(self.stack.replicas_of, others)), 15)
        received = [self.stack.received(other) for other in others]
        self.stack.await_requests(60, stable)
        self.assertEqual([self.stack.received(other) for other in others], received)
        self.assertEqual(self.stack.replicas_of(stable), 3)
        self.assert_journal_is_sound(self.stack.journal(rollout))

    def cli(self, *arguments):
        run = self.stack.cli(*arguments)
        self.assertEqual(run.returncode, 0, run.stderr)
        return run.stdout

    @staticmethod
    def at_weight(weight):
        return lambda seen: any(group["role"] == "next" and group.get("weight") == weight for group in seen["groups"])

    @staticmethod
    def waits_for(words, step=None):
        return lambda seen: words in seen["why"]["waits_for"] and step in (None, seen["step"])

    @staticmethod
    def ready(count):
        return lambda seen: any(group["role"] == "next" and group.get("ready", 0) >= count for group in seen["groups"])

    def test_a_rolling_rollout_goes_on_after_each_of_its_batches(self):
        rollout = self.begin("rolling", {"max_surge": 1, "max_unavailable": 0, "min_ready": "200ms"})
        self.kill_at(rollout, "just started", lambda seen: True)
        for count in (1, 2, 3):
            self.kill_at(rollout, f"{count} new replicas ready", self.ready(count))
        self.end(rollout, "succeeded", "1.1")

    def test_a_canary_goes_on_in_each_of_its_phases(self):
        steps = [{"weight": "10%"}, {"analysis": "errors"}, {"weight": "50%"}, {"pause": {"duration": "2s"}}]
        rollout = self.begin("canary", {"steps": steps, "scale_down_delay": "3s"})
        self.kill_at(rollout, "replicas are awaited", lambda seen: seen["groups"] and not self.ready(1)(seen))
        self.kill_at(rollout, "the analysis runs", lambda seen: seen["step"] == 1 and seen["analyses"])
        self.kill_at(rollout, "the pause", lambda seen: seen["step"] == 3 and self.at_weight(500_000)(seen))
        self.kill_at(rollout, "all traffic, old replicas kept", self.at_weight(1_000_000))
        self.end(rollout, "succeeded", "1.1")

    def test_a_canary_goes_on_where_people_are_asked_and_its_route_and_copies_stay(self):
        self.stack.first_release(replicas=3)
        self.stack.create_application(replicas=3, gates=[{"gate": "approval"}])
        self.stack.create_release("1.1", SLOW_START)
        steps = [{"scale": {"replicas": 2}}, {"route": {"header": "x-beta", "value": "yes"}},
                 {"mirror": {"share": "20%"}}, {"approval": {"message": "Tried it?"}}, {"mirror": {"share": "0%"}},
                 {"weight": "50%"}]
        self.stack.begin_load()
        rollout = self.stack.start_rollout("1.1", "canary", {"steps": steps, "scale_down_delay": "100ms"})
        self.kill_at(rollout, "pending, before anything starts", lambda seen: seen["state"] == "pending")
        self.assertEqual(self.stack.replicas_of("1.1"), 0)
        self.cli("rollout", "approve", rollout)
        self.kill_at(rollout, "two replicas are awaited", lambda seen: seen["groups"] and not self.ready(2)(seen))
        self.kill_at(rollout, "a person is asked", self.waits_for("Tried it?"))
        beta = {"x-beta": "yes"}
        wait_for("the route", lambda: "version 1.1" in self.stack.fetch(headers=beta).text, 5)
        wait_for("a copy", lambda copies=self.stack.received("1.1"): self.stack.received("1.1") > copies, 5)
        self.cli("rollout", "approve", rollout)
        self.check_world(rollout, "succeeded", "1.1")
        self.assertEqual(self.stack.end_load()[0].failed, 0)

    def test_blue_green_goes_on_at_its_question_while_it_fills_and_while_it_verifies(self):
        settings = {"preview_replicas": 1, "smoke": "smoke", "approval": {"message": "Switch?"}, "verify": "slow",
                    "keep_blue": "100ms"}
        slow = {**SMOKE, "name": "slow", "interval": "1s"}
        rollout = self.begin("blue-green", settings, analyses=[ERRORS, SMOKE, slow])
        self.kill_at(rollout, "the question", self.waits_for("Switch?"))
        self.assertEqual(self.stack.replicas_of("1.1"), 1)
        self.cli("rollout", "approve", rollout)
        self.kill_at(rollout, "the preview fills up", lambda seen: self.stack.replicas_of("1.1") > 1 and
                     not self.ready(3)(seen))
        self.kill_at(rollout, "the verification", lambda seen: self.at_weight(1_000_000)(seen) and seen["analyses"])
        self.end(rollout, "succeeded", "1.1")

    def test_a_rolling_rollout_stays_where_it_waits_for_somebody(self):
        rollout = self.begin("rolling", {"pause_at": 1, "max_surge": 1, "max_unavailable": 0})
        self.kill_at(rollout, "its stop", self.waits_for("promote"))
        self.assertEqual(self.stack.replicas_of("1.1"), 1)
        self.cli("rollout", "promote", rollout)
        self.end(rollout, "succeeded", "1.1")

    def test_what_a_superseded_rollout_left_is_still_cleared(self):
        self.begin("canary", {"steps": [{"weight": "50%"}, {"pause": {}}]}, env={"EXAMPLE_LATENCY": "20ms"})
        wait_for("half of the traffic", lambda: self.stack.received("1.1") > 20, 15)
        self.stack.create_release("1.2", SLOW_START)
        self.cli("deploy", "demo", "1.2", "--strategy", "rolling", "--replace")
        self.stack.kill_daemon()
        self.stack.await_requests(40)
        self.stack.start_daemon()
        rollout = self.stack.read("/api/rollouts")["items"][0]
        self.assertEqual(rollout["to_release"], "1.2")
        self.end(rollout["id"], "succeeded", "1.2")

    def test_an_abort_that_was_taken_is_carried_out(self):
        rollout = self.begin("canary", {"steps": [{"weight": "50%"}, {"pause": {}}]})
        wait_for("half of the traffic", lambda: self.stack.received("1.1") > 20, 15)
        self.cli("rollout", "abort", rollout)
        self.stack.kill_daemon()
        self.stack.await_requests(40)
        self.stack.start_daemon()
        self.end(rollout, "rolled_back", "1.0")

    def test_blue_green_goes_on_in_each_of_its_phases(self):
        settings = {"smoke": "smoke", "switch_steps": [{"weight": "30%", "pause": "2s"}], "keep_blue": "3s"}
        rollout = self.begin("blue-green", settings)
        self.kill_at(rollout, "the preview starts", lambda seen: seen["groups"] and not self.ready(3)(seen))
        self.kill_at(rollout, "the smoke test runs", lambda seen: seen["analyses"])
        self.kill_at(rollout, "the first shift", self.at_weight(300_000))
        self.kill_at(rollout, "all traffic, blue kept", self.at_weight(1_000_000))
        self.end(rollout, "succeeded", "1.1")

    def goes_on_by(self, weights, **preset):
        """A canary by a preset of the strategy, killed at the first of its weights."""
        rollout = self.begin("canary", {**preset, "scale_down_delay": "300ms"})
        self.kill_at(rollout, f"the weight {weights[0]}", self.at_weight(weights[0]))
        self.end(rollout, "succeeded", "1.1")
        orders = [group["weight"] for entry in self.stack.journal(rollout) for group in entry["groups"]
                  if group["role"] == "next" and group["weight"]]
        self.assertEqual(orders, sorted(orders))
        self.assertEqual(sorted(set(orders)), [*weights, 1_000_000])

    def test_a_linear_canary_goes_on(self):
        self.goes_on_by([400_000, 800_000], linear={"step": "40%", "interval": "3s"})

    def test_an_exponential_canary_goes_on(self):
        self.goes_on_by([200_000, 600_000], exponential={"start": "20%", "factor": 3, "interval": "3s"})

    def test_an_automatic_canary_goes_on(self):
        self.goes_on_by([400_000, 800_000], automatic={"step": "40%", "max": "80%", "interval": "3s", "analyses": ["errors"]})

    def goes_on_held(self, strategy, settings, **judged):
        """A rollout at 30 % whose analysis has said all that it can say: the next host waits for a person too."""
        holds = {**ERRORS, "name": "holds", "settings": {**ERRORS["settings"], **judged}}
        rollout = self.begin(strategy, settings, analyses=[ERRORS, SMOKE, holds])
        held = self.waits_for("a person, for the analysis holds is held")
        self.kill_at(rollout, "its analysis is held", held)
        asked = self.stack.metric("slipway_plugin_calls_total", interface="slipway.analyzer/1", method="judge")
        wait_for("it to be asked about again", lambda: self.stack.metric(
            "slipway_plugin_calls_total", interface="slipway.analyzer/1", method="judge") > asked, 15)
        self.assertTrue(held(self.stack.rollout(rollout)))
        judged = [entry["detail"]["verdict"] for entry in self.stack.journal(rollout) if entry["kind"] == "verdict"]
        self.assertEqual(self.stack.weight(rollout), 300_000)
        self.cli("rollout", "promote", rollout)
        self.end(rollout, "succeeded", "1.1")
        return judged

    def test_blue_green_goes_on_where_an_inconclusive_analysis_holds_its_switch(self):
        settings = {"switch_steps": [{"weight": "30%", "analyses": ["holds"]}], "keep_blue": "100ms"}
        judged = self.goes_on_held("blue-green", settings, success="requests < 0", failure="error_ratio > 50%")
        self.assertEqual(judged, ["inconclusive"])

    def test_a_canary_goes_on_where_too_little_data_hold_its_step(self):
        settings = {"steps": [{"weight": "30%"}, {"analysis": "holds"}], "scale_down_delay": "100ms"}
        judged = self.goes_on_held("canary", settings, min_requests=1_000_000, insufficient_data_limit=1)
        self.assertEqual(judged, ["insufficient_data"])

    def test_an_instant_way_back_goes_on_while_the_new_replicas_drain(self):
        rollout = self.begin("canary", {"steps": [{"weight": "50%"}, {"pause": {}}]}, {"EXAMPLE_LATENCY": "2s"})
        wait_for("half of the traffic", lambda: self.stack.received("1.1") > 2, 15)
        self.cli("rollout", "abort", rollout)
        self.kill_at(rollout, "all traffic back, the new replicas have requests", lambda seen: self.unanswered("1.1") and any(
            group["role"] == "stable" and group.get("weight") == 1_000_000 for group in seen["groups"]))
        self.end(rollout, "rolled_back", "1.0")

    def unanswered(self, version):
        counts = counts_by_version(self.stack.counts)[version]
        return counts.received - counts.ok - counts.failed

    def slowly(self):
        """A way back goes on by the clock: it must outlast slipwayd's absence."""
        return {"mode": "gradual", "over": f"{(3 + 3 * self.start_seconds) * 1000:.0f}ms"}

    def goes_back(self, rollout):
        self.kill_at(rollout, "rolling back", lambda seen: seen["state"] == "rolling_back")
        self.kill_at(rollout, "a good part of the way back", lambda seen: any(
            group["role"] == "next" and group.get("weight", 1_000_000) <= 300_000 for group in seen["groups"]))
        self.end(rollout, "rolled_back", "1.0")

    def test_a_gradual_way_back_goes_on(self):
        rollout = self.begin("canary", {"steps": [{"weight": "50%"}, {"analysis": "errors"}]}, {"EXAMPLE_FAIL_RATIO": "0.5"},
                             rollback=self.slowly())
        self.goes_back(rollout)

    def test_a_rolling_rollout_goes_on_back(self):
        rollout = self.begin("rolling", {"pause_at": 2, "max_surge": 1, "max_unavailable": 0}, rollback=self.slowly())
        self.stack.wait_why(rollout, "promote")
        wait_for("replicas for the way back to start", lambda: self.stack.replicas_of("1.0") == 1, 15)
        self.cli("rollout", "abort", rollout)
        self.goes_back(rollout)

    def test_blue_green_goes_on_back(self):
        settings = {"preview_replicas": 1, "verify": "errors", "keep_blue": "100ms"}
        rollout = self.begin("blue-green", settings, {"EXAMPLE_FAIL_RATIO": "0.5"}, rollback=self.slowly())
        self.goes_back(rollout)

    def test_a_canary_goes_on_at_its_gate(self):
        rollout = self.begin("canary", {"steps": [{"weight": "50%"}, {"gate": "webhook"}, {"weight": "80%"}],
                                        "scale_down_delay": "100ms"})
        self.kill_at(rollout, "its gate", self.waits_for("gate webhook", step=1))
        asked = len(self.oracle.asked)
        wait_for("the gate to be asked again", lambda: len(self.oracle.asked) > asked, 15)
        self.assertEqual((self.stack.rollout(rollout)["step"], self.stack.weight(rollout)), (1, 500_000))
        self.oracle.answer = {"state": "open", "reason": "done"}
        self.end(rollout, "succeeded", "1.1")

    def test_the_watch_after_promotion_goes_on(self):
        watched = {"period": "4s", "analyses": ["watch"]}
        rollout = self.begin("rolling", {"max_surge": 3}, verification=watched, analyses=[{**ERRORS, "name": "watch"}])
        self.kill_at(rollout, "verifying", lambda seen: seen["state"] == "verifying")
        self.end(rollout, "succeeded", "1.1")

    def test_a_watch_after_promotion_that_fails_takes_the_release_back(self):
        watched = {"period": "20s", "analyses": ["watch"]}
        watch = {**ERRORS, "name": "watch", "initial_delay": "1s"}
        rollout = self.begin("rolling", {"max_surge": 3}, {"EXAMPLE_FAIL_RATIO": "0.5"}, verification=watched,
                             analyses=[watch])
        self.kill_at(rollout, "verifying", lambda seen: seen["state"] == "verifying")
        self.end(rollout, "rolled_back", "1.0")

    def test_what_a_person_paused_stays_paused(self):
        rollout = self.begin("canary", {"steps": [{"weight": "50%"}, {"pause": {"duration": "2s"}}],
                                        "scale_down_delay": "300ms"})
        pauses = self.waits_for("the pause of 2s to end")
        over = wait_for("its own pause", lambda: pauses(seen := self.stack.rollout(rollout)) and seen["why"]["until"], 20)
        self.kill_at(rollout, "half of the traffic", lambda seen: self.stack.cli("rollout", "pause", rollout).returncode == 0)
        wait_for("replicas to be seen again", lambda: self.at_weight(500_000)(self.stack.rollout(rollout)), 10)
        journal = self.stack.journal(rollout)
        self.stack.await_moment(over)
        self.assertEqual(self.stack.cli("rollout", "pause", rollout).returncode, 5, "refused")
        self.assertEqual(self.stack.journal(rollout), journal)
        self.assertEqual(self.stack.rollout(rollout)["state"], "paused")
        self.assertEqual(self.stack.cli("rollout", "resume", rollout).returncode, 0)
        self.end(rollout, "succeeded", "1.1")


if __name__ == "__main__":
    unittest.main()
