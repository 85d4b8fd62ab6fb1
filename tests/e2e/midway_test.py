"""Strategies go over to other versions in the middle of rollouts under traffic, to another schema of their state and back by
`migrate`, too: the journal has an entry for each, and nothing else is to be seen. Whatever may run in a worker goes into one and
comes back: of that the journal knows nothing."""

import json
import unittest

from harness import BUILD, ENDS, ERRORS, StackTest, wait_for
from kinds_test import FAULTS, WATCH

LATER = BUILD / "tests/fixtures/strategies/root"
SHIPPED = "0.1.0"
# Other code of the same schema, and back; a state of another schema, and its way back; the shipped one.
TOUR = ("0.1.1", "0.1.0", "0.2.0", "0.1.2", "0.1.0")
# How the decisions of each end.
SIGNS = {"0.1.1": " (patched)", "0.1.2": " (returned)", "0.2.0": " (renewed)"}
STRATEGIES = ("rolling", "blue-green", "canary")
# Where each waits with traffic on both releases, what it says then, and how many processes of three replicas there are.
WAITING = {
    "rolling": ({"max_surge": 1, "max_unavailable": 0, "pause_at": 1}, "somebody to promote", 3),
    "blue-green": ({"switch_steps": [{"weight": "30%", "pause": "1h"}], "keep_blue": "300ms"}, "the pause of 1h to end", 6),
    "canary": ({"steps": [{"weight": "10%"}, {"pause": {"duration": "100ms"}}, {"weight": "40%"}, {"pause": {}}, {"weight": "70%"}],
                "scale_down_delay": "300ms"}, "promote", 5)}


def canary_with_pauses(duration):
    return {"steps": [step for weight in range(15, 100, 15) for step in ({"weight": f"{weight}%"}, {"pause": {"duration": duration}})],
            "scale_down_delay": "300ms"}


# None waits for a person.
MOVING = {"rolling": {"max_surge": 1, "max_unavailable": 0, "min_ready": "1s"},
          "blue-green": {"switch_steps": [{"weight": f"{weight}%", "pause": "1s"} for weight in range(10, 100, 10)],
                         "keep_blue": "300ms"},
          "canary": canary_with_pauses("1s")}


def orders(journal):
    """What the provider was told, in order: of each group the role, the replicas and the weight."""
    told = [[(group["role"], group["replicas"], group.get("weight", 0)) for group in entry["groups"]]
            for entry in journal if entry["groups"]]
    return [order for index, order in enumerate(told) if index == 0 or order != told[index - 1]]


