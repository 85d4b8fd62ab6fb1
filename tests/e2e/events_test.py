"""Events to those who listen, over a restart too; and SIGHUP."""

import json
import signal
import unittest

from harness import StackTest, wait_for
from listener import Listener


class EventsTest(StackTest):
    def listen(self, last_id=None):
        listener = Listener(self.stack, last_id)
        self.addCleanup(listener.close)
        return listener

    def test_a_stream_resumes_after_a_restart_without_losing_or_repeating_an_event(self):
        self.start_stack()
        listener = self.listen()
        self.assertEqual(listener.reply.status, 200)
        self.assertEqual(listener.reply.getheader("Content-Type").split(";")[0], "text/event-stream")
        self.stack.first_release()
        seen = listener.until("rollout.started")
        self.assertEqual([event["type"] for _, event in seen], ["application.created", "release.created", "rollout.started"])
        self.stack.kill_daemon()
        self.stack.start_daemon()
        self.stack.deploy("1.1")
        rest = self.listen(seen[-1][0]).until("release.created")
        ids = [number for number, _ in seen + rest]
        self.assertEqual(ids, sorted(set(ids)))
        self.assertIn("rollout.succeeded", [event["type"] for _, event in rest])
        whole = self.listen(0).until("rollout.succeeded")
        self.assertEqual(whole[:len(seen)], seen)
        both = dict(seen + rest)
        self.assertEqual([number for number, _ in whole], sorted(both)[:len(whole)])

    def test_each_event_has_the_ids_of_the_request_that_caused_it(self):
        self.start_stack()
        traces = {}

        def asked(type_of_event, method, path, body=None):
            number = len(traces) + 1
            reply = self.stack.call(method, path, body, {
                "X-Request-Id": f"train-{number}", "traceparent": f"00-{number:032x}-b7ad6b7169203331-01"})
            self.assertLess(reply.status, 300, reply)
            traces[type_of_event] = (f"train-{number}", reply.headers["traceparent"])

        spec = {"name": "shop", "replicas": 1}
        asked("application.created", "PUT", "/api/applications/shop", spec)
        asked("application.changed", "PUT", "/api/applications/shop", {**spec, "replicas": 2})
        asked("release.created", "POST", "/api/applications/shop/releases", {"release": self.stack.release_of("1.0")})
        asked("application.deleted", "DELETE", "/api/applications/shop")
        seen = self.listen(0).until("application.deleted")
        self.assertEqual({event["type"]: (event["request_id"], event["traceparent"]) for _, event in seen}, traces)
        for number, (_, trace) in enumerate(traces.values(), 1):
            self.assertIn(f"{number:032x}", trace)

    def test_an_id_that_never_was_is_gone_and_rubbish_is_refused(self):
        self.start_stack()
        for last_id, status in (("99999", 410), ("rubbish", 400), ("-1", 400)):
            with self.subTest(last_id):
                self.assertEqual(self.listen(last_id).reply.status, status)

    def test_the_command_line_shows_events_and_ends_when_told(self):
        self.start_stack()
        self.stack.first_release()
        run = self.stack.cli("events", "--after", "0", "--timeout", "1s")
        self.assert_exit(run, 0, "rollout.succeeded")

    def test_sighup_takes_over_the_log_level_and_says_what_it_can_not(self):
        self.start_stack()
        site = self.stack.folder / "site.json"
        shown = lambda: self.stack.log().count(" DEBUG ")  # noqa: E731
        self.stack.read("/api/applications")
        self.assertEqual(shown(), 0)
        self.stack._site = {"log": {"level": "debug"}, "threads": 3}
        site.write_text(json.dumps(self.stack.site()))
        self.stack.daemon.send_signal(signal.SIGHUP)
        wait_for("what was taken over", lambda: "/log/level" in self.stack.log() or "log.level" in self.stack.log(), 10)
        wait_for("debug lines", lambda: self.stack.read("/api/applications") and shown() > 0, 10)
        self.assertRegex(self.stack.log(), "threads.*only when slipwayd is started again")

    def take_over(self, site, words):
        """Over what the test's daemon was started with."""
        self.stack._site = {**self.stack._site, **site}
        (self.stack.folder / "site.json").write_text(json.dumps(self.stack.site()))
        self.stack.daemon.send_signal(signal.SIGHUP)
        wait_for(f"{words} to be taken over", lambda: words in self.stack.log(), 10)

    def test_sighup_takes_over_limits_the_bound_on_rollouts_and_the_log_file(self):
        self.start_stack()
        self.stack.create_application()
        self.stack.create_release("1.0", {"EXAMPLE_READY_AFTER": "10m"})
        body = b'{"notes": "' + b"a" * 5_000 + b'"}'
        path = "/api/applications/demo/releases"
        self.assert_refused(self.stack.call("POST", path, body), 400)
        self.take_over({"limits": {"body_bytes": 4096}, "rollouts": {"max_active": 1}},
                       "/rollouts/max_active: 1000 becomes 1 now")
        wait_for("the limit", lambda: self.stack.call("POST", path, body).status == 413, 10)
        self.stack.start_rollout("1.0")
        self.stack.create_application(name="other")
        self.stack.create_release("1.0", application="other")
        refused = self.stack.call("POST", "/api/rollouts", {"application": "other", "release": "1.0"})
        self.assert_refused(refused, 429, "1 rollouts are under way and the site allows 1")
        self.assertEqual(refused.headers["retry-after"], "1")
        other = self.stack.folder / "other.log"
        self.take_over({"log": {"level": "debug", "file": str(other)}, "plugin_roots": ["/nowhere"]}, "/log/file")
        wait_for("records in the new file",
                 lambda: self.stack.read("/api/applications") and other.exists() and " DEBUG " in other.read_text(), 10)
        self.assertRegex(self.stack.log(), "/plugin_roots: .* only when slipwayd is started again")
        self.take_over({"rollouts": {"max_active": 2}}, "")
        wait_for("the higher bound", lambda: self.stack.call(
            "POST", "/api/rollouts", {"application": "other", "release": "1.0"}).status == 201, 10)

    def test_sighup_with_a_faulty_file_changes_nothing_and_names_the_fault(self):
        self.start_stack()
        (self.stack.folder / "site.json").write_text('{"log": {"level": "loud"}}')
        self.stack.daemon.send_signal(signal.SIGHUP)
        wait_for("the fault", lambda: "/log/level: is" in self.stack.log(), 10)
        self.assertIn("loud", self.stack.log())
        self.assertEqual(self.stack.call("GET", "/health/ready").status, 200)


if __name__ == "__main__":
    unittest.main()
