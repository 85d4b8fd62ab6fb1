"""Plugins are swapped, and profiles exchanged, while rollouts run under traffic: nothing fails, and all can be taken back."""

import contextlib
import hashlib
import http.client
import json
import pathlib
import re
import shutil
import signal
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor

from harness import APP, BUILD, StackTest, wait_for

LATER = BUILD / "tests/fixtures/strategies/root"
ROLLED_BACK = 3  # exit code
PAUSED = {"steps": [{"weight": "10%"}, {"pause": {}}], "scale_down_delay": "300ms"}
CANARY = {"steps": [{"weight": "10%"}, {"pause": {}}, {"weight": "50%"}, {"analysis": "errors"}],
          "scale_down_delay": "300ms"}


class SwapTest(StackTest):
    def setUp(self):
        super().setUp()
        self.start_stack(site={"plugin_roots": [str(BUILD / "plugins-root"), str(LATER)]})

    def profile(self):
        return self.stack.read("/api/profile")

    def swap(self, binding, version, *more, status=0):
        run = self.stack.cli("binding", "swap", binding, version, *more)
        self.assertEqual(run.returncode, status, run.stdout + run.stderr)
        return run.stdout

    def bound(self, binding):
        return next(item for item in self.stack.read("/api/bindings")["items"] if item["name"] == binding)

    def states(self, plugin):
        items = self.stack.read(f"/api/plugins/{plugin}")["items"]
        return {(item["version"], item["state"]) for item in items}

    def pin(self, version="0.1.0"):
        """The stack begins with the shipped strategies."""
        for strategy in ("rolling", "blue-green", "canary"):
            self.swap(f"strategies.{strategy}", version, "--bake", "0s")

    def end_without_a_failed_request(self, stable):
        self.stack.await_requests(50, stable)
        load, versions = self.stack.end_load()
        self.assert_served_all(load, versions)


class StrategiesTest(SwapTest):
    def setUp(self):
        super().setUp()
        self.pin()
        self.stack.first_release(replicas=3)
        self.stack.begin_load()

    def swaps_in(self, rollout):
        return [entry["reason"] for entry in self.stack.journal(rollout) if entry["kind"] == "strategy"]

    def test_a_version_that_fails_gives_way_in_its_bake_time_and_the_rollout_in_its_middle_goes_on(self):
        self.stack.create_release("1.1")
        rollout = self.stack.start_rollout("1.1", "canary", CANARY)
        self.stack.wait_why(rollout, "promote")
        self.swap("strategies.canary", "0.1.3", "--bake", "50s")
        self.stack.wait_rollout(rollout, "to go over", lambda: self.swaps_in(rollout), 15)
        plan = {"application": "other", "release": "1.0", "strategy": {"name": "canary", "settings": CANARY}}
        self.stack.create_application(name="other")
        self.stack.create_release("1.0", application="other")

        def returned():
            self.stack.call("POST", "/api/rollouts?dry_run=true", plan)
            return self.bound("strategies.canary")["version"] == "0.1.0"

        wait_for("the return", returned, 30, pause=0)
        wait_for("its revision", lambda: "returned by itself" in self.newest_reason(), 15)
        self.assertRegex(self.newest_reason(), r'[0-9]+ of [0-9]+ calls of strategy-canary 0\.1\.3 as "canary" failed, more than the 5% allowed')
        self.stack.wait_rollout(rollout, "to come back", lambda: len(self.swaps_in(rollout)) == 2, 15)
        self.assertEqual(self.stack.call("POST", f"/api/rollouts/{rollout}/promote", {}).status, 200)
        self.stack.wait_state(rollout, "succeeded")
        self.end_without_a_failed_request("1.1")

    def newest_reason(self):
        return self.stack.read("/api/profile/history")["items"][0]["reason"]

    def test_a_state_of_a_newer_schema_is_migrated_and_what_can_not_go_back_stays_and_why_says_so(self):
        self.stack.create_release("1.1")
        rollout = self.stack.start_rollout("1.1", "canary", CANARY)
        self.stack.wait_why(rollout, "promote")
        self.swap("strategies.canary", "0.2.0", "--bake", "0s")
        self.stack.wait_rollout(rollout, "to be migrated", lambda: self.swaps_in(rollout), 15)
        back = self.swap("strategies.canary", "0.1.0", "--bake", "0s")
        self.assertIn("rollouts under way stay with strategy-canary 0.2.0", back)
        self.stack.wait_why(rollout, "stays at 0.2.0 for this rollout: 0.1.0 can't go on with it")
        self.assertIn(("0.2.0", "warm"), self.states("strategy-canary"))
        self.assertEqual(self.stack.call("POST", f"/api/rollouts/{rollout}/promote", {}).status, 200)
        self.stack.wait_state(rollout, "succeeded")
        self.assertIn("(renewed)", json.dumps(self.stack.journal(rollout)[-6:]))
        wait_for("0.2.0 to go when nobody needs it", lambda: ("0.2.0", "warm") not in self.states("strategy-canary"), 15)
        self.end_without_a_failed_request("1.1")


