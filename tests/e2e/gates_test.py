"""The shipped gates and the secrets of a directory, in a daemon that runs."""

import datetime
import hashlib
import http.server
import json
import os
import threading
import unittest

from harness import StackTest, wait_for

SECRET = "a-secret-of-a-file-4711"
PLAIN = {"strategy": {"name": "rolling", "settings": {"min_ready": "100ms"}}, "analyses": []}


def from_now(seconds):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class Oracle(http.server.ThreadingHTTPServer):
    """Answers every question with `answer`, and keeps what it was asked."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answering)
        self.asked = []
        self.answer = {"state": "pending", "reason": "the ticket is open", "retry_at": None}

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/may-it"


class Answering(http.server.BaseHTTPRequestHandler):
    def do_POST(self):  # noqa: N802
        self.server.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        body = json.dumps({name: value for name, value in self.server.answer.items() if value}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class GatesTest(StackTest):
    def oracle(self):
        server = Oracle()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
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
