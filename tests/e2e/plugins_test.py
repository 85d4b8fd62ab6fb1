"""Plugins with one defect each in a daemon that runs: who needs them is told, everybody else is served."""

import unittest

from harness import SHIPPED, Fixture, StackTest, wait_for

# Quick to be asked; where a test doesn't care about analyses.
PLAIN = {"strategy": {"name": "rolling", "settings": {"min_ready": "100ms"}}, "analyses": []}


class PluginsTest(StackTest):
    def start_with(self, *fixtures, **more):
        self.start_stack(fixtures=fixtures, **more)

    def application_behind(self, gate, name="held"):
        """A rollout of an application that the gate has to let go."""
        self.stack.create_application(name=name, replicas=1, gates=[{"gate": gate}], **PLAIN)
        self.stack.create_release("1.0", application=name)
        return self.stack.start_rollout("1.0", application=name)

    def assert_others_are_served(self):
        """Other applications are made, rolled out and answered while the first one waits; twice, so that it lasts."""
        self.stack.create_application(replicas=1, **PLAIN)
        for version in ("1.0", "1.1"):
            self.stack.create_release(version)
            self.stack.wait_state(self.stack.start_rollout(version), "succeeded")
            self.assertIn(f"version {version}", self.stack.fetch().text)

    def assert_held(self, rollout, *words):
        """It waits, has no replica, and its `why` has these words, in the API's answer and on the command line."""
        wait_for(f"why to say {words}", lambda: all(word in self.stack.why_text(rollout) for word in words), 20)
        self.assertEqual(self.stack.rollout(rollout)["state"], "pending")
        self.assert_exit(self.stack.cli("rollout", "why", rollout), 0, "waits for")

    def assert_can_be_aborted(self, rollout):
        self.assertEqual(self.stack.call("POST", f"/api/rollouts/{rollout}/abort", {}).status, 200)
        wait_for("its end", lambda: self.stack.rollout(rollout)["state"] in ("failed", "rolled_back"), 10)

    def calls(self, binding, status):
        return self.stack.metric("slipway_plugin_calls_total", binding=f"gates.{binding}", status=status)

    def test_plugins_that_fail_at_the_start_are_all_named_at_once_and_nothing_runs(self):
        self.stack = self.new_stack(fixtures=[
            Fixture("gate-throws", "throws_in_create"), Fixture("gate-fails", "create_fails"),
            Fixture("gate-empty", "create_fills_no_instance"), Fixture("gate-start", "start_fails"),
            Fixture("gate-rubbish", "answers_rubbish"), Fixture("gate-ill", "unhealthy"), Fixture("gate-good", "sound")])
        run = self.stack.run_daemon()
        self.assert_exit(run, 1, f'profile "dev": 6 of {SHIPPED + 7} instances did not start')
        for words in ("/plugins/gate-throws: the constructor gave up", "/plugins/gate-fails: there is no database",
                      "/plugins/gate-empty: ", "/plugins/gate-start: ",
                      "/plugins/gate-rubbish: its answer to the first health call", "is unhealthy: disk: is full"):
            self.assertIn(words, run.stderr)
        self.assertNotIn("INFO  ready", run.stderr)

    def test_a_plugin_that_never_answers_the_first_question_is_named(self):
        self.stack = self.new_stack(fixtures=[Fixture("gate-silent", "never_answers")])
        run = self.stack.run_daemon()
        self.assert_exit(run, 1, "/plugins/gate-silent: its first health call failed: ")

    def test_a_gate_that_never_answers_stops_only_who_needs_it(self):
        self.start_with(Fixture("gate-stuck", "gate_never_answers"))
        rollout = self.application_behind("gate-stuck")
        self.assert_others_are_served()
        self.assert_held(rollout, "gate-stuck", "DEADLINE_EXCEEDED")
        self.assertGreaterEqual(self.calls("gate-stuck", "DEADLINE_EXCEEDED"), 1)
        self.assert_can_be_aborted(rollout)
        status, seconds = self.stack.stop_daemon()
        self.assertEqual(status, 0)
        self.assertLess(seconds, 5)

    def test_gates_that_never_return_stop_only_who_needs_them(self):
        names = [f"gate-hung-{number}" for number in range(3)]
        self.start_with(*(Fixture(name, "gate_never_returns", threading="blocking") for name in names))
        rollouts = [self.application_behind(name, f"held-{index}") for index, name in enumerate(names)]
        self.assert_others_are_served()
        for name, rollout in zip(names, rollouts):
            self.assert_held(rollout, name, "DEADLINE_EXCEEDED")
        self.assert_can_be_aborted(rollouts[0])
        self.assertLess(self.stack.stop_daemon()[1], 5)

    def test_a_gate_that_answers_twice_is_taken_at_its_first_word_and_the_second_is_counted(self):
        self.start_with(Fixture("gate-twice", "answers_twice"))
        refused = {"instance": "gate-twice", "reason": "repeated"}
        before = self.stack.metric("slipway_completions_refused_total", **refused)
        self.stack.wait_state(self.application_behind("gate-twice"), "succeeded")
        self.assertGreater(self.stack.metric("slipway_completions_refused_total", **refused), before)
        self.assert_others_are_served()

    def test_gates_that_answer_rubbish_are_named_with_what_is_wrong(self):
        defects = {"gate_answers_no_document": "not JSON at byte 1", "gate_answers_wrong_types": "/state",
                   "gate_answers_too_much": "at most 4194304", "gate_answers_no_status": "4711"}
        self.start_with(*(Fixture(defect.replace("_", "-"), defect) for defect in defects))
        rollouts = {defect: self.application_behind(defect.replace("_", "-"), f"held-{index}")
                    for index, defect in enumerate(defects)}
        for defect, words in defects.items():
            with self.subTest(defect):
                self.assert_held(rollouts[defect], defect.replace("_", "-"), words)
        for gate in ("gate-answers-no-document", "gate-answers-wrong-types"):
            self.assertGreaterEqual(self.stack.metric("slipway_plugin_replies_refused_total", binding=f"gates.{gate}"), 1, gate)
        self.assertGreaterEqual(self.calls("gate-answers-too-much", "RESOURCE_EXHAUSTED"), 1)
        self.assertGreaterEqual(self.calls("gate-answers-no-status", "INTERNAL"), 1)
        self.assert_others_are_served()
        for rollout in rollouts.values():
            self.assert_can_be_aborted(rollout)

    def test_gates_that_block_without_saying_so_stop_only_who_needs_them(self):
        names = [f"gate-hung-{number}" for number in range(4)]
        self.start_with(*(Fixture(name, "gate_never_returns") for name in names), site={"threads": 2})
        rollouts = [self.application_behind(name, f"held-{index}") for index, name in enumerate(names)]
        self.assert_others_are_served()
        for name, rollout in zip(names, rollouts):
            self.assert_held(rollout, name, "DEADLINE_EXCEEDED")
        self.assertGreaterEqual(self.stack.metric("slipway_spare_threads"), 2)
        self.assertIn("a spare one was started", self.stack.log())
        self.assert_can_be_aborted(rollouts[0])
        self.assertLess(self.stack.stop_daemon()[1], 5)

    def test_metrics_and_analyzers_that_are_mute_or_mad_stop_only_who_needs_them(self):
        metrics, analyzer = ("metrics", "slipway.metrics/1"), ("analyzers", "slipway.analyzer/1")
        fixtures = {"mute-source": ("metrics_never_answers", *metrics), "mad-source": ("metrics_answers_wrong_types", *metrics),
                    "mute-judge": ("analyzer_never_answers", *analyzer), "mad-judge": ("analyzer_answers_wrong_types", *analyzer)}
        self.start_with(*(Fixture(name, *rest) for name, rest in fixtures.items()))
        rollouts = {name: self.judged_by(name, "metrics" if "source" in name else "analyzer") for name in fixtures}
        self.assert_others_are_served()
        for name, rollout in rollouts.items():
            with self.subTest(name):
                self.stack.wait_why(rollout, name)
                self.assertEqual(self.stack.weight(rollout), 500_000, "no answer is no success")
                self.assertEqual(self.stack.call("POST", f"/api/rollouts/{rollout}/abort", {}).status, 200)
                self.stack.wait_state(rollout, "rolled_back")
        self.assertLess(self.stack.stop_daemon()[1], 5)

    def judged_by(self, binding, seat):
        """A canary at half of the traffic whose analysis asks that binding; its application has the same name."""
        analysis = {"name": "judged", "interval": "200ms", "analyzer": "threshold", "settings": {"success": "error_ratio < 5%"}, seat: binding}
        self.stack.create_application(name=binding, replicas=1, analyses=[analysis], strategy=PLAIN["strategy"])
        self.stack.create_release("1.0", application=binding)
        self.stack.wait_state(self.stack.start_rollout("1.0", application=binding), "succeeded")
        self.stack.create_release("1.1", application=binding)
        rollout = self.stack.start_rollout("1.1", "canary", {"steps": [{"weight": "50%"}, {"analysis": "judged"}]}, application=binding)
        wait_for("half of the traffic", lambda: self.stack.weight(rollout) == 500_000, 15)
        return rollout

    def test_plugins_whose_ending_never_returns_do_not_hold_up_the_end(self):
        for library in ("quiesce_never_returns", "destroy_never_returns"):
            with self.subTest(library):
                self.start_with(Fixture("gate-endless", library))
                status, seconds = self.stack.stop_daemon()
                self.assertEqual(status, 1)
                self.assertLess(seconds, 5)
                self.assertRegex(self.stack.log(), "WARN .*gate-endless")

    def test_a_notifier_that_never_answers_holds_up_nothing(self):
        self.start_with(Fixture("mute", "notifier_never_answers", "notifiers", "slipway.notifier/1"),
                        changes=[("\nbindings:\n", "\nnotifications:\n  - {binding: notifiers.mute, events: ['*']}\n\nbindings:\n")])
        self.assert_others_are_served()
        self.assertEqual(self.stack.metric("slipway_plugin_calls_in_flight", binding="notifiers.mute"), 1)
        self.assertLess(self.stack.stop_daemon()[1], 5)


if __name__ == "__main__":
    unittest.main()
