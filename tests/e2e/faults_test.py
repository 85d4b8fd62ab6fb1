"""What breaks around slipwayd while it works: HAProxy, the source of numbers, the disk."""

import contextlib
import os
import signal
import subprocess
import tempfile
import unittest

from harness import StackTest, free_port, wait_for

CANARY = {"steps": [{"weight": "20%"}, {"analysis": "errors"}], "scale_down_delay": "100ms"}


class FaultsTest(StackTest):
    def test_a_killed_haproxy_comes_back_in_the_wanted_state(self):
        self.start_stack()
        self.stack.first_release(replicas=2)
        self.stack.create_release("1.1")
        rollout = self.stack.start_rollout("1.1", "canary", {"steps": [{"weight": "50%"}, {"pause": {}}],
                                                             "scale_down_delay": "100ms"})
        wait_for("half of the traffic", lambda: self.stack.weight(rollout) == 500_000, 15)
        self.stack.begin_load()
        old = self.stack.haproxies()
        for pid in old:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, 9)
        wait_for("a new HAProxy", lambda: (now := self.stack.haproxies()) and not set(now) & set(old), 15)
        wait_for("answers", self.answers, 15)
        before = {version: self.stack.received(version) for version in ("1.0", "1.1")}
        self.stack.await_requests(200)
        shares = [self.stack.received(version) - before[version] for version in ("1.0", "1.1")]
        self.assertGreater(min(shares), sum(shares) * 0.3, shares)
        self.stack.end_load()
        self.assert_exit(self.stack.cli("rollout", "promote", rollout, "--full", "--wait", "--timeout", "20s"), 0)

    def test_a_haproxy_that_hangs_stops_a_rollout_without_losing_it(self):
        self.start_stack()
        self.stack.first_release(replicas=2)
        hung = self.stack.haproxies()
        for pid in hung:
            os.kill(pid, signal.SIGSTOP)
            self.addCleanup(self.go_on, pid)
        self.stack.create_release("1.1")
        rollout = self.stack.start_rollout("1.1", "rolling", {"max_surge": 2})
        self.stack.wait_why(rollout, "HAProxy")
        self.assertEqual(self.stack.stable(), "1.0")
        for pid in hung:
            self.go_on(pid)
        self.stack.wait_state(rollout, "succeeded")
        wait_for("answers", self.answers, 15)
        self.assertIn("version 1.1", self.stack.fetch().text)

    @staticmethod
    def go_on(pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)

    def answers(self):
        with contextlib.suppress(OSError):
            return self.stack.fetch().status == 200

    def assert_never_moves_on(self, rollout):
        """Not forward, and never judged good, while its source is asked more often than a good release needs."""
        wait_for("the analysis", lambda: self.stack.rollout(rollout)["analyses"], 15)
        before = self.asked()

        def asked_often():
            seen = self.stack.rollout(rollout)
            self.assertEqual((seen["state"], seen["step"]), ("progressing", 1))
            self.assertLessEqual(self.stack.weight(rollout), 200_000)
            return self.asked() >= before + 5

        wait_for("five more questions", asked_often, 20, pause=0.1)
        verdicts = [entry["detail"] for entry in self.stack.journal(rollout) if entry["kind"] == "verdict"]
        self.assertNotIn("pass", [detail["verdict"] for detail in verdicts if detail])

    def asked(self):
        return self.stack.metric("slipway_plugin_calls_total", interface="slipway.metrics/1", method="query")

    def test_without_access_records_a_canary_never_moves_on(self):
        self.start_stack(changes=[("      records_socket: ${run_directory}/records.sock\n      stats_socket",
                                   "      records_socket: ${run_directory}/nobody-writes-here.sock\n      stats_socket"),
                                  ("/local/haproxy.sock", "/local/nobody-answers-here.sock")])
        self.stack.first_release(replicas=2)
        self.stack.begin_load()
        self.stack.create_release("1.1")
        rollout = self.stack.start_rollout("1.1", "canary", CANARY)
        self.assert_never_moves_on(rollout)
        self.assert_exit(self.stack.cli("rollout", "abort", rollout, "--wait", "--timeout", "20s"), 3)
        self.assert_served_all(*self.stack.end_load())

    def test_without_prometheus_a_canary_never_moves_on(self):
        nobody = f"    plugin: metrics-prometheus\n    config: {{url: 'http://127.0.0.1:{free_port()}', delay: 0s}}\n"
        self.start_stack(changes=[("    plugin: metrics-prometheus\n", nobody)])
        query = {"queries": {"error_ratio": "vector(0)"}}
        self.stack.first_release(replicas=2, analyses=[{
            "name": "errors", "metrics": "prometheus", "analyzer": "threshold", "interval": "300ms", "query": query,
            "settings": {"success": "error_ratio < 5%", "count": 1}}])
        self.stack.begin_load()
        self.stack.create_release("1.1")
        rollout = self.stack.start_rollout("1.1", "canary", CANARY)
        self.assert_never_moves_on(rollout)
        self.stack.end_load()

    def test_no_traffic_is_no_success(self):
        self.start_stack()
        self.stack.first_release(replicas=2)
        self.stack.create_release("1.1")
        rollout = self.stack.start_rollout("1.1", "canary", CANARY)
        self.assert_never_moves_on(rollout)

    def test_a_full_disk_refuses_changes_while_reads_and_traffic_go_on_and_heals(self):
        place = self.small_disk()
        self.start_stack(changes=[("path: ${state_directory}/slipway.db", f"path: {place}/slipway.db")])
        self.stack.first_release(replicas=2)
        self.stack.begin_load()
        filler = os.path.join(place, "filler")
        with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)
        refused = wait_for("a refusal", self.refused_release, 15)
        self.assert_refused(refused, 503)
        self.assertEqual(self.stack.stable(), "1.0")
        self.assertEqual(len(self.stack.read("/api/rollouts")["items"]), 1)
        self.stack.await_requests(50)
        os.unlink(filler)
        wait_for("a release to be taken", lambda: self.try_release("2.0").status == 201, 15, pause=0.3)
        # Its lease, which could not be written either, it renews a while later.
        rollout = wait_for("a rollout to be taken", lambda: self.try_rollout("2.0"), 15, pause=0.3)
        self.stack.wait_state(rollout, "succeeded")
        self.assert_served_all(*self.stack.end_load())

    def small_disk(self):
        """A tmpfs of 8 MiB."""
        place = tempfile.mkdtemp(prefix="slipway-disk-")
        os.chmod(place, 0o700)
        mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=0700", "tmpfs", place], capture_output=True, text=True)
        self.addCleanup(os.rmdir, place)
        if mount.returncode != 0:
            self.skipTest(f"a small disk can't be mounted here: {mount.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "--lazy", place], check=True)
        return place

    def try_release(self, version):
        body = {"release": self.stack.release_of(version)}
        return self.stack.call("POST", "/api/applications/demo/releases", body)

    def try_rollout(self, version):
        """Its id; None when it is refused for now."""
        reply = self.stack.call("POST", "/api/rollouts", {"application": "demo", "release": version})
        if reply.status == 503:
            return None
        self.assertLess(reply.status, 300, reply.text)
        return reply.body["id"]

    def refused_release(self):
        self._tried = getattr(self, "_tried", 0) + 1
        reply = self.try_release(f"1.{self._tried}")
        return reply if reply.status != 201 else None


if __name__ == "__main__":
    unittest.main()