class CrashTest(SwapTest):
    """What a version that runs in the process of the host and ends it comes to."""

    def setUp(self):
        super().setUp()
        self.pin()
        self.stack.first_release(replicas=1)

    def crash(self, *bake):
        """The revision that did it."""
        swapped = int(re.search(r"revision ([0-9]+) is in force", self.swap("strategies.canary", "0.1.4", *bake))[1])
        self.stack.create_release("1.1")
        with contextlib.suppress(OSError, http.client.HTTPException):
            self.stack.start_rollout("1.1", "canary", {"steps": [{"weight": "50%"}], "scale_down_delay": "300ms"})
        self.assertEqual(self.stack.await_end(), -signal.SIGABRT)
        return swapped

    def test_one_that_ends_the_host_in_its_bake_time_is_returned_from_at_the_next_start(self):
        before = self.crash("--bake", "10m")
        self.stack.start_daemon()
        self.assertEqual(self.bound("strategies.canary")["version"], "0.1.0")
        newest = self.stack.read("/api/profile/history")["items"][0]
        self.assertEqual((newest["number"], newest["author"], newest["returned_from"]), (before + 1, "slipwayd", before))
        self.assertEqual(newest["reason"], f"returned by itself from revision {before}: slipwayd ended without a clean stop while it "
                         "was watched; apply it again if it was not the cause")
        rollout = self.stack.read("/api/rollouts?limit=1")["items"][0]
        self.assertEqual(rollout["to_release"], "1.1")
        self.stack.wait_state(rollout["id"], "succeeded")
        self.stack.kill_daemon()
        self.stack.start_daemon()
        self.assertEqual((self.profile()["revision"], self.bound("strategies.canary")["version"]), (newest["number"], "0.1.0"))

    def test_a_clean_stop_in_the_bake_time_leads_nowhere_and_neither_does_a_crash_after_it(self):
        self.swap("strategies.canary", "0.1.1", "--bake", "10m")
        self.stack.stop_daemon()
        for _ in range(2):
            self.stack.start_daemon()
            self.assertEqual(self.bound("strategies.canary")["version"], "0.1.1")
            self.stack.kill_daemon()