class MidwayTest(StackTest):
    placement = "in-process"

    def setUp(self):
        super().setUp()
        self.start_stack(site={"plugin_roots": [str(BUILD / "plugins-root"), str(LATER)]}, changes=[
            (f"    plugin: strategy-{strategy}\n", f"    plugin: strategy-{strategy}\n    placement: {self.placement}\n")
            for strategy in STRATEGIES])
        for strategy in STRATEGIES:
            self.swap(strategy, SHIPPED)
        self.stack.first_release(replicas=3)
        self.stack.begin_load()

    def swap(self, strategy, version):
        self.assert_exit(self.stack.cli("binding", "swap", f"strategies.{strategy}", version, "--bake", "0s"), 0)
        runs = next(one for one in self.stack.read("/api/plugins")["items"]
                    if one.get("instance") == strategy and one["state"] == "active")
        self.assertEqual((runs["version"], runs["placement"]), (version, self.placement))

    def swaps(self, rollout):
        return [entry for entry in self.stack.journal(rollout) if entry["kind"] == "strategy"]

    def seen(self, rollout):
        """All that a swap must leave as it is but the journal. How many are ready is left out: a busy machine may be late for
        a check."""
        now = self.stack.rollout(rollout)
        groups = [{name: group[name] for name in ("role", "release", "replicas", "weight")} for group in now["groups"]]
        return {"state": now["state"], "step": now["step"], "waits for": now["why"]["waits_for"], "groups": groups,
                "1.0": self.stack.pids_of("1.0"), "1.1": self.stack.pids_of("1.1"), "haproxies": self.stack.settled_haproxies()}

    def end(self, stable):
        self.stack.await_requests(50, stable)
        load, versions = self.stack.end_load()
        self.assert_served_all(load, versions)
        for strategy in STRATEGIES:
            binding = f"strategies.{strategy}"
            every = self.stack.metric("slipway_plugin_calls_total", binding=binding)
            self.assertEqual(every, self.stack.metric("slipway_plugin_calls_total", binding=binding, status="OK"), binding)

    def tour_while_it_waits(self, strategy):
        settings, words, processes = WAITING[strategy]
        self.stack.create_release("1.1")
        rollout = self.stack.start_rollout("1.1", strategy, settings)
        self.stack.wait_rollout(rollout, "to share the traffic", lambda: self.stack.weight(rollout) > 0, 30)
        wait_for("the replicas of its middle", lambda: len(self.stack.replicas()) == processes, 15)
        self.stack.wait_rollout(rollout, f"to wait for {words!r}", lambda: words in self.stack.rollout(rollout)["why"]["waits_for"], 15)
        journal, before, at = self.stack.journal(rollout), self.seen(rollout), SHIPPED
        told = []
        for version in TOUR:
            told.append(("strategy", f"strategy {strategy} went from {at} to {version} and took its state along"))
            self.swap(strategy, version)
            self.stack.wait_rollout(rollout, f"to go over to {version}", lambda: len(self.swaps(rollout)) == len(told), 15)
            self.stack.await_requests(20, "1.1")
            with self.subTest(version):
                self.assertEqual(self.seen(rollout), before)
                since = self.stack.journal(rollout)[len(journal):]
                self.assertEqual([(entry["kind"], entry["reason"]) for entry in since], told)
            at = version
        self.assertEqual(self.stack.journal(rollout)[:len(journal)], journal)
        self.assertEqual(self.stack.call("POST", f"/api/rollouts/{rollout}/promote", {}).status, 200)
        self.stack.wait_state(rollout, "succeeded")
        self.assert_journal_is_sound(self.stack.journal(rollout))
        self.end("1.1")

    def tour_while_it_moves(self, strategy):
        """Its orders are those of a rollout that nobody disturbed, and versions of both schemas have decided some of them."""
        settings = MOVING[strategy]
        undisturbed = orders(self.stack.journal(self.stack.deploy("1.1", strategy, settings)))
        self.stack.create_release("1.2")
        rollout = self.stack.start_rollout("1.2", strategy, settings)
        self.stack.wait_rollout(rollout, "to share the traffic", lambda: self.stack.weight(rollout) > 0, 30)
        for version in ("0.2.0", "0.1.2", "0.1.1", "0.1.0"):
            if not self.is_over(rollout):
                self.swap(strategy, version)
                self.stack.wait_rollout(rollout, f"to be decided by {version}", lambda it=version: self.is_over(rollout) or
                                        self.has_decided(rollout, it), 20)
        self.stack.wait_state(rollout, "succeeded")
        journal = self.stack.journal(rollout)
        for version in ("0.2.0", "0.1.2"):
            self.assertTrue(self.has_decided(rollout, version), version)
        self.assertEqual(orders(journal), undisturbed)
        self.assert_journal_is_sound(journal)
        self.end("1.2")


    def is_over(self, rollout):
        return self.stack.rollout(rollout)["state"] in ENDS

    def has_decided(self, rollout, version):
        """After it took the rollout over. The shipped one, which does not sign what it decides, has only to do that."""
        entries = self.stack.journal(rollout)
        mine = [index for index, entry in enumerate(entries) if f" to {version} and took its state along" in entry["reason"]]
        return bool(mine) and (version not in SIGNS or any(
            entry["groups"] and entry["reason"].endswith(SIGNS[version]) for entry in entries[mine[0]:]))


class InProcessTest(MidwayTest):
    def test_a_rolling_update_that_waits_in_its_middle_goes_forth_and_back(self):
        self.tour_while_it_waits("rolling")

    def test_a_blue_green_that_waits_in_its_middle_goes_forth_and_back(self):
        self.tour_while_it_waits("blue-green")

    def test_a_canary_that_waits_in_its_middle_goes_forth_and_back(self):
        self.tour_while_it_waits("canary")

    def test_a_rolling_update_on_its_way_goes_forth_and_back(self):
        self.tour_while_it_moves("rolling")

    def test_a_blue_green_on_its_way_goes_forth_and_back(self):
        self.tour_while_it_moves("blue-green")

    def test_a_canary_on_its_way_goes_forth_and_back(self):
        self.tour_while_it_moves("canary")


