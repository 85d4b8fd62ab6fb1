"""A real receiver of notifications hears what the profile says, and nothing else."""

import http.server
import json
import threading
import unittest

import harness


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):  # noqa: N802
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((self.headers["Idempotency-Key"], json.loads(body)))
        self.server.traces.append(self.headers["traceparent"])
        self.send_response(self.server.failures.pop(0) if self.server.failures else 204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Notifications(harness.StackTest):
    def setUp(self):
        super().setUp()
        self.receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        self.receiver.heard, self.receiver.traces, self.receiver.failures = [], [], []
        threading.Thread(target=self.receiver.serve_forever, daemon=True).start()
        self.addCleanup(self.receiver.server_close)
        self.addCleanup(self.receiver.shutdown)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.receiver.server_address[1]}/"

    def stack_that_tells(self, events):
        plugin = "    plugin: notifier-webhook\n"
        return self.start_stack(changes=[
            (plugin, f"{plugin}    config: {{url: \"{self.url}\"}}\n"),
            ("\nbindings:\n", f"\nnotifications:\n  - {{binding: notifiers.webhook, events: {events}}}\n\nbindings:\n")])

    def test_tells_of_the_events_that_the_profile_names(self):
        stack = self.stack_that_tells('[rollout.succeeded, "application.*"]')
        stack.first_release()
        stack.deploy("1.1", "rolling")
        harness.wait_for("both ends to be told",
                         lambda: [body["type"] for _, body in self.receiver.heard].count("rollout.succeeded") == 2, 20)
        types = {body["type"] for _, body in self.receiver.heard}
        self.assertEqual(types, {"application.created", "rollout.succeeded"})
        keys = [key for key, _ in self.receiver.heard]
        self.assertEqual(len(keys), len(set(keys)))

    def test_a_letter_that_is_refused_twice_is_sent_thrice_under_one_key(self):
        self.receiver.failures = [500, 503]
        stack = self.stack_that_tells('["application.*"]')
        stack.create_application(name="first")
        harness.wait_for("the letter to be taken", lambda: len(self.receiver.heard) >= 3, 20)
        stack.create_application(name="second")
        harness.wait_for("the next letter", lambda: len(self.receiver.heard) >= 4, 20)
        keys = [key for key, _ in self.receiver.heard]
        bodies = [body for _, body in self.receiver.heard]
        self.assertEqual(len(set(keys[:3])), 1, keys)
        self.assertEqual(bodies[:3], [bodies[0]] * 3)
        self.assertEqual(len(keys), 4, "what was taken is not sent again")
        self.assertNotEqual(keys[3], keys[0])

    def test_a_request_is_found_again_by_its_trace_at_the_receiver_and_in_the_log_of_the_plugin(self):
        stack = self.stack_that_tells('[rollout.started]')
        stack.create_application()
        stack.create_release("1.0")
        self.receiver.failures = [503]
        trace = "0af7651916cd43dd8448eb211c80319c"
        reply = stack.call("POST", "/api/rollouts", {"application": harness.APP, "release": "1.0"}, {
            "X-Request-Id": "release-train-7", "traceparent": f"00-{trace}-b7ad6b7169203331-01"})
        self.assertEqual(reply.status, 201, reply.text)
        harness.wait_for("the event to be told twice", lambda: len(self.receiver.heard) == 2, 20)
        self.assertEqual(self.receiver.heard[0], self.receiver.heard[1], "the same letter with the same key")
        sent = self.receiver.traces[0]
        self.assertEqual(sent.split("-")[1], trace)
        self.assertEqual(self.receiver.traces, [sent, sent])
        lines = [line for line in stack.log().splitlines() if "it is sent again" in line]
        self.assertEqual(len(lines), 1, lines)
        for part in ("instance=notifier-webhook", f"traceparent={sent}", "request_id=release-train-7"):
            self.assertIn(part, lines[0])

    def test_a_notifier_that_was_disabled_comes_back_with_its_configuration(self):
        stack = self.stack_that_tells('["application.*"]')
        whole = stack.read("/api/profile")["profile"]
        name = whole["bindings"]["notifiers.webhook"]
        name = name if isinstance(name, str) else name["instance"]
        smaller = json.loads(json.dumps(whole))
        smaller["plugins"][name]["enabled"] = False
        del smaller["bindings"]["notifiers.webhook"], smaller["notifications"]
        self.put(smaller)
        states = lambda: [one["state"] for one in stack.read("/api/plugins")["items"] if one.get("instance") == name]  # noqa: E731
        harness.wait_for("its end", lambda: "active" not in states(), 15)
        kept = stack.read("/api/profile")["profile"]["plugins"][name]
        self.assertEqual(kept["config"], {"url": self.url})
        self.put({**whole, "plugins": {**whole["plugins"], name: {**kept, "enabled": True}}})
        self.assertIn("active", states())
        stack.create_application()
        harness.wait_for("the event to be told", lambda: self.receiver.heard, 20)
        self.assertEqual(self.receiver.heard[0][1]["type"], "application.created")

    def put(self, profile):
        reply = self.stack.call("PUT", "/api/profile", {"profile": profile, "bake": "0s"})
        self.assertEqual(reply.status, 200, reply.text)


if __name__ == "__main__":
    unittest.main()
