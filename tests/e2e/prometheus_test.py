"""Canaries judged by a real Prometheus, which scrapes the replicas themselves."""

import contextlib
import json
import pathlib
import subprocess
import unittest
import urllib.parse
import urllib.request

from harness import ENDS, StackTest, free_port, wait_for

CANARY = {"steps": [{"weight": "50%"}, {"analysis": "errors"}], "scale_down_delay": "100ms"}
ALL = 'sum(rate(example_requests_total{version="${release}"}[3s]))'
FAILED = 'sum(rate(example_requests_total{version="${release}",code="5xx"}[3s]))'
ERRORS = {"name": "errors", "metrics": "prometheus", "interval": "500ms",
          "query": {"queries": {"error_ratio": f"{FAILED} / {ALL}", "requests": ALL}},
          "settings": {"success": "error_ratio < 5%", "failure": "error_ratio >= 10%", "count": 3, "failure_limit": 1,
                       "insufficient_data_limit": 60, "min_requests": 1}}
PLUGIN = "    plugin: metrics-prometheus\n"


class PrometheusTest(StackTest):
    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.prometheus = None
        self.start_stack(changes=[(PLUGIN, f"{PLUGIN}    config: {{url: 'http://127.0.0.1:{self.port}'}}\n")])
        self.start_prometheus()
        self.stack.first_release(analyses=[ERRORS])
        self.stack.begin_load()

    def start_prometheus(self):
        """Finds its targets in a file, which the test keeps to the replicas that run."""
        folder = self.stack.folder / "prometheus"
        folder.mkdir()
        self.targets = folder / "targets.json"
        self.targets.write_text("[]")
        (folder / "prometheus.yml").write_text(json.dumps({
            "global": {"scrape_interval": "300ms", "scrape_timeout": "300ms"},
            "scrape_configs": [{"job_name": "demo", "file_sd_configs": [
                {"files": [str(self.targets)], "refresh_interval": "1s"}]}]}))
        with open(folder / "log", "wb") as log:
            self.prometheus = subprocess.Popen(
                ["prometheus", f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}",
                 f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn"], cwd=folder,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.addCleanup(self.stop_prometheus)
        wait_for("Prometheus", lambda: self.ask("vector(1)"), 20)

    def stop_prometheus(self):
        if self.prometheus.poll() is None:
            self.prometheus.kill()
            self.prometheus.wait(10)

    def ask(self, promql):
        with contextlib.suppress(OSError):
            url = f"http://127.0.0.1:{self.port}/api/v1/query?" + urllib.parse.urlencode({"query": promql})
            with urllib.request.urlopen(url, timeout=2) as reply:
                return json.load(reply)["data"]["result"]

    def scrape_replicas(self):
        """The ports stand in the replicas' environment."""
        ports = []
        for pid in self.stack.replicas():
            with contextlib.suppress(OSError):
                environment = pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
                ports += [entry[5:].decode() for entry in environment if entry.startswith(b"PORT=")]
        told = json.dumps([{"targets": [f"127.0.0.1:{port}" for port in sorted(ports)]}])
        if told != self.targets.read_text():
            fresh = self.targets.with_name("targets.new")
            fresh.write_text(told)
            fresh.rename(self.targets)

    def canary(self, version, env=None):
        self.stack.create_release(version, env)
        return self.stack.start_rollout(version, "canary", CANARY)

    def end_of(self, rollout):
        def ended():
            self.scrape_replicas()
            seen = self.stack.rollout(rollout)
            return seen if seen["state"] in ENDS else None
        return self.stack.wait_rollout(rollout, "to end", ended, 35)

    def verdicts(self, rollout):
        return [entry["detail"]["verdict"] for entry in self.stack.journal(rollout) if entry["kind"] == "verdict"]

    def test_a_good_canary_is_promoted_on_prometheus_word(self):
        rollout = self.canary("1.1")
        self.assertEqual(self.end_of(rollout)["state"], "succeeded", self.stack.why_text(rollout))
        self.assertEqual(self.verdicts(rollout)[-1], "pass")
        self.assertEqual(self.stack.stable(), "1.1")
        self.assert_served_all(*self.stack.end_load())

    def test_a_bad_canary_is_rolled_back_on_prometheus_word(self):
        rollout = self.canary("1.1", {"EXAMPLE_FAIL_RATIO": "0.3"})
        ended = self.end_of(rollout)
        self.assertEqual(ended["state"], "rolled_back", ended["why"])
        self.assertIn("analysis errors failed", json.dumps(ended["why"]))
        self.assertEqual(self.verdicts(rollout)[-1], "fail")
        self.assertEqual(self.stack.stable(), "1.0")
        self.assert_served_all(*self.stack.end_load())

    def test_a_prometheus_that_goes_down_is_named_and_no_success(self):
        self.stop_prometheus()
        rollout = self.canary("1.1")
        self.stack.wait_why(rollout, f"metrics.prometheus: UNAVAILABLE: POST http://127.0.0.1:{self.port}/api/v1/query: connect: Connection refused")
        self.assertEqual(self.stack.rollout(rollout)["state"], "progressing")
        self.assertNotIn("pass", self.verdicts(rollout))
        self.assertEqual(self.stack.stable(), "1.0")
        self.assertEqual(self.stack.weight(rollout), 500_000)
        self.assert_exit(self.stack.cli("rollout", "abort", rollout, "--wait", "--timeout", "20s"), 3)
        self.assert_served_all(*self.stack.end_load())


if __name__ == "__main__":
    unittest.main()
