"""The sequential analyzer over real requests: who fails more often, and is slow more often, than what runs, as HAProxy counts them and
as a real Prometheus scrapes them from the replicas; held against what the application itself has counted.

Numbers of HAProxy end with the last window, those of Prometheus with the last scrape before it, and begin with a replica's first, which is up
to five seconds after its start (Prometheus looks for targets that often): each is at most what the application has counted when the rollout has ended,
never more (no request is counted twice), and its shares are the application's."""

import collections
import unittest

from harness import StackTest, counts_by_version, wait_for
from scraper import Scraper
from stack import DemoError

CANARIES = 20
QUICK = {"min_duration": "2s", "max_duration": "60s", "absolute_floor": 0.03}
SLOW = {**QUICK, "kind": "slow_ratio"}
USUAL = {"EXAMPLE_FAIL_RATIO": "0.01"}
# With the floor that is shipped, below what every release fails, so that each of its looks may give a false alarm. To be certain
# mostly takes more requests than it waits for: it ends undecided, and its policy lets the release on.
ALERT = {"max_duration": "4s", "absolute_floor": 0.001}


REQUESTS = 'example_requests_total{version="${release}"}'
FAILURES = 'example_requests_total{version="${release}",code="5xx"}'
TOOK = 'example_request_duration_seconds_bucket{version="${release}"}'
SCRAPED = {"metrics": "prometheus", "analyzer": "sequential", "interval": "1s"}
SEEN = {"metrics": "haproxy", "analyzer": "sequential", "interval": "500ms"}
ANALYSES = (
    {**SEEN, "name": "errors", "settings": QUICK},
    {**SEEN, "name": "latency", "settings": {**SLOW, "edges": [60_000, 120_000]}},
    {**SCRAPED, "name": "scraped-errors", "settings": QUICK,
     "query": {"counters": {"requests": REQUESTS, "failures": FAILURES}}},
    {**SCRAPED, "name": "scraped-latency", "settings": {**SLOW, "edges": [0.05, 0.1]},
     "query": {"bucket_counters": {"latency": TOOK}}})
ALERTED = tuple({**one, "name": f"alert-{one['name']}", "on_inconclusive": "promote", "settings": {**one["settings"], **ALERT}}
                for one in ANALYSES)


def canary(*analyses):
    return {"steps": [{"weight": "50%"}, {"analysis": list(analyses)}], "scale_down_delay": "100ms"}