class OpenVersionsTest(SwapTest):
    """A profile that names no version, as the shipped ones, and a newer version that ends the host."""

    def setUp(self):
        StackTest.setUp(self)
        self.later = pathlib.Path(tempfile.mkdtemp(prefix="slipway-test-"))
        self.addCleanup(shutil.rmtree, self.later)
        self.start_stack(site={"plugin_roots": [str(BUILD / "plugins-root"), str(self.later)]})
        self.stack.first_release(replicas=1)
        shutil.copytree(LATER / "strategy-canary/0.1.4", self.later / "strategy-canary/0.1.4")

    def test_what_was_gone_back_from_is_taken_by_no_later_start_or_change(self):
        self.assertEqual(self.bound("strategies.canary")["version"], "0.1.0")
        before = CrashTest.crash(self, "--bake", "10m")
        for _ in range(2):
            self.stack.start_daemon()
            self.assertEqual(self.bound("strategies.canary")["version"], "0.1.0")
            self.stack.kill_daemon()
        self.stack.start_daemon()
        newest = self.stack.read("/api/profile/history")["items"][0]
        self.assertEqual(newest["returned_from"], before)
        self.assertEqual(newest["versions"]["canary"], "0.1.0")
        self.swap("strategies.rolling", "0.1.0", "--bake", "0s")
        self.assertEqual(self.bound("strategies.canary")["version"], "0.1.0")

    def test_a_rollback_runs_what_ran(self):
        self.swap("strategies.canary", "0.1.4", "--bake", "0s")
        run = self.stack.cli("profile", "rollback")
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertEqual(self.bound("strategies.canary")["version"], "0.1.0")


class KeptTest(SwapTest):
    """What a rollout needs of a version that others have left."""

    def setUp(self):
        super().setUp()
        self.swap("strategies.canary", "0.1.0", "--bake", "0s")
        self.stack.first_release(replicas=1)

    def test_a_rollout_that_went_over_in_a_trial_keeps_its_generation_when_an_analyzer_withdraws_it(self):
        self.stack.create_release("1.1")
        rollout = self.stack.start_rollout("1.1", "canary", PAUSED)
        self.stack.wait_why(rollout, "promote")
        settings = self.stack.folder / "settings.yaml"
        settings.write_text("failure: requests >= 1\nfailure_limit: 1\n")
        said = self.swap("strategies.canary", "0.2.0", "--canary", "100%", "--for", "60s", "--analyzer", "threshold",
                         "--settings", str(settings), status=ROLLED_BACK)
        self.assertIn("strategy-canary 0.2.0 was withdrawn: analyzer threshold says fail: ", said)
        self.assertEqual(self.bound("strategies.canary")["version"], "0.1.0")
        self.stack.wait_why(rollout, "stays at 0.2.0 for this rollout: 0.1.0 can't go on with it")
        self.assertIn(("0.2.0", "warm"), self.states("strategy-canary"))
        self.assertEqual(self.stack.call("POST", f"/api/rollouts/{rollout}/promote", {}).status, 200)
        self.stack.wait_state(rollout, "succeeded")
        wait_for("0.2.0 to go when nobody needs it", lambda: ("0.2.0", "warm") not in self.states("strategy-canary"), 15)

    def revoke(self, version):
        library = BUILD / f"tests/fixtures/strategies/root/strategy-canary/{version}/strategy-canary.so"
        digest = hashlib.sha256(library.read_bytes()).hexdigest()
        file = self.stack.folder / "site.json"
        trust = {"revoked_digests": [digest], "on_revocation": "retire"}
        file.write_text(json.dumps({**json.loads(file.read_text()), "trust": trust}))
        self.stack.daemon.send_signal(signal.SIGHUP)

    def test_a_version_that_is_revoked_is_kept_for_no_rollout(self):
        self.swap("strategies.canary", "0.2.0", "--bake", "0s")
        self.stack.create_release("1.1")
        rollout = self.stack.start_rollout("1.1", "canary", PAUSED)
        self.stack.wait_why(rollout, "promote")
        self.swap("strategies.canary", "0.1.0", "--bake", "0s")
        self.stack.wait_why(rollout, "stays at 0.2.0 for this rollout")
        self.assertIn(("0.2.0", "warm"), self.states("strategy-canary"))
        self.revoke("0.2.0")
        wait_for("the end of 0.2.0", lambda: ("0.2.0", "warm") not in self.states("strategy-canary"), 15)
        self.assertEqual(self.bound("strategies.canary")["version"], "0.1.0")
        self.stack.wait_why(rollout, "the state of this rollout is of 0.2.0, which does not run here")

    def test_a_trial_of_a_version_that_is_revoked_ends_at_once(self):
        with ThreadPoolExecutor(1) as aside:
            swap = aside.submit(self.swap, "strategies.canary", "0.2.0", "--canary", "50%", "--for", "10m",
                                status=ROLLED_BACK)
            wait_for("the trial", lambda: ("0.2.0", "warm") in self.states("strategy-canary"), 15)
            self.revoke("0.2.0")
            self.assertIn("its trial makes room for the end of revoked plugins", swap.result())
        wait_for("the end of 0.2.0", lambda: ("0.2.0", "warm") not in self.states("strategy-canary"), 15)
        self.assertEqual(self.bound("strategies.canary")["version"], "0.1.0")

    def test_a_rollout_whose_version_does_not_run_any_more_says_how_it_can_go_on(self):
        self.swap("strategies.canary", "0.2.0", "--bake", "0s")
        self.stack.create_release("1.1")
        rollout = self.stack.start_rollout("1.1", "canary", PAUSED)
        self.stack.wait_why(rollout, "promote")
        self.swap("strategies.canary", "0.1.0", "--bake", "0s")
        self.stack.kill_daemon()
        self.stack.start_daemon()
        self.stack.wait_why(rollout, "the state of this rollout is of 0.2.0, which does not run here, and 0.1.0 can't go on with it")
        self.assertIn(r'bring it back with \"slipway binding swap strategies.canary 0.2.0\", or abort the rollout',
                      self.stack.why_text(rollout))
        self.swap("strategies.canary", "0.2.0", "--bake", "0s")
        self.assertEqual(self.stack.call("POST", f"/api/rollouts/{rollout}/promote", {}).status, 200)
        self.stack.wait_state(rollout, "succeeded")


