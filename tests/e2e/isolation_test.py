"""Strategies and the analyzer in worker processes: rollouts go on under traffic, also when a worker is killed."""

import json
import os
import pathlib
import shutil
import signal
import unittest

from harness import BUILD, SLOWNESS, Fixture, StackTest, sign, wait_for
from oracle import Oracle

LATER = BUILD / "tests/fixtures/strategies/root"
ISOLATED = tuple((f"    plugin: {plugin}\n", f"    plugin: {plugin}\n    placement: isolated\n")
                 for plugin in ("strategy-rolling", "strategy-canary", "analyzer-threshold"))
CANARY = {"steps": [{"weight": "20%"}, {"pause": {"duration": "2s"}}, {"weight": "60%"}, {"pause": {"duration": "2s"}}],
          "analyses": "errors"}
NOT_GRANTED = (r'instance \"gate-webhook\" is not allowed network \"127.0.0.1\"; allow it under permissions.network in its '
               'plugin.json and in the profile')


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

    def test_a_site_bounds_workers_and_requires_what_holds_them_in(self):
        self.start_stack(changes=ISOLATED, site={"isolation": {"memory_mib": 128, "open_files": 99,
                                                               "required": ["not-traceable", "limits"]}})
        limits = pathlib.Path(f"/proc/{self.worker('canary')['process']}/limits").read_text()
        if SLOWNESS == 1:  # a sanitizer's worker has no bound of memory
            self.assertRegex(limits, rf"Max data size +{128 << 20} ")
        self.assertRegex(limits, r"Max open files +99 ")

    def test_a_plugin_that_is_not_held_in_as_the_site_requires_is_refused_at_the_start(self):
        self.stack = self.new_stack(site={"isolation": {"required": ["network-namespace"]}}, changes=[
            ("    plugin: gate-webhook\n", "    plugin: gate-webhook\n    placement: isolated\n")])
        run = self.stack.run_daemon()
        self.assert_exit(run, 1, 'gate-webhook: the policy requires the protection "network-namespace", which is not in force: '
                                 'the permission "network" is granted for every destination; make it available or take it out of the '
                                 'policy')

    def test_a_plugin_that_crashes_again_and_again_is_left_alone_for_a_while_and_why_says_so(self):
        self.start_stack(changes=ISOLATED)
        self.stack.first_release(replicas=1)
        self.stack.create_release("1.1")
        rollout = self.stack.start_rollout("1.1", "canary", {"steps": [{"weight": "20%"}, {"pause": {}}]})
        self.stack.wait_rollout(rollout, "to shift traffic", lambda: self.stack.weight(rollout) > 0, 30)
        for crashes in range(1, 7):
            wait_for("the worker to run", lambda: self.worker("canary")["state"] == "running", 10)
            os.kill(self.worker("canary")["process"], signal.SIGKILL)
            wait_for("its end to be seen", lambda: self.worker("canary")["restarts"] == crashes or crashes == 6 and
                     self.worker("canary")["state"] == "broken", 10)
        self.stack.cli("rollout", "promote", rollout)
        self.stack.wait_rollout(rollout, "to say why it waits", lambda: "6 times in a row" in self.stack.why_text(rollout), 20)

    def test_a_new_version_whose_worker_crashes_while_it_is_watched_gives_way_to_the_old_one(self):
        self.start_stack(changes=ISOLATED, site={"plugin_roots": [str(BUILD / "plugins-root"), str(LATER)]})
        for version in ("0.1.0", "0.1.1"):
            self.assert_exit(self.stack.cli("binding", "swap", "strategies.canary", version, "--bake", "60s"), 0)
        os.kill(self.active("canary")["worker"]["process"], signal.SIGKILL)
        wait_for("the return", lambda: self.active("canary")["version"] == "0.1.0", 15)
        newest = lambda: self.stack.read("/api/profile/history")["items"][0]["reason"]  # noqa: E731
        wait_for("its revision", lambda: "returned by itself" in newest(), 15)
        self.assertIn('strategy-canary 0.1.1 as "canary" crashed: its worker ended by signal 9 (Killed)', newest())
        self.stack.first_release(replicas=1)
        self.stack.deploy("1.1", "canary", {"steps": [{"weight": "50%"}], "scale_down_delay": "300ms"})

    def active(self, instance):
        return next(one for one in self.stack.read("/api/plugins")["items"]
                    if one.get("instance") == instance and one["state"] == "active")

    def refused_request(self, placement):
        """What a rollout says of a gate that calls somebody, although its package has not asked for the network."""
        self.stack = self.new_stack(fixtures=[Fixture("gate-good", "sound")], changes=[
            ("    plugin: gate-webhook\n", f"    plugin: gate-webhook\n    placement: {placement}\n")])
        package = self.stack.folder / "fixtures/gate-webhook/0.1.1"
        shutil.copytree(self.stack.plugins / "gate-webhook/0.1.0", package)
        manifest = json.loads((package / "plugin.json").read_text())
        (package / "plugin.json").write_text(json.dumps({**manifest, "version": "0.1.1", "permissions": ["secrets"]}))
        sign(package)
        self.stack.start_daemon()
        self.stack.create_application(gates=[{"gate": "webhook", "settings": {"url": "http://127.0.0.1:1/"}}])
        self.stack.create_release("1.0")
        rollout = self.stack.start_rollout("1.0")
        self.stack.wait_why(rollout, "network")
        self.assertEqual(self.plugin("gate-webhook")["placement"], placement)
        self.assertGreater(self.stack.metric("slipway_permission_denied_total", instance="gate-webhook", permission="network"), 0)
        return self.stack.why_text(rollout)

    def test_a_destination_that_is_not_granted_is_refused_in_the_process_of_the_host(self):
        self.assertIn(NOT_GRANTED, self.refused_request("in-process"))

    def test_a_destination_that_is_not_granted_is_refused_in_a_worker_in_the_same_words(self):
        self.assertIn(NOT_GRANTED, self.refused_request("isolated"))

    def narrowed(self, placement):
        """A gate whose package asks for every destination, and whose profile grants one: that one is asked, no other."""
        self.start_stack(changes=[("    plugin: gate-webhook\n", f"    plugin: gate-webhook\n    placement: {placement}\n"
                                   "    permissions: {network: [127.0.0.2], secrets: true}\n")])
        granted, other = Oracle("127.0.0.2"), Oracle()
        for oracle in (granted, other):
            self.addCleanup(oracle.close)
            oracle.answer = {"state": "open"}
        self.stack.create_application(replicas=1, analyses=[], gates=[
            {"gate": "webhook", "settings": {"url": oracle.url}} for oracle in (granted, other)])
        self.stack.create_release("1.0")
        rollout = self.stack.start_rollout("1.0")
        self.stack.wait_why(rollout, "is not allowed network")
        self.assertIn(NOT_GRANTED, self.stack.why_text(rollout))
        wait_for("the one that is granted to be asked", lambda: granted.asked, 15)
        self.assertEqual(other.asked, [])
        self.assertEqual(self.plugin("gate-webhook")["placement"], placement)
        self.assertEqual(self.plugin("gate-webhook")["permissions"]["network"], ["127.0.0.2"])
        self.assertGreater(self.stack.metric("slipway_permission_denied_total", instance="gate-webhook", permission="network"), 0)

    def test_a_profile_grants_less_than_a_plugin_asks_for_in_the_process_of_the_host(self):
        self.narrowed("in-process")

    def test_a_profile_grants_less_than_a_plugin_asks_for_in_a_worker(self):
        self.narrowed("isolated")

    def test_workers_end_with_the_daemon_however_it_ends(self):
        self.start_stack(changes=ISOLATED)
        workers = [self.worker(instance)["process"] for instance in ("rolling", "canary", "threshold")]
        self.assertEqual([pid for pid in workers if runs(pid)], workers)
        self.stack.daemon.kill()
        self.stack.await_end()
        wait_for("no worker to be left", lambda: not [pid for pid in workers if runs(pid)], 1)

    def test_a_plugin_that_starts_programs_is_refused_at_the_start(self):
        self.stack = self.new_stack(changes=[("    plugin: provider-local\n",
                                              "    plugin: provider-local\n    placement: isolated\n")])
        run = self.stack.run_daemon()
        self.assert_exit(run, 1, '/plugins/local/placement: is "isolated"; provider-local asks for the permission '
                                 '"processes", and no isolated plugin starts programs')


if __name__ == "__main__":
    unittest.main()
