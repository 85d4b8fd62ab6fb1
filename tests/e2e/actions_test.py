"""A person steers rollouts by the command line: every action, its exit code, and what `why` says meanwhile."""

import json
import os
import subprocess
import unittest

from harness import APP, ENDS, ERRORS, SLOWNESS, StackTest, in_threads, wait_for
from stack import DemoError

DONE, FAILED, USAGE, ROLLED_BACK, TIMED_OUT, REFUSED = range(6)
UNTIL_TOLD = {"steps": [{"weight": "20%"}, {"pause": {}}, {"weight": "60%"}, {"pause": {}}], "scale_down_delay": "100ms"}


class ActionsTest(StackTest):
    def setUp(self):
        super().setUp()
        self.start_stack()
        self.stack.first_release(replicas=2)

    def act(self, action, *more, status=DONE):
        run = self.stack.cli("rollout", action, *more)
        self.assert_exit(run, status)
        return run

    def start(self, settings=None, strategy="canary", version="1.1"):
        self.stack.create_release(version)
        return self.stack.start_rollout(version, strategy, UNTIL_TOLD if settings is None else settings)

    def wait_at(self, rollout, step, weight):
        def there():
            return self.stack.rollout(rollout)["step"] == step and self.stack.weight(rollout) == weight
        self.stack.wait_rollout(rollout, f"to be at step {step} with weight {weight}", there, 15)

    def test_promote_goes_one_step_on_and_promote_full_to_the_end(self):
        rollout = self.start()
        self.wait_at(rollout, 1, 200_000)
        self.stack.wait_why(rollout, "promote")
        self.act("promote", rollout, "--reason", "looks good")
        self.wait_at(rollout, 3, 600_000)
        self.act("promote", rollout, "--full", "--wait", "--timeout", "20s")
        self.assertEqual(self.stack.stable(), "1.1")
        commands = [entry for entry in self.stack.journal(rollout) if entry["kind"] == "command"]
        self.assertEqual([entry["actor"] for entry in commands], ["token", "token"])
        self.assertIn("looks good", commands[0]["reason"])

    def test_a_request_is_found_again_in_the_journal_by_its_id_and_its_trace(self):
        rollout = self.start()
        self.wait_at(rollout, 1, 200_000)
        trace = "0af7651916cd43dd8448eb211c80319c"
        reply = self.stack.call("POST", f"/api/rollouts/{rollout}/promote", {"full": True}, {
            "X-Request-Id": "release-train-7", "traceparent": f"00-{trace}-b7ad6b7169203331-01"})
        self.assertEqual((reply.status, reply.headers["x-request-id"]), (200, "release-train-7"))
        self.stack.wait_state(rollout, "succeeded")
        journal = self.stack.journal(rollout)
        ours = [entry for entry in journal if entry.get("request_id") == "release-train-7"]
        self.assertEqual([entry["kind"] for entry in ours], ["command"])
        self.assertEqual(ours[0]["traceparent"], reply.headers["traceparent"])
        self.assertEqual([entry for entry in journal if trace in entry["traceparent"]], ours)
        self.assertTrue(journal[0]["request_id"], "the request that started it")
        begun = journal[0]["traceparent"]
        self.assertTrue(all(entry["traceparent"] == begun for entry in journal if not entry.get("request_id")))
        self.assertIn("request_id=release-train-7", self.stack.log())

    def test_pause_holds_the_weight_and_resume_goes_on(self):
        rollout = self.start({"steps": [{"weight": "20%"}, {"pause": {"duration": "1s"}}], "scale_down_delay": "100ms"})
        self.stack.wait_why(rollout, "the pause of 1s to end")
        over = self.stack.rollout(rollout)["why"]["until"]
        self.act("pause", rollout)
        self.stack.wait_state(rollout, "paused")
        self.stack.wait_why(rollout, "resume")
        journal = self.stack.journal(rollout)
        self.stack.await_moment(over)
        self.act("pause", rollout, status=REFUSED)
        self.assertEqual(self.stack.journal(rollout), journal)
        self.act("resume", rollout, "--wait", "--timeout", "20s")
        self.assertEqual(self.stack.stable(), "1.1")

    def test_skip_leaves_out_the_current_step(self):
        self.stack.create_application(replicas=2, analyses=[{**ERRORS, "interval": "1h"}])
        rollout = self.start({"steps": [{"weight": "20%"}, {"analysis": "errors"}, {"weight": "60%"}, {"pause": {}}]})
        self.wait_at(rollout, 1, 200_000)
        self.act("skip", rollout)
        self.wait_at(rollout, 3, 600_000)
        self.assertNotIn("verdict", [entry["kind"] for entry in self.stack.journal(rollout)])

    def test_skip_leaves_out_a_step_for_which_promote_would_wait(self):
        self.stack.create_release("1.1", {"EXAMPLE_READY_AFTER": "3600s"})
        rollout = self.stack.start_rollout("1.1", "canary", UNTIL_TOLD)
        self.stack.wait_why(rollout, "0 of 1 new replica to be available")
        self.assertEqual(self.stack.rollout(rollout)["step"], 0)
        self.act("skip", rollout)
        self.wait_at(rollout, 1, 0)
        self.act("abort", rollout, "--wait", "--timeout", "20s", status=ROLLED_BACK)

    def test_abort_goes_back_and_retry_starts_over(self):
        rollout = self.start()
        self.wait_at(rollout, 1, 200_000)
        self.act("abort", rollout, "--wait", "--timeout", "20s", status=ROLLED_BACK)
        self.assertEqual(self.stack.stable(), "1.0")
        self.assertEqual(self.stack.weight(rollout), 0)
        self.act("abort", rollout, status=REFUSED)
        self.act("retry", rollout)
        self.wait_at(rollout, 1, 200_000)
        self.assertEqual(self.stack.rollout(rollout)["attempt"], 2)
        self.act("promote", rollout, "--full", "--wait", "--timeout", "20s")
        self.assertEqual(self.stack.stable(), "1.1")

    def test_rollback_goes_to_any_good_release_also_after_the_end(self):
        first = self.stack.deploy("1.1")
        second = self.stack.deploy("1.2")
        self.act("rollback", second, "--to", "1.0", "--wait", "--timeout", "20s")
        self.assertEqual(self.stack.stable(), "1.0")
        self.assertIn("version 1.0", self.stack.fetch().text)
        self.act("rollback", second, "--to", "9.9", status=REFUSED)
        newest = self.stack.read("/api/rollouts")["items"][0]
        self.assertEqual((newest["kind"], newest["to_release"]), ("rollback", "1.0"))
        self.assertNotIn(newest["id"], (first, second))

    def test_an_approval_is_waited_for_and_given(self):
        rollout = self.start({"steps": [{"approval": {"message": "Has support been told?"}}], "scale_down_delay": "100ms"})
        self.stack.wait_why(rollout, "Has support been told?")
        self.act("approve", rollout, "--reason", "told", "--wait", "--timeout", "20s")
        self.assertEqual(self.stack.stable(), "1.1")

    def test_waiting_ends_with_4_when_its_time_is_over_and_the_rollout_goes_on(self):
        rollout = self.start()
        self.act("watch", rollout, "--timeout", "1s", status=TIMED_OUT)
        self.assertNotIn(self.stack.rollout(rollout)["state"], ENDS)
        run = self.stack.cli("rollout", "promote", rollout, "--full", "--wait", "--timeout", "20s")
        self.assert_exit(run, DONE)

    def in_background(self, *arguments):
        """The command line, and the file that its output goes to."""
        file = self.stack.folder / "cli.txt"
        environment = {**os.environ, **self.stack.client_environment, "NO_COLOR": "1"}
        with file.open("w") as output:
            started = subprocess.Popen([self.stack.bin / "slipway", *arguments], env=environment, stdin=subprocess.DEVNULL,
                                       stdout=output, stderr=output)
        self.addCleanup(started.wait)
        self.addCleanup(started.kill)
        return started, file

    def await_words(self, file, words):
        try:
            wait_for(f"the command line to say {words!r}", lambda: words in file.read_text(), 20)
        except DemoError as error:
            self.fail(f"{error}; it said:\n{file.read_text()}")

    def test_a_watch_outlives_a_host_that_is_killed_and_comes_back(self):
        self.stack.create_release("1.1")
        settings = self.stack.folder / "settings.yaml"
        settings.write_text(json.dumps(UNTIL_TOLD))
        watch, file = self.in_background("deploy", APP, "1.1", "--strategy", "canary", "--settings", settings, "--watch")
        self.await_words(file, "promote")
        self.stack.kill_daemon()
        self.await_words(file, "; the rollout goes on by itself, waiting for it")
        self.stack.start_daemon()
        self.await_words(file, "slipwayd answers again")
        rollout = self.stack.read("/api/rollouts?active=true")["items"][0]["id"]
        self.act("abort", rollout)
        self.assertEqual(watch.wait(30 * SLOWNESS), ROLLED_BACK, file.read_text())
        for words in ("slipwayd does not answer (no answer from http://127.0.0.1:", "slipwayd answers again"):
            self.assertEqual(file.read_text().count(words), 1, file.read_text())

    def test_a_watch_of_a_host_that_stays_away_ends_with_4_when_its_time_is_over(self):
        rollout = self.start()
        watch, file = self.in_background("rollout", "watch", rollout, "--timeout", f"{6 * SLOWNESS}s")
        self.await_words(file, "stable=1.0")
        self.stack.kill_daemon()
        self.assertEqual(watch.wait(30 * SLOWNESS), TIMED_OUT, file.read_text())
        self.assertIn("the rollout goes on by itself, waiting for it\nslipway: gave up waiting after", file.read_text())
        self.assertIn("no answer from", self.act("watch", rollout, status=FAILED).stderr)

    def test_exit_codes_of_deploy_tell_how_it_ended(self):
        self.stack.create_release("1.1", {"EXAMPLE_READY_AFTER": "10m"})
        settings = self.stack.folder / "settings.yaml"
        settings.write_text("progress_deadline: 1s\n")
        deploy = ("deploy", APP, "1.1", "--strategy", "rolling", "--settings", settings)
        self.assert_exit(self.stack.cli(*deploy, "--wait", "--timeout", "30s"), ROLLED_BACK)
        self.stack.create_release("1.2")
        self.assert_exit(self.stack.cli("deploy", APP, "1.2", "--watch", "--timeout", "30s"), DONE, "succeeded")
        self.assert_exit(self.stack.cli("deploy", APP, "none"), REFUSED, 'release "none" of application "demo" does not exist')
        settings.write_text("max_surge: many\n")
        self.assert_exit(self.stack.cli("deploy", APP, "1.2", "--settings", settings), USAGE, "max_surge")
        self.stack.stop_daemon()
        self.assert_exit(self.stack.cli("deploy", APP, "1.2"), FAILED, "no answer from")

    def test_a_second_rollout_is_refused_unless_it_replaces_the_first(self):
        rollout = self.start()
        self.wait_at(rollout, 1, 200_000)
        self.stack.create_release("1.2")
        self.assert_exit(self.stack.cli("deploy", APP, "1.2"), REFUSED, rollout)
        self.assert_exit(self.stack.cli("deploy", APP, "1.2", "--strategy", "rolling", "--replace", "--wait", "--timeout", "30s"),
                         DONE)
        self.assertEqual(self.stack.rollout(rollout)["state"], "superseded")
        self.assertEqual(self.stack.stable(), "1.2")
        wait_for("only 1.2 to run", lambda: (self.stack.replicas_of("1.2"), self.stack.replicas_of("1.1"),
                                             self.stack.replicas_of("1.0")) == (2, 0, 0), 15)

    def test_of_two_people_who_promote_and_abort_at_once_nobody_is_lost(self):
        rollout = self.start()
        self.wait_at(rollout, 1, 200_000)
        runs = in_threads(lambda: self.stack.cli("rollout", "promote", rollout, "--full"),
                          lambda: self.stack.cli("rollout", "abort", rollout))
        self.assertIn(DONE, [run.returncode for run in runs])
        self.assertTrue(all(run.returncode in (DONE, REFUSED) for run in runs), runs)
        ended = wait_for("its end", lambda: self.stack.rollout(rollout)["state"] in ENDS and self.stack.rollout(rollout), 20)
        self.assertEqual(self.stack.stable(), "1.1" if ended["state"] == "succeeded" else "1.0")
        accepted = [entry for entry in self.stack.journal(rollout) if entry["actor"] and entry["kind"] != "started"]
        self.assertEqual(len(accepted), [run.returncode for run in runs].count(DONE))

    def test_a_dry_run_shows_the_plan_and_starts_nothing(self):
        self.stack.create_release("1.1")
        self.stack.create_application(replicas=2, strategy={"name": "canary", "settings": UNTIL_TOLD})
        run = self.stack.cli("deploy", APP, "1.1", "--dry-run")
        self.assert_exit(run, DONE, "demo: 1.0 → 1.1 by canary", "20%", "60%", "100%", "somebody must promote")
        plan = json.loads(self.stack.cli("deploy", APP, "1.1", "--dry-run", "-o", "json").stdout)
        weights = [group["weight"] for moment in plan["moments"] for group in moment["groups"] if group["role"] == "next"]
        self.assertEqual(sorted(set(weights) - {0}), [200_000, 600_000, 1_000_000])
        self.assertTrue(plan["needs_a_person"])
        self.assertEqual(len(self.stack.read("/api/rollouts")["items"]), 1)
        self.assertEqual(self.stack.replicas_of("1.1"), 0)
        rollout = self.start(version="1.2")
        self.wait_at(rollout, 1, 200_000)
        self.act("abort", rollout, "--dry-run")
        self.assertEqual(self.stack.rollout(rollout)["state"], "progressing")

    def test_why_answers_in_every_state(self):
        def why(rollout, state):
            seen = self.stack.wait_state(rollout, state)["why"]
            self.assertTrue(seen["waits_for"] and seen["reason"] and seen["since"], seen)
            self.assertEqual(bool(seen.get("next")), state not in ENDS, seen)
            self.assertEqual("until" in seen, state in ("rolling_back", "verifying"), seen)
            told = ["waits for", "because", *(["then"] if seen.get("next") else []), *(["until"] if "until" in seen else [])]
            self.assert_exit(self.stack.cli("rollout", "why", rollout), DONE, *told)
            return seen

        self.stack.create_application(replicas=2, verification={"period": "2s", "analyses": []},
                                      analyses=[{**ERRORS, "on_insufficient_data": "promote"}],
                                      rollback={"mode": "gradual", "over": "2s"},
                                      gates=[{"gate": "approval", "message": "Has support been told?"}])
        rollout = self.start()
        self.assertIn("gate approval is pending: Has support been told?", why(rollout, "pending")["details"])
        self.act("approve", rollout)
        self.wait_at(rollout, 1, 200_000)
        why(rollout, "progressing")
        self.act("pause", rollout)
        self.assertIn("resume", json.dumps(why(rollout, "paused")))
        self.act("resume", rollout)
        self.act("abort", rollout)
        why(rollout, "rolling_back")
        self.assertEqual(why(rollout, "rolled_back")["waits_for"], "nothing")
        self.act("retry", rollout)
        self.stack.wait_state(rollout, "pending")
        self.act("approve", rollout)
        self.wait_at(rollout, 1, 200_000)
        self.act("promote", rollout, "--full")
        why(rollout, "verifying")
        self.assertEqual(why(rollout, "succeeded")["waits_for"], "nothing")
        replaced = self.start(version="1.2")
        self.stack.create_release("1.3")
        self.assert_exit(self.stack.cli("deploy", APP, "1.3", "--replace"), DONE)
        ended = why(replaced, "superseded")
        self.assertEqual(ended["waits_for"], "nothing")
        self.assertIn("1.3", ended["reason"])
        self.stack.create_application(name="fresh", replicas=1, gates=[{"gate": "approval"}])
        self.stack.create_release("1.0", application="fresh")
        unbegun = self.stack.start_rollout("1.0", application="fresh")
        self.act("abort", unbegun)
        ended = why(unbegun, "failed")
        self.assertEqual(ended["waits_for"], "nothing")
        self.assertIn("ended before it began", ended["reason"])

    def test_answers_come_as_table_json_and_yaml(self):
        rollout = self.stack.read("/api/rollouts")["items"][0]["id"]
        for arguments in (("rollout", "list"), ("rollout", "get", rollout), ("rollout", "why", rollout),
                          ("rollout", "journal", rollout), ("app", "list"), ("app", "get", APP), ("release", "list", APP),
                          ("release", "get", APP, "1.0"), ("plugin", "list"), ("binding", "list"), ("profile", "show"),
                          ("status",)):
            with self.subTest(arguments):
                table, as_json, as_yaml = (self.stack.cli(*arguments, *form) for form in ((), ("-o", "json"), ("-o", "yaml")))
                for run in (table, as_json, as_yaml):
                    self.assert_exit(run, DONE)
                self.assertTrue(json.loads(as_json.stdout))
                self.assertTrue(table.stdout.strip() and as_yaml.stdout.strip())
                self.assertNotIn("\x1b", table.stdout + as_json.stdout)
                self.assertNotIn("{\n", as_yaml.stdout)
        self.assert_exit(self.stack.cli("rollout", "journal", rollout), DONE, "REASON", "succeeded")


if __name__ == "__main__":
    unittest.main()
