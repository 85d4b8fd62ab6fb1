"""The shipped gates and the secrets of a directory, in a daemon that runs."""

import datetime
import hashlib
import os
import unittest

from harness import StackTest, wait_for
from oracle import Oracle

SECRET = "a-secret-of-a-file-4711"
PLAIN = {"strategy": {"name": "rolling", "settings": {"min_ready": "100ms"}}, "analyses": []}


def from_now(seconds):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class GatesTest(StackTest):
    def oracle(self):
        server = Oracle()
        self.addCleanup(server.close)
        return server

    def begin(self, *gates):
        """A rollout of 1.1 over 1.0, with these gates."""
        self.start_stack()
        self.stack.first_release(**PLAIN)
        self.stack.create_application(gates=list(gates), **PLAIN)
        self.stack.create_release("1.1")
        return self.stack.start_rollout("1.1")

    def test_a_freeze_window_holds_the_start_until_it_ends(self):
        window = {"reason": "end of the quarter", "from": from_now(-60), "to": from_now(8)}
        rollout = self.begin({"gate": "freeze-window", "settings": {"windows": [window]}})
        self.stack.wait_why(rollout, f'frozen until {window["to"]}: \\"end of the quarter\\"')
        self.assertEqual(self.stack.rollout(rollout)["state"], "pending")
        self.assertEqual(self.stack.replicas_of("1.1"), 0)
        self.stack.wait_state(rollout, "succeeded", 20)
        gates = [entry for entry in self.stack.journal(rollout) if entry["kind"] == "gate"]
        self.assertGreaterEqual(gates[-1]["at"], window["to"].rstrip("Z"), "not before its end")
        self.assertEqual(self.stack.stable(), "1.1")

    def test_a_webhook_is_asked_again_until_it_says_open(self):
        oracle = self.oracle()
        rollout = self.begin({"gate": "webhook", "settings": {"url": oracle.url, "retry_after": "300ms"}})
        self.stack.wait_why(rollout, "the ticket is open")
        wait_for("it to be asked thrice", lambda: len(oracle.asked) >= 3, 15)
        self.assertEqual(self.stack.rollout(rollout)["state"], "pending")
        self.assertEqual(self.stack.replicas_of("1.1"), 0)
        oracle.answer = {"state": "open", "reason": "done"}
        self.stack.wait_state(rollout, "succeeded")
        question = oracle.asked[0]
        self.assertEqual((question["application"], question["rollout"]), ("demo", rollout))
        self.assertEqual(oracle.traces, {self.stack.journal(rollout)[0]["traceparent"]})

    def test_a_webhook_that_closes_before_the_promotion_rolls_back(self):
        oracle = self.oracle()
        oracle.answer = {"state": "closed", "reason": "the figures are bad"}
        rollout = self.begin({"gate": "webhook", "at": "promote", "settings": {"url": oracle.url}})
        self.stack.wait_state(rollout, "rolled_back")
        self.assertIn("gate webhook is closed: the figures are bad", self.stack.why_text(rollout))
        self.assertEqual(self.stack.stable(), "1.0")
        wait_for("1.1 to be gone", lambda: self.stack.replicas_of("1.1") == 0, 15)

    def test_secrets_of_a_directory_reach_the_process_and_nothing_else(self):
        self.stack = self.new_stack([("    plugin: secrets-file\n", "    plugin: secrets-file\n    config: {directory: \"%s\"}\n" % "${state_directory}/secrets")],
                                    site={"log": {"level": "debug"}})
        folder = self.stack.folder / "state/secrets"
        folder.mkdir(parents=True)
        for name, mode in (("API_KEY", 0o600), ("OPEN", 0o644)):
            (folder / name).write_text(SECRET + "\n")
            os.chmod(folder / name, mode)
        self.stack.start_daemon()
        self.stack.create_application(**PLAIN)
        self.stack.create_release("1.0", secrets={"API_KEY": "file:API_KEY"})
        rollout = self.stack.start_rollout("1.0")
        self.stack.wait_state(rollout, "succeeded")
        digest = self.stack.fetch("/secret-digest?name=API_KEY").text
        self.assertIn(hashlib.sha256(SECRET.encode()).hexdigest(), digest)
        self.stack.create_release("1.1", secrets={"API_KEY": "file:OPEN"})
        refused = self.stack.start_rollout("1.1")
        self.stack.wait_why(refused, "may be used by others (mode 0644); run chmod 600 on it")
        told = [self.stack.call("GET", path).text for path in (f"/api/rollouts/{rollout}/journal", f"/api/rollouts/{refused}",
                                                               "/api/applications/demo/releases", "/metrics", "/api/profile")]
        self.assertNotIn(SECRET, "".join(told) + self.stack.log())
        self.assertEqual(self.stack.replicas_of("1.1"), 0)


if __name__ == "__main__":
    unittest.main()
