"""The demonstration's arithmetic: what it reads from its two witnesses, and when it says that something is wrong."""

import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/demo.d"))

import counts  # noqa: E402
import summary  # noqa: E402

HEY = """
Status code distribution:
  [200]\t990 responses
  [500]\t8 responses

Error distribution:
  [2]\tGet "http://127.0.0.1/": dial tcp: connect: connection refused
"""


def page(version, received, ok, failed, injected, last_us):
    return counts.PAGE.pack(counts.MAGIC, version.encode(), 1, received, 0, 0, ok, 0, 0, failed, injected, 0, last_us, 0)


class Counts(unittest.TestCase):
    def test_hey_tells_answers_by_status_and_requests_without_one(self):
        load = counts.parse_hey(HEY)
        self.assertEqual(load.by_status, {200: 990, 500: 8})
        self.assertEqual((load.requests, load.ok, load.failed), (1000, 990, 10))

    def test_processes_of_a_version_are_added_up(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "a").write_bytes(page("1.0", 5, 5, 0, 0, 2_000_000))
            pathlib.Path(folder, "b").write_bytes(page("1.0", 7, 6, 1, 1, 9_000_000))
            pathlib.Path(folder, "new").write_bytes(b"")
            self.assertEqual(counts.counts_by_version(folder), {"1.0": counts.AppCounts(12, 11, 1, 1, 0, 9.0)})


class Summary(unittest.TestCase):
    versions = {"1.0": counts.AppCounts(900, 900), "1.2": counts.AppCounts(100, 92, 8, 8, 0, 50.2)}

    def faults(self, by_status, errors, decided_s=50.0, wanted=("1.0", "1.2")):
        load = counts.LoadReport(by_status, errors)
        facts = summary.facts_of(load, self.versions, decided_s)
        return list(summary.faults_of(facts, load, self.versions, wanted))

    def test_failures_that_the_release_was_told_to_make_are_not_slipways(self):
        self.assertEqual(self.faults({200: 992, 500: 8}, {}), [])

    def test_one_failure_more_is_slipways(self):
        self.assertEqual(self.faults({200: 991, 500: 8, 503: 1}, {}),
                         ["1 requests failed because of Slipway: {200: 991, 500: 8, 503: 1} {}"])

    def test_a_request_that_never_arrived_is_noticed(self):
        faults = self.faults({200: 992, 500: 8}, {"timeout": 1})
        self.assertIn("the load generator sent 1001 requests, the application received 1000", faults)

    def test_traffic_long_after_the_deciding_sample_is_noticed(self):
        self.assertEqual(self.faults({200: 992, 500: 8}, {}, decided_s=48.0),
                         ["1.2 got traffic for 2.20 s after the deciding sample"])

    def test_the_time_to_zero_is_told_as_it_was_measured_also_when_nothing_came_after_the_sample(self):
        load = counts.LoadReport({200: 992, 500: 8}, {})
        for decided_s, words in ((50.0, "      200 ms"),
                                 (50.25, "     none   (the last request came 50 ms before the sample)")):
            facts = summary.facts_of(load, self.versions, decided_s)
            self.assertIn(f"deciding sample to zero traffic        {words}", list(summary.lines_of(facts, self.versions)))
            self.assertEqual(list(summary.faults_of(facts, load, self.versions, ())), [])

    def test_a_version_that_never_served_is_noticed(self):
        self.assertEqual(self.faults({200: 992, 500: 8}, {}, wanted=("1.1",)), ["1.1 never served a request"])


if __name__ == "__main__":
    unittest.main()
