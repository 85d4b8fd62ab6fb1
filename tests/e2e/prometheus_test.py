"""Canaries judged by a real Prometheus, which scrapes the replicas themselves."""

import json
import os
import unittest

from harness import ENDS, StackTest
from scraper import Certificates, Scraper

CANARY = {"steps": [{"weight": "50%"}, {"analysis": "errors"}], "scale_down_delay": "100ms"}
ALL = 'sum(rate(example_requests_total{version="${release}"}[3s]))'
FAILED = 'sum(rate(example_requests_total{version="${release}",code="5xx"}[3s]))'
ERRORS = {"name": "errors", "metrics": "prometheus", "analyzer": "threshold", "interval": "500ms",
          "query": {"queries": {"error_ratio": f"{FAILED} / {ALL}", "requests": ALL}},
          "settings": {"success": "error_ratio < 5%", "failure": "error_ratio >= 10%", "count": 3, "failure_limit": 1,
                       "insufficient_data_limit": 60, "min_requests": 1}}


class ScrapedTest(StackTest):
    """With Prometheus and the first release, under load."""

    def begin(self, prometheus, **settings):
        self.prometheus = prometheus
        self.addCleanup(prometheus.stop)
        prometheus.start(**settings)
        self.stack.start_daemon()
        self.stack.first_release(analyses=[ERRORS])
        self.stack.begin_load()

    def canary(self, version, env=None):
        self.stack.create_release(version, env)
        return self.stack.start_rollout(version, "canary", CANARY)

    def end_of(self, rollout):
        def ended():
            seen = self.stack.rollout(rollout)
            return seen if seen["state"] in ENDS else None
        return self.stack.wait_rollout(rollout, "to end", ended, 35)

    def verdicts(self, rollout):
        return [entry["detail"]["verdict"] for entry in self.stack.journal(rollout) if entry["kind"] == "verdict"]


class PrometheusTest(ScrapedTest):
    def setUp(self):
        super().setUp()
        self.stack = self.new_stack()
        self.begin(Scraper(self.stack))

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
        self.prometheus.stop()
        rollout = self.canary("1.1")
        self.stack.wait_why(rollout, f"metrics.prometheus: UNAVAILABLE: POST {self.prometheus.url}/api/v1/query: connect: Connection refused")
        self.assertEqual(self.stack.rollout(rollout)["state"], "progressing")
        self.assertNotIn("pass", self.verdicts(rollout))
        self.assertEqual(self.stack.stable(), "1.0")
        self.assertEqual(self.stack.weight(rollout), 500_000)
        self.assert_exit(self.stack.cli("rollout", "abort", rollout, "--wait", "--timeout", "20s"), 3)
        self.assert_served_all(*self.stack.end_load())


class NamedTest(ScrapedTest):
    """A Prometheus that answers nobody without a certificate of its authority."""

    def setUp(self):
        super().setUp()
        self.secrets = "${state_directory}/secrets"
        self.stack = self.new_stack([("    plugin: secrets-file\n", "    plugin: secrets-file\n    config: {directory: '%s'}\n" % self.secrets)],
                                    site={"log": {"level": "debug"}})
        self.certificates = Certificates(self.stack.folder / "certificates")

    def keep(self, name):
        """As a secret of the host; its reference."""
        folder = self.stack.folder / "state/secrets"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(self.certificates.text(name))
        os.chmod(folder / name, 0o600)
        return f"file:{name}"

    def test_a_canary_is_promoted_by_one_that_wants_a_certificate_and_the_key_is_told_nobody(self):
        scraper = Scraper(self.stack, self.certificates)
        self.begin(scraper, authorities=self.keep("authority.pem"), certificate=self.keep("slipway.pem"),
                   key=self.keep("slipway.key"))
        rollout = self.canary("1.1")
        self.assertEqual(self.end_of(rollout)["state"], "succeeded", self.stack.why_text(rollout))
        self.assertEqual(self.verdicts(rollout)[-1], "pass")
        told = [self.stack.call("GET", path).text for path in (f"/api/rollouts/{rollout}/journal", "/metrics", "/api/profile")]
        secret = self.certificates.text("slipway.key").splitlines()[1]
        self.assertNotIn(secret, "".join(told) + self.stack.log())

    def test_without_one_there_is_no_verdict_and_the_cause_is_told(self):
        self.begin(Scraper(self.stack, self.certificates), authorities=self.keep("authority.pem"))
        rollout = self.canary("1.1")
        self.stack.wait_why(rollout, "receive: sslv3 alert bad certificate")
        self.assertEqual(self.stack.rollout(rollout)["state"], "progressing")
        self.assertNotIn("pass", self.verdicts(rollout))


if __name__ == "__main__":
    unittest.main()