class VerdictsTest(StackTest):
    def setUp(self):
        super().setUp()
        self.stack = self.new_stack()
        prometheus = Scraper(self.stack)
        self.addCleanup(prometheus.stop)
        prometheus.start()
        self.stack.start_daemon()
        self.stack.create_application(replicas=2, analyses=ANALYSES + ALERTED)
        self.stack.deploy("1.0", env=USUAL)
        self.stack.begin_load(workers=8, rate=60)

    def verdict(self, rollout, analysis):
        """The last verdict in its journal, but for windows that tell nothing: what its policy let pass is looked at further."""
        entries = [entry["detail"] for entry in self.stack.journal(rollout)
                   if entry["kind"] == "verdict" and entry["detail"]["analysis"] == analysis
                   and entry["detail"]["verdict"] != "continue"]
        self.assertTrue(entries, f"the journal has no verdict of {analysis}")
        self.assertEqual(entries[-1]["method"], "sequential/1")
        return entries[-1]

    def track_of(self, verdict, requests, bad, least=0.0):
        """Its numbers, which are a part of what the application has counted."""
        track = verdict["evidence"]["tracks"][0]
        self.assertGreater(track["requests"], requests * least)
        self.assertLessEqual(track["requests"], requests)
        self.assertLessEqual(track["bad"], bad)
        return track

    def test_releases_that_are_no_worse_by_either_source_are_promoted_one_after_the_other(self):
        names = ("errors", *(one["name"] for one in ALERTED))
        verdicts, judged = collections.Counter(), collections.Counter()
        for number in range(1, CANARIES + 1):
            version = f"1.{number}"
            rollout = self.stack.deploy(version, "canary", canary(*names), USUAL, seconds=60)
            counted = counts_by_version(self.stack.counts)[version]
            for name in names:
                found = self.verdict(rollout, name)
                verdicts[name, found["verdict"]] += 1
                self.assertLess(found["evidence"]["log_evidence"], found["evidence"]["threshold"])
            # How large a part is up to Prometheus: when it has looked for the new replicas ends an alert, and with it the rollout.
            for errors in ("errors", "alert-errors", "alert-scraped-errors"):
                judged[errors] += self.track_of(self.verdict(rollout, errors), counted.received, counted.injected)["requests"]
            judged["all"] += counted.received
        print(verdicts, judged)
        for errors in ("errors", "alert-errors"):  # by HAProxy, which counts from the first request
            self.assertGreater(judged[errors], judged["all"] / 10)
        self.assertEqual(verdicts["errors", "pass"], CANARIES, verdicts)
        for name in names:
            self.assertEqual(verdicts[name, "pass"] + verdicts[name, "inconclusive"], CANARIES, verdicts)

    def turned_back(self, analysis, env):
        """The failing verdict, and what the application has counted of that release until it had no traffic."""
        rollout = self.stack.deploy("1.1", "canary", canary(analysis), {**USUAL, **env}, "rolled_back", seconds=60)
        verdict = self.verdict(rollout, analysis)
        self.assertEqual(verdict["verdict"], "fail")
        self.assertGreaterEqual(verdict["evidence"]["log_evidence"], verdict["evidence"]["threshold"])
        return self.stack.why_text(rollout), verdict, self.stack.end_load()[1]["1.1"]

    def least_of(self, analysis):
        """A failure ends the rollout: but for what Prometheus had not looked for, most has been judged."""
        return 0.05 if analysis.startswith("scraped") else 0.3

    def expect_failing(self, analysis):
        why, verdict, counted = self.turned_back(analysis, {"EXAMPLE_FAIL_RATIO": "0.05"})
        track = self.track_of(verdict, counted.received, counted.injected, self.least_of(analysis))
        self.assertAlmostEqual(track["bad"] / track["requests"], counted.injected / counted.received, delta=0.03)
        self.assertGreater(track["ratio_low"], 1)
        self.assertRegex(why, r"next: [\d,]+ of [\d,]+ requests .* times as often")

    def expect_slow(self, analysis, edge):
        why, verdict, counted = self.turned_back(analysis, {"EXAMPLE_SLOW_RATIO": "0.2", "EXAMPLE_SLOW_LATENCY": "150ms"})
        track = self.track_of(verdict, counted.received, counted.received, self.least_of(analysis))
        self.assertIn(f"took longer than {edge}", why)
        self.assertGreater(counted.slow, 0)
        self.assertAlmostEqual(track["bad"] / track["requests"], counted.slow / counted.received, delta=0.08)

    def test_one_that_fails_more_often_is_rolled_back_on_haproxys_word(self):
        self.expect_failing("errors")

    def test_one_that_fails_more_often_is_rolled_back_on_prometheus_word(self):
        self.expect_failing("scraped-errors")

    def test_one_whose_tail_is_slow_is_rolled_back_on_haproxys_word(self):
        self.expect_slow("latency", "60,000")

    def test_one_whose_tail_is_slow_is_rolled_back_on_prometheus_word(self):
        self.expect_slow("scraped-latency", "0.05")


