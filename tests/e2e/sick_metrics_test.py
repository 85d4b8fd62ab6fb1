"""A metrics server that is down, slow, wrong, empty or without end: the verdict is no success and has the cause, the policy decides,
and the rollout never advances on it."""

import contextlib
import http.server
import json
import threading
import unittest

from harness import ENDS, StackTest, free_port

CANARY = {"steps": [{"weight": "50%"}, {"analysis": "errors"}], "scale_down_delay": "100ms"}
ERRORS = {"name": "errors", "metrics": "prometheus", "analyzer": "threshold", "interval": "300ms",
          "query": {"queries": {"error_ratio": "vector(0)"}},
          "settings": {"success": "error_ratio < 5%", "count": 1, "consecutive_error_limit": 1,
                       "insufficient_data_limit": 1}}
# The default analyzer over counters: it goes on for some errors, and for a time without numbers.
COUNTED = {"name": "errors", "metrics": "prometheus", "interval": "300ms",
           "query": {"counters": {"requests": "requests_total", "failures": "failures_total"}},
           "settings": {"error_limit": 1, "no_data_deadline": "1s"}}
PLUGIN = "    plugin: metrics-prometheus\n"
NOTHING = json.dumps({"status": "success", "data": {"resultType": "vector", "result": []}}).encode()
MEBIBYTE = b" " * (1 << 20)
# How the server is, the verdict, and its cause.
SICK = (("slow", "error", "DEADLINE_EXCEEDED"),
        ("wrong", "error", "Prometheus answered nonsense"),
        ("broken", "error", "Prometheus answered with status 500"),
        ("empty", "insufficient_data", "no series"),
        ("endless", "error", "RESOURCE_EXHAUSTED"))
COUNTED_SICK = tuple((mood, verdict, "no scrape in the window" if mood == "empty" else cause) for mood, verdict, cause in SICK)


class Server(http.server.ThreadingHTTPServer):
    """Plays a Prometheus in the mood that it was told."""

    daemon_threads = True
    mood = "empty"

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.over = threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def end(self):
        self.over.set()
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        mood = self.server.mood
        if mood == "slow":
            self.server.over.wait(60)
        self.send_response(500 if mood == "broken" else 200)
        self.end_headers()
        with contextlib.suppress(OSError):
            for _ in range(100 if mood == "endless" else 0):
                self.wfile.write(MEBIBYTE)
            self.wfile.write(b"<html>" if mood == "wrong" else NOTHING)

    def log_message(self, *_):
        pass


class SickMetricsTest(StackTest):
    def begin(self, port, analysis=ERRORS, **policies):
        settings = f"{PLUGIN}    config: {{url: 'http://127.0.0.1:{port}', timeout: 2s, delay: 0s, max_reply_bytes: 65536}}\n"
        self.start_stack(changes=[(PLUGIN, settings)])
        self.stack.first_release(replicas=1, analyses=[{**analysis, **policies}])

    def serve(self, mood):
        server = Server()
        self.addCleanup(server.end)
        server.mood = mood
        return server

    def canary(self, version):
        self.stack.create_release(version)
        return self.stack.start_rollout(version, "canary", CANARY)

    def expect_held(self, rollout, verdict, cause):
        def told():
            seen = self.stack.rollout(rollout)
            found = [analysis for analysis in seen["analyses"] if analysis["verdict"] == verdict]
            return found if found and cause in found[0]["reason"] else None

        self.stack.wait_rollout(rollout, f"to have the verdict {verdict} for {cause}", told, 20)
        self.assertEqual(self.stack.rollout(rollout)["state"], "progressing")
        self.assertEqual(self.stack.weight(rollout), 500_000)
        self.assertEqual(self.stack.stable(), "1.0")
        verdicts = [entry["detail"]["verdict"] for entry in self.stack.journal(rollout) if entry["kind"] == "verdict"]
        self.assertNotIn("pass", verdicts)
        self.assert_exit(self.stack.cli("rollout", "abort", rollout, "--wait", "--timeout", "20s"), 3)

    def expect_held_by_all(self, analysis, sick):
        server = self.serve("empty")
        self.begin(server.server_port, analysis)
        for number, (mood, verdict, cause) in enumerate(sick, 1):
            with self.subTest(mood):
                server.mood = mood
                self.expect_held(self.canary(f"1.{number}"), verdict, cause)

    def test_whatever_is_wrong_with_the_source_is_the_verdicts_cause_and_the_rollout_holds(self):
        self.expect_held_by_all(ERRORS, SICK)

    def test_so_does_a_rollout_that_the_default_analyzer_judges_by_counters(self):
        self.expect_held_by_all(COUNTED, COUNTED_SICK)

    def test_one_that_is_down_is_an_error(self):
        self.begin(free_port())
        self.expect_held(self.canary("1.1"), "error", "Connection refused")

    def test_the_policy_decides_what_becomes_of_the_rollout(self):
        server = self.serve("wrong")
        self.begin(server.server_port, on_error="rollback", on_insufficient_data="rollback")
        for version, mood in (("1.1", "wrong"), ("1.2", "empty")):
            server.mood = mood
            rollout = self.canary(version)
            ended = self.stack.wait_rollout(rollout, "to end", lambda seen=rollout: self.ended(seen), 20)
            self.assertEqual(ended["state"], "rolled_back", ended["why"])
            self.assertEqual(self.stack.stable(), "1.0")

    def ended(self, rollout):
        seen = self.stack.rollout(rollout)
        return seen if seen["state"] in ENDS else None


if __name__ == "__main__":
    unittest.main()