class OthersTest(SwapTest):
    def test_storage_and_provider_are_reconfigured_under_traffic_without_a_failed_request(self):
        self.stack.first_release(replicas=2)
        self.stack.begin_load()
        profile = self.profile()["profile"]
        profile["plugins"]["sqlite"]["config"]["busy_timeout"] = "4s"
        profile["plugins"]["local"]["config"]["drain_deadline"] = "2s"
        reply = self.stack.call("PUT", "/api/profile", {"profile": profile, "reason": "shorter", "bake": "0s"})
        self.assertEqual(reply.status, 200, reply.text)
        hand_over = {change["instance"]: change["hand_over"] for change in reply.body["changes"]["instances"]}
        self.assertEqual(hand_over, {"sqlite": "exchange", "local": "exchange"})
        self.stack.deploy("1.1", "canary", {"steps": [{"weight": "50%"}, {"analysis": "errors"}],
                                            "scale_down_delay": "300ms"})
        self.end_without_a_failed_request("1.1")

    def test_a_change_that_fails_changes_nothing(self):
        self.stack.first_release()
        before = self.profile()
        profile = json.loads(json.dumps(before["profile"]))
        profile["plugins"]["sqlite"]["config"]["path"] = "/proc/nowhere/slipway.db"
        profile["plugins"]["canary"]["version"] = "0.1.1"
        reply = self.stack.call("PUT", "/api/profile", {"profile": profile})
        self.assertEqual(reply.status, 409, reply.text)
        self.assertIn("/plugins/sqlite", reply.text)
        self.assertEqual(self.profile()["version"], before["version"])
        self.assertEqual(self.bound("strategies.canary")["version"], "0.2.0")
        self.stack.deploy("1.1", "rolling", {})

    def test_every_fault_of_a_profile_is_told_at_once_and_a_stale_version_is_refused(self):
        profile = self.profile()["profile"]
        profile["plugins"]["canary"]["version"] = "^9.0"
        profile["plugins"]["rolling"]["config"] = {"max_serge": 1}
        profile["bindings"]["strategies.canary"] = "nobody"
        reply = self.stack.call("PUT", "/api/profile?dry_run=true", {"profile": profile})
        self.assertIn(reply.status, (400, 409), reply.text)
        for word in ("^9.0", "max_serge", "nobody"):
            self.assertIn(word, reply.text)
        reply = self.stack.call("PUT", "/api/profile", {"profile": self.profile()["profile"]}, {"If-Match": '"stale"'})
        self.assertEqual(reply.status, 412, reply.text)

    def test_plan_apply_history_diff_and_rollback_by_the_command_line(self):
        file = self.stack.folder / "next.json"
        profile = self.profile()["profile"]
        profile["plugins"]["canary"]["version"] = "0.1.0"
        del profile["bindings"]["gates.webhook"]
        profile["plugins"]["gate-webhook"]["enabled"] = False
        profile["notifications"] = [{"binding": "notifiers.webhook", "events": ["rollout.failed"]}]
        file.write_text(json.dumps(profile))
        plan = self.stack.cli("profile", "plan", str(file))
        self.assertIn("planned only; nothing has changed", plan.stdout)
        self.assertIn("~ canary: swap (strategy-canary 0.2.0 -> strategy-canary 0.1.0)", plan.stdout)
        self.assertIn("- gate-webhook: disable (gate-webhook 0.1.0)", plan.stdout)
        self.assertIn("loses: network *, secrets *", plan.stdout)
        self.assertIn("- gates.webhook: gate-webhook", plan.stdout)
        self.assertIn("+ notification notifiers.webhook: rollout.failed", plan.stdout)
        apply = self.stack.cli("profile", "apply", str(file), "--reason", "a smaller one", "--bake", "0s")
        self.assertIn("revision 2 is in force", apply.stdout, apply.stderr)
        self.assertEqual(self.bound("strategies.canary")["version"], "0.1.0")
        history = self.stack.cli("profile", "history").stdout
        self.assertIn("a smaller one", history)
        self.assertIn("started with", history)
        self.assertIn("/plugins/canary/version", self.stack.cli("profile", "diff", "1", "2").stdout)
        self.assertIn("revision 3 is in force", self.stack.cli("profile", "rollback").stdout)
        self.assertEqual(self.bound("strategies.canary")["version"], "0.2.0")
        self.assertEqual(self.bound("gates.webhook")["instance"], "gate-webhook")

    def test_an_applied_profile_outlives_a_restart_and_an_edited_file_waits_for_a_request(self):
        self.swap("strategies.canary", "0.1.1", "--bake", "0s")
        self.stack.kill_daemon()
        self.stack.start_daemon()
        self.assertEqual((self.profile()["revision"], self.bound("strategies.canary")["version"]), (2, "0.1.1"))
        file = self.stack.folder / "profile.yaml"
        file.write_text(file.read_text().replace("plugin: strategy-canary\n", "plugin: strategy-canary\n    version: 0.1.0\n"))
        self.assertEqual(self.bound("strategies.canary")["version"], "0.1.1")
        self.stack.daemon.send_signal(1)
        wait_for("the file to be taken over", lambda: self.bound("strategies.canary")["version"] == "0.1.0", 15)
        # The change is in force before it is recorded.
        wait_for("its revision", lambda: self.profile()["revision"] == 3, 15)

    def test_parts_of_a_trial_that_can_not_be_are_refused_and_nothing_is_swapped(self):
        before = self.profile()
        swap = "/api/bindings/strategies.canary/swap"
        reply = self.stack.call("POST", swap, {"version": "0.1.1", "for": "1s", "analyzer": "none", "settings": {"a": 1}})
        self.assert_refused(reply, 400, "is of a trial; want a share of the calls too", "is no analyzer of the profile")
        self.assertEqual([error["pointer"] for error in reply.body["errors"]], ["/for", "/analyzer", "/settings", "/analyzer"])
        self.assert_refused(self.stack.call("POST", swap, {"version": "0.1.1", "share": "5%", "analyzer": "none"}), 400,
                            "is no analyzer of the profile")
        self.assertEqual(self.profile(), before)

    def test_a_swap_may_be_tried_with_a_share_of_the_calls(self):
        self.pin()
        self.stack.first_release()
        self.stack.create_release("1.1")
        plan = {"application": APP, "release": "1.1", "strategy": {"name": "canary", "settings": CANARY}}
        with ThreadPoolExecutor(1) as aside:
            swap = aside.submit(self.swap, "strategies.canary", "0.1.1", "--canary", "50%", "--for", "3s", "--bake", "0s")
            while not swap.done():
                reply = self.stack.call("POST", "/api/rollouts?dry_run=true", plan)
                self.assertEqual(reply.status, 200, reply.text)
        said = swap.result()
        self.assertIn("a share of the calls is tried", said)
        self.assertIn("applied: it is revision", said)
        self.assertIn(": of the new generation 0 of ", said)
        self.assertEqual(self.bound("strategies.canary")["version"], "0.1.1")

    def test_a_trial_is_promoted_by_its_analyzers_pass_long_before_its_time_is_over(self):
        self.pin()
        self.stack.first_release()
        self.stack.create_release("1.1")
        plan = {"application": APP, "release": "1.1", "strategy": {"name": "canary", "settings": CANARY}}
        settings = self.stack.folder / "settings.yaml"
        settings.write_text("success: error_ratio <= baseline.error_ratio && latency_p95 < 5000\nmin_requests: 5\ncount: 2\n"
                            "insufficient_data_limit: 1000\n")
        with ThreadPoolExecutor(1) as aside:
            swap = aside.submit(self.swap, "strategies.canary", "0.1.1", "--canary", "50%", "--for", "10m", "--analyzer",
                                "threshold", "--settings", str(settings), "--bake", "0s")
            while not swap.done():
                reply = self.stack.call("POST", "/api/rollouts?dry_run=true", plan)
                self.assertEqual(reply.status, 200, reply.text)
        self.assertIn("analyzer threshold says pass: ", swap.result())
        trial = self.profile()["trial"]
        self.assertEqual(trial["state"], "applied")
        self.assertIn("analyzer threshold says pass: ", trial["reason"])
        self.assertEqual(self.bound("strategies.canary")["version"], "0.1.1")

    def test_a_host_that_stops_withdraws_its_trial_and_starts_with_the_old_version(self):
        self.pin()
        before = self.profile()
        with ThreadPoolExecutor(1) as aside:
            swap = aside.submit(self.stack.cli, "binding", "swap", "strategies.canary", "0.1.1", "--canary", "50%", "--for", "10m")
            wait_for("the trial", lambda: ("0.1.1", "warm") in self.states("strategy-canary"), 15)
            self.assertEqual(self.stack.stop_daemon()[0], 0)
            self.assertNotEqual(swap.result().returncode, 0)
        self.assertIn("strategy-canary 0.1.1 was withdrawn: the host stops before its trial is over", self.stack.log())
        self.stack.start_daemon()
        self.assertEqual(self.profile()["profile"], before["profile"])
        self.assertEqual(self.bound("strategies.canary")["version"], "0.1.0")

    def test_a_trial_without_a_call_is_no_success(self):
        self.pin()
        said = self.swap("strategies.canary", "0.1.1", "--canary", "50%", "--for", "200ms", "--bake", "0s",
                         status=ROLLED_BACK)
        self.assertIn("withdrawn: strategy-canary 0.1.1 was withdrawn: its trial is over without a verdict: it was not "
                      "called once; try it longer, or with a larger share", said)
        self.assertEqual(self.profile()["trial"]["state"], "withdrawn")
        self.assertEqual(self.bound("strategies.canary")["version"], "0.1.0")


if __name__ == "__main__":
    unittest.main()