class CountedTest(StackTest):
    """What an analysis has counted, held against what the application itself has counted."""

    def begin(self, **analysis):
        """Under a canary that goes on for ever: what it fails is allowed, or it would be turned back for it sooner or later."""
        open_ended = {"absolute_floor": 0.4, "min_duration": "1h", "max_duration": "2h", "no_data_deadline": "1h"}
        self.stack.create_application(replicas=2, sticky="none", analyses=[
            {"name": "errors", "interval": "2s", "settings": open_ended, **analysis}])
        self.stack.deploy("1.0", env=USUAL)
        self.stack.create_release("1.1", {"EXAMPLE_FAIL_RATIO": "0.1"})
        self.rollout = self.stack.start_rollout("1.1", "canary", canary("errors"))
        self.stack.wait_rollout(self.rollout, "to be judged", lambda: self.stack.rollout(self.rollout)["analyses"], 20)
        self.served = self.counts()

    def counts(self):
        return {version: (counts.received, counts.injected) for version, counts in counts_by_version(self.stack.counts).items()}

    def since(self):
        """Requests and failures of both releases since the analysis began."""
        return {version: tuple(now - then for now, then in zip(seen, self.served.get(version, (0, 0))))
                for version, seen in self.counts().items()}

    def judged(self):
        """The same as the analysis has them."""
        track = (self.stack.rollout(self.rollout)["analyses"][0]["evidence"] or {"tracks": [{}]})["tracks"][0]
        return {"1.1": (track.get("requests", 0), track.get("bad", 0)),
                "1.0": (track.get("baseline_requests", 0), track.get("baseline_bad", 0))}

    def send(self, requests=60):
        for _ in range(requests):
            self.stack.fetch()

    def expect_judged(self, but=None):
        """All of them, `but` those that are known to be missing."""
        def wanted():
            return {version: tuple(all_ - part for all_, part in zip(seen, (but or {}).get(version, (0, 0))))
                    for version, seen in self.since().items()}
        try:
            wait_for("all requests to be judged", lambda: self.judged() == wanted(), 20)
        except DemoError as error:
            raise AssertionError(f"{error}: {self.judged()}, wanted {wanted()}") from None


class ScrapedRecountTest(CountedTest):
    def test_all_requests_since_the_first_scrape_are_judged_and_none_twice(self):
        self.stack = self.new_stack()
        prometheus = Scraper(self.stack)
        self.addCleanup(prometheus.stop)
        prometheus.start(delay="1500ms")  # a scrape that a busy machine keeps for longer than the delay is in no window
        self.stack.start_daemon()
        self.begin(metrics="prometheus", query={"counters": {"requests": REQUESTS, "failures": FAILURES}})
        # A window that has one scrape only of a group has no number, and the other group's requests in it are not judged.
        scraped = 'count(count by (instance, version) (count_over_time(example_requests_total[1m]) > 15)) == 3'
        wait_for("a window after the first scrape of the three replicas", lambda: prometheus.ask(scraped), 20)
        for _ in range(2):
            self.send(800)  # over several windows
            self.expect_judged()


class RecountTest(CountedTest):
    """When slipwayd died under it."""

    def setUp(self):
        super().setUp()
        self.start_stack()
        self.begin(metrics="haproxy")

    def missing(self):
        """Until a window that began after this has been judged."""
        for _ in range(2):
            window = self.stack.rollout(self.rollout)["analyses"][0]["next_at"]
            wait_for("a window", lambda seen=window: self.stack.rollout(self.rollout)["analyses"][0]["next_at"] != seen, 15)
        judged = self.judged()
        return {version: tuple(all_ - part for all_, part in zip(seen, judged[version])) for version, seen in self.since().items()}

    def test_no_request_is_judged_twice_and_later_ones_all_are(self):
        self.send()
        self.expect_judged()
        for _ in range(2):
            self.send()
            self.stack.kill_daemon()
            self.send()
            self.stack.start_daemon()
            self.send()
            missing = self.missing()
            self.assertGreaterEqual(min(min(counts) for counts in missing.values()), 0, missing)
            self.send()
            self.expect_judged(missing)


if __name__ == "__main__":
    unittest.main()
