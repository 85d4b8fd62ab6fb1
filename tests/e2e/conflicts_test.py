"""Two clients at once want what can't both be: exactly one wins, and the other is told so in an answer of the API's kind."""

import unittest

from harness import APP, ENDS, StackTest, in_threads, wait_for

ADDRESS = f"/api/applications/{APP}"
UNTIL_TOLD = {"steps": [{"weight": "20%"}, {"pause": {}}, {"weight": "60%"}, {"pause": {}}], "scale_down_delay": "100ms"}
ROUNDS = 5


class ConflictsTest(StackTest):
    def setUp(self):
        super().setUp()
        self.reasons = 0
        self.start_stack()
        # Without analyses nothing but a command changes a rollout that waits for a person.
        self.stack.first_release(replicas=1, analyses=[])

    def etag(self, path):
        return {"If-Match": self.stack.call("GET", path).headers["etag"]}

    def act(self, rollout, action, headers=None):
        """With a reason of its own, so that no two entries of the journal are the same."""
        self.reasons += 1
        body = {"reason": f"reason {self.reasons}"}
        return lambda: self.stack.call("POST", f"/api/rollouts/{rollout}/{action}", body, headers)

    def waiting_rollout(self, version):
        self.stack.create_release(version)
        rollout = self.stack.start_rollout(version, "canary", UNTIL_TOLD)
        self.wait_at(rollout, 1)
        return rollout

    def wait_at(self, rollout, step):
        def there():
            seen = self.stack.rollout(rollout)
            return seen["step"] == step and "promote" in str(seen["why"]["waits_for"]) + str(seen["why"])
        self.stack.wait_rollout(rollout, f"to wait at step {step}", there, 15)

    def assert_one_wins(self, replies, *losers):
        """The winner's answer; every other one is a problem with one of those statuses."""
        won = [reply for reply in replies if reply.status in (200, 201, 204)]
        self.assertEqual(len(won), 1, [(reply.status, reply.text) for reply in replies])
        for reply in replies:
            if reply is not won[0]:
                self.assertIn(reply.status, losers, reply.text)
                self.assert_refused(reply, reply.status)
                self.assertEqual(reply.body["status"], reply.status)
                self.assertTrue(reply.body["title"] and reply.body["detail"], reply.text)
        return won[0]

    def assert_commands(self, rollout, count):
        """So many decisions of a person are in its journal, which is sound."""
        journal = self.stack.journal(rollout)
        by_hand = [entry for entry in journal if entry["actor"] and entry["kind"] != "started"]
        self.assertEqual(len(by_hand), count, journal)
        self.assert_journal_is_sound(journal)

    def test_of_two_changes_of_one_version_of_an_application_one_wins_and_its_document_stands(self):
        for number in range(ROUNDS):
            version = self.etag(ADDRESS)
            document = self.stack.read(ADDRESS)["spec"]
            both = [{**document, "hosts": [f"{who}-{number}.example"]} for who in ("ann", "bob")]
            replies = in_threads(*[lambda body=body: self.stack.call("PUT", ADDRESS, body, version) for body in both])
            won = self.assert_one_wins(replies, 409, 412)
            self.assertEqual(self.stack.read(ADDRESS), won.body)
            stale = self.stack.call("PUT", ADDRESS, document, version)
            self.assert_refused(stale, 412)
            self.assertEqual(self.stack.read(ADDRESS), won.body)

    def test_a_change_and_a_removal_of_one_version_do_not_both_happen(self):
        for number in range(ROUNDS):
            name = f"short-{number}"
            made = self.stack.create_application(name=name, replicas=1, analyses=[])
            path = f"/api/applications/{name}"
            version = self.etag(path)
            change, removal = in_threads(
                lambda: self.stack.call("PUT", path, {**made["spec"], "replicas": 2}, version),
                lambda: self.stack.call("DELETE", path, headers=version))
            self.assert_one_wins([change, removal], 404, 409, 412)
            self.assertEqual(self.stack.call("GET", path).status, 200 if change.status == 200 else 404)

    def test_of_two_commands_for_one_version_of_a_rollout_one_wins(self):
        rollout = self.waiting_rollout("1.1")
        commands = 0
        for first, second in (("pause", "pause"), ("resume", "resume"), ("pause", "promote"), ("abort", "promote")):
            seen = self.stack.rollout(rollout)
            if seen["state"] == "progressing" and commands:
                self.wait_at(rollout, seen["step"])
            version = self.etag(f"/api/rollouts/{rollout}")
            replies = in_threads(self.act(rollout, first, version), self.act(rollout, second, version))
            self.assert_one_wins(replies, 409, 412)
            commands += 1
            self.assert_commands(rollout, commands)
            if (first, second) == ("pause", "promote"):
                self.settle(rollout, replies[0].status == 200)
                commands += replies[0].status == 200
        wait_for("its end or its next pause", lambda: self.stack.rollout(rollout)["state"] in ENDS or
                 self.stack.rollout(rollout)["step"] >= 3, 15)

    def settle(self, rollout, paused):
        """Back to where it waits for a person, after a pause or a promotion."""
        if paused:
            self.assertEqual(self.act(rollout, "resume")().status, 200)
            return self.wait_at(rollout, 1)
        self.wait_at(rollout, 3)

    def test_promote_and_abort_together_without_a_version_end_in_one_of_the_two_ways(self):
        for number in range(3):
            before = self.stack.stable()
            rollout = self.waiting_rollout(f"2.{number}")
            full = lambda path=f"/api/rollouts/{rollout}/promote": self.stack.call("POST", path, {"full": True})  # noqa: E731
            promoted, aborted = in_threads(full, self.act(rollout, "abort"))
            for reply in (promoted, aborted):
                self.assertIn(reply.status, (200, 409), reply.text)
                if reply.status == 409:
                    self.assert_refused(reply, 409)
            ended = wait_for("its end", lambda: (seen := self.stack.rollout(rollout))["state"] in ENDS and seen, 15)
            expected = {"succeeded": f"2.{number}", "rolled_back": before}
            self.assertEqual(self.stack.stable(), expected[ended["state"]])
            self.assertEqual(ended["state"] == "succeeded", aborted.status != 200)
            self.assert_commands(rollout, [promoted.status, aborted.status].count(200))

    def test_of_many_same_commands_without_a_version_one_wins(self):
        rollout = self.waiting_rollout("3.0")
        for commands, action in enumerate(("pause", "resume", "abort"), 1):
            self.assert_one_wins(in_threads(*[self.act(rollout, action)] * 4), 409)
            self.assert_commands(rollout, commands)
        self.stack.wait_state(rollout, "rolled_back", 15)
        self.assert_one_wins(in_threads(*[self.act(rollout, "retry")] * 4), 409)


if __name__ == "__main__":
    unittest.main()