class IsolatedTest(MidwayTest):
    placement = "isolated"

    def test_an_isolated_canary_that_waits_in_its_middle_goes_forth_and_back(self):
        self.tour_while_it_waits("canary")

    def test_an_isolated_rolling_update_on_its_way_goes_forth_and_back(self):
        self.tour_while_it_moves("rolling")


class PlacementTest(StackTest):
    """All that may be isolated goes into workers by one change of the profile and comes back by the next: the store, the
    strategies, what measures and who judges."""

    def setUp(self):
        super().setUp()
        self.start_stack()
        self.stack.first_release(replicas=3, analyses=[ERRORS, WATCH])
        self.moved = [name for name in self.stack.read("/api/profile")["profile"]["plugins"]
                      if name not in ("local", "probe", "secrets-env")]
        self.stack.begin_load()

    def move(self, placement):
        profile = self.stack.read("/api/profile")["profile"]
        for name in self.moved:
            profile["plugins"][name]["placement"] = placement
        file = self.stack.folder / "moved.json"
        file.write_text(json.dumps(profile))
        self.assert_exit(self.stack.cli("profile", "apply", str(file), "--reason", f"all {placement}", "--bake", "0s"), 0)
        runs = {one["instance"]: one for one in self.stack.read("/api/plugins")["items"] if one["state"] == "active"}
        self.assertEqual({runs[name]["placement"] for name in self.moved}, {placement})
        if placement == "isolated":
            self.assertEqual({runs[name]["worker"]["state"] for name in self.moved}, {"running"})

    def end(self, stable):
        self.stack.await_requests(50, stable)
        load, versions = self.stack.end_load()
        self.assert_served_all(load, versions)
        for one in self.stack.read("/api/bindings")["items"]:
            for status in FAULTS:
                self.assertEqual(self.stack.metric("slipway_plugin_calls_total", binding=one["name"], status=status), 0,
                                 (one["name"], status))

    def test_a_canary_that_waits_in_its_middle_sees_nothing_of_a_move_into_workers_and_back(self):
        self.stack.create_release("1.1")
        rollout = self.stack.start_rollout("1.1", "canary", {**WAITING["canary"][0], "analyses": "watch"})
        self.stack.wait_rollout(rollout, "to wait for somebody",
                                lambda: "promote" in self.stack.rollout(rollout)["why"]["waits_for"], 30)
        journal, processes = self.stack.journal(rollout), (self.stack.pids_of("1.0"), self.stack.pids_of("1.1"))
        for placement in ("isolated", "in-process", "isolated"):
            self.move(placement)
            self.stack.await_requests(20, "1.1")
            with self.subTest(placement):
                self.assertEqual(self.stack.weight(rollout), 400_000)
                self.assertEqual((self.stack.pids_of("1.0"), self.stack.pids_of("1.1")), processes)
                self.assertEqual(self.stack.journal(rollout), journal)
        self.assertEqual(self.stack.call("POST", f"/api/rollouts/{rollout}/promote", {}).status, 200)
        self.stack.wait_state(rollout, "succeeded")
        self.assert_journal_is_sound(self.stack.journal(rollout))
        self.end("1.1")

    def test_a_canary_on_its_way_is_decided_as_ever_while_all_moves_into_workers_and_back(self):
        undisturbed = orders(self.stack.journal(self.stack.deploy("1.1", "canary", {**MOVING["canary"], "analyses": "errors"}, seconds=60)))
        self.stack.create_release("1.2")
        rollout = self.stack.start_rollout("1.2", "canary", {**canary_with_pauses("3s"), "analyses": "errors"})
        self.stack.wait_rollout(rollout, "to share the traffic", lambda: self.stack.weight(rollout) > 0, 30)
        steps = 0
        for placement in ("isolated", "in-process", "isolated"):
            self.move(placement)
            weight = self.stack.weight(rollout)
            if self.stack.rollout(rollout)["state"] == "progressing" and weight < 900_000:
                self.stack.wait_rollout(rollout, "to take its next step", lambda was=weight: self.stack.weight(rollout) > was, 20)
                steps += 1
        self.assertGreater(steps, 0, "it was over too soon to say anything of the moves")
        self.stack.wait_state(rollout, "succeeded", 60)
        journal = self.stack.journal(rollout)
        self.assertEqual(orders(journal), undisturbed)
        self.assert_journal_is_sound(journal)
        self.end("1.2")


if __name__ == "__main__":
    unittest.main()
