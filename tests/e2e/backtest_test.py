"""Backtests from the command line: what an analysis says of metrics that a file holds."""

import contextlib
import datetime
import json
import pathlib
import random
import subprocess
import tempfile
import time
import unittest
import urllib.request

import harness
from harness import BUILD, free_port, wait_for

SLIPWAY = BUILD / "bin/slipway"
BEGIN = 1_769_860_800  # 2026-01-31T12:00:00Z


class BacktestBase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def backtest(self, file, *options, status=0):
        run = harness.run([SLIPWAY, "--output", "json", "analysis", "backtest", file, *options], 60)
        self.assertEqual(run.returncode, status, run.stderr)
        return json.loads(run.stdout) if status == 0 else run.stderr


class BacktestTest(BacktestBase):
    def record(self, rates, minutes=60, requests=None):
        """Windows of a minute in which each group's requests fail at its rate; the file."""
        draw = random.Random(1)
        lines = ["time,group,requests,failures"]
        for minute in range(minutes):
            for group, rate in rates.items():
                count = (requests or {}).get(group, 3000)
                failures = sum(draw.random() < rate for _ in range(count))
                lines.append(f"{BEGIN + 60 * minute},{group},{count},{failures}")
        file = self.folder / "metrics.csv"
        file.write_text("\n".join(lines) + "\n")
        return file

    def test_a_release_that_fails_more_often_would_have_failed_and_the_page_shows_it(self):
        file = self.record({"stable": 0.01, "next": 0.05})
        page = self.folder / "page.html"
        answer = self.backtest(file, "--html", page)
        self.assertEqual((answer["verdict"], answer["method"]), ("fail", "sequential/1"))
        self.assertEqual(answer["from"], "2026-01-31T12:00:00Z")
        self.assertIn("times as often", answer["reason"])
        text = page.read_text()
        for title in ("Evidence against its threshold", "Estimate, with its band", "Requests in each window"):
            self.assertIn(title, text)

    def test_a_group_against_itself_raises_no_more_alarms_than_alpha(self):
        file = self.record({"stable": 0.01}, minutes=30)
        answer = self.backtest(file, "--aa", "100")
        self.assertEqual(answer["split"], "10%")
        self.assertEqual(answer["runs"]["count"], 100)
        self.assertLessEqual(answer["runs"]["false_alarms"], 3, "alpha is 1 %")

    def test_what_is_compared_with_itself_is_said_or_refused(self):
        file, page = self.folder / "metrics.csv", self.folder / "page.html"
        rows = [f"{BEGIN + 60 * minute},stable,{40 + minute % 7}" for minute in range(30)]
        file.write_text("\n".join(["time,group,cpu", *rows]) + "\n")
        self.assertIn("every run would compare its values with themselves", self.backtest(file, "--aa", "5", status=2))
        file.write_text("\n".join(["time,group,cpu,requests", *(row + ",1000" for row in rows)]) + "\n")
        told = "no false alarm of them was possible: cpu"
        self.assertIn(told, self.backtest(file, "--aa", "5", "--html", page)["warnings"][0])
        self.assertIn(told, page.read_text())

    def test_an_injected_regression_is_detected_after_it_begins(self):
        file = self.record({"stable": 0.01}, minutes=40)
        answer = self.backtest(file, "--split", "50%", "--inject", "error_ratio=+5%@5m")
        self.assertEqual(answer["verdict"], "fail")
        self.assertIn(answer["time_to_detection"], ("1m", "2m", "3m"))

    def test_a_share_of_alpha_asks_for_more_evidence_as_in_a_rollout(self):
        file = self.record({"stable": 0.01, "next": 0.01}, minutes=3)
        whole, tenth = [self.backtest(file, "--share", share)["looks"][-1]["evidence"]["threshold"] for share in ("1", "0.1")]
        self.assertAlmostEqual(tenth - whole, 2.302585, places=5)

    def test_the_routing_is_checked_against_the_weights_that_a_file_or_a_person_tells(self):
        settings = self.folder / "settings.yaml"
        settings.write_text("{kind: srm, min_duration: 5m}")
        file = self.record({"stable": 0.01, "next": 0.01}, minutes=20)
        srm = ("--settings", settings)
        self.assertIn("the recording tells none: add a column \"weight\", or give --weight", self.backtest(file, *srm, status=2))
        answer = self.backtest(file, *srm, "--weight", "50%")
        self.assertEqual((answer["verdict"], answer["code"], answer["weight"]), ("pass", "certified", "50%"))
        self.assertEqual(self.backtest(file, *srm, "--split", "20%")["verdict"], "pass", "of what is dealt out the weight is known")
        lines = file.read_text().splitlines()
        file.write_text("\n".join([lines[0] + ",weight"] + [line + ",10%" for line in lines[1:]]) + "\n")
        answer = self.backtest(file)
        self.assertEqual((answer["verdict"], answer["code"]), ("inconclusive", "routing"), "half of the requests at a tenth")

    def test_a_plan_tells_what_the_shipped_defaults_take(self):
        run = harness.run([SLIPWAY, "--output", "json", "analysis", "plan", "--errors", "1%", "--worse", "5%", "--rate", "100",
                           "--weights", "10%,50%"], 60, check=True)
        small, half = [row["requests"] for row in json.loads(run.stdout)["weights"]]
        # Computed without guard and mixture: 1,380 and 633.
        self.assertTrue(2 * 1380 < small < 5 * 1380, small)
        self.assertTrue(633 < half < small, half)
        settings = self.folder / "settings.yaml"
        settings.write_text("{guard: none, change_robust: false, alpha: 0.1, failures: errors}")
        plan = [SLIPWAY, "--output", "json", "analysis", "plan", "--errors", "1%", "--worse", "5%", "--weights", "50%", "--settings",
                settings]
        told = json.loads(harness.run(plan, 60, check=True).stdout)
        self.assertEqual(told["alpha"], 0.1)
        self.assertLess(told["weights"][0]["requests"], half / 2)
        settings.write_text("{max_ratio: 0.5}")
        self.assertIn("max_ratio", harness.run(plan, 60).stderr)
        for alpha in ("0", "1%"):
            settings.write_text(f"{{alpha: {alpha}}}")
            refused = harness.run(plan, 60)
            self.assertEqual(refused.returncode, 2)
            self.assertIn("want a number of 0.000000001 to 0.5", refused.stderr)
        settings.write_text("{kind: srm}")
        refused = harness.run(plan, 60)
        self.assertEqual(refused.returncode, 2)
        self.assertIn('kind "srm": a plan can be made for error_ratio and absolute', refused.stderr)

    def test_what_cannot_be_judged_is_said(self):
        file = self.record({"stable": 0.01, "next": 0.01}, minutes=3)
        self.assertIn("analyzer-oracle", self.backtest(file, "--analyzer", "oracle", status=2))
        self.assertIn("want NAME=+X[%]@DURATION", self.backtest(file, "--inject", "more", status=2))
        self.assertIn("--inject of eror_ratio changes nothing", self.backtest(file, "--inject", "eror_ratio=+1%@0s", status=2))
        settings = self.folder / "settings.yaml"
        settings.write_text("alpha: 7\n")
        self.assertIn("want a chance above 0 and below 0.5", self.backtest(file, "--settings", settings, status=2))
        self.assertIn("no.csv", self.backtest(self.folder / "no.csv", status=2))
        file.write_text("time,group,cpu\n1,next,lots\n")
        self.assertIn("metrics.csv:2: cpu: \"lots\" is no number", self.backtest(file, status=2))


HISTORY = {"1.0": 0.01, "1.1": 0.05}  # releases, and the share of their requests that fails
QUERY = {"queries": {"requests": 'increase(requests_total{release="${release}"}[${window}])',
                     "failures": 'increase(failures_total{release="${release}"}[${window}])'}}


class HistoryTest(BacktestBase):
    """Over a real Prometheus with an hour of history, which it was given as blocks."""

    def setUp(self):
        super().setUp()
        self.begin = int(time.time()) // 60 * 60 - 3 * 3600
        self.port = free_port()
        self.start_prometheus()

    def history(self):
        """As OpenMetrics."""
        raise NotImplementedError

    def start_prometheus(self):
        (self.folder / "history.txt").write_text(self.history())
        subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", "history.txt", "data"], cwd=self.folder,
                       check=True, capture_output=True, timeout=60)
        (self.folder / "prometheus.yml").write_text("{}")
        with open(self.folder / "log", "wb") as log:
            server = subprocess.Popen(
                ["prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data",
                 f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn"], cwd=self.folder,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.addCleanup(server.wait, 10)
        self.addCleanup(server.kill)
        wait_for("Prometheus", self.is_ready, 20)

    def is_ready(self):
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=2):
            return True

    def over_the_server(self, *options, queries=QUERY, status=0):
        query = self.folder / "query.yaml"
        query.write_text(json.dumps(queries))
        window = [datetime.datetime.fromtimestamp(self.begin + after, datetime.timezone.utc).isoformat()
                  for after in (60, 3600)]
        return self.backtest(f"http://127.0.0.1:{self.port}", "--from", window[0].replace("+00:00", "Z"), "--to",
                             window[1].replace("+00:00", "Z"), "--query", query, "--interval", "1m", *options,
                             status=status)


class PrometheusBacktestTest(HistoryTest):
    def history(self):
        """Samples each 15 seconds of an hour: 100 requests a second."""
        lines, draw = [], random.Random(1)
        for name in ("requests", "failures"):
            lines.append(f"# TYPE {name} counter")
            for release, rate in HISTORY.items():
                total = 0
                for second in range(0, 3615, 15):
                    total += 1500 if name == "requests" else sum(draw.random() < rate for _ in range(1500))
                    lines.append(f'{name}_total{{release="{release}"}} {total} {self.begin + second}')
        return "\n".join(lines + ["# EOF", ""])

    def test_two_releases_of_the_past_are_judged_by_what_the_server_still_has(self):
        answer = self.over_the_server("--next", "1.1", "--stable", "1.0")
        self.assertEqual((answer["verdict"], answer["windows"]), ("fail", 59))
        look = answer["looks"][0]
        self.assertAlmostEqual(look["requests"], 6000, delta=1)
        self.assertAlmostEqual(look["baseline_requests"], 6000, delta=1)

    def test_a_release_against_itself_raises_no_more_alarms_than_alpha(self):
        answer = self.over_the_server("--stable", "1.0", "--aa", "50")
        self.assertLessEqual(answer["runs"]["false_alarms"], 2, "alpha is 1 %")
        self.assertEqual(answer["runs"]["count"], 50)

    def test_the_points_of_a_range_become_one_number(self):
        settings = self.folder / "settings.yaml"
        settings.write_text(json.dumps({"success": "requests > 0", "count": 2}))
        for reduce, number in (("min", 7500), ("avg", 10_500), ("max", 13_500), ("last", 13_500), ("sum", 52_500)):
            ranged = {"queries": {"requests": 'requests_total{release="${release}"}'}, "kind": "range", "step": "15s", "reduce": reduce}
            answer = self.over_the_server("--next", "1.0", "--analyzer", "threshold", "--settings", settings, queries=ranged)
            self.assertEqual([look["requests"] for look in answer["looks"]][0], number, reduce)
            self.assertEqual(answer["verdict"], "pass")

    def test_what_the_server_cannot_answer_is_said(self):
        self.assertIn("parse error", self.over_the_server("--stable", "1.0", queries={"queries": {"requests": "sum("}},
                                                          status=2))
        self.assertIn("a server wants --from and --to",
                      self.backtest(f"http://127.0.0.1:{self.port}", "--query", self.folder / "query.yaml", status=2))


class CountersBacktestTest(HistoryTest):
    """Of counters, one of which began anew between two scrapes, and one was first scraped late, when it had counted for long."""

    BEGAN_ANEW, FIRST_SCRAPED = 315, 135  # seconds
    SINCE_THEN = {"requests": 700, "failures": 7}  # counted up to the scrape after it
    EACH_SCRAPE = {"requests": 1500, "failures": 15}

    def history(self):
        lines = []
        for name, more in self.EACH_SCRAPE.items():
            lines.append(f"# TYPE {name} counter")
            for release, total, first in (("1.0", 0, 0), ("1.1", 1_000_000, self.FIRST_SCRAPED)):
                for second in range(first, 3615, 15):
                    anew = release == "1.0" and second == self.BEGAN_ANEW
                    total = self.SINCE_THEN[name] if anew else total + more
                    lines.append(f'{name}_total{{release="{release}",instance="{release}"}} {total} {self.begin + second}')
        return "\n".join(lines + ["# EOF", ""])

    def test_each_request_that_two_scrapes_tell_of_is_judged_once_and_what_is_not_known_is_told(self):
        counters = {name: f'{name}_total{{release="${{release}}"}}' for name in self.EACH_SCRAPE}
        answer = self.over_the_server("--next", "1.1", "--stable", "1.0", queries={"counters": counters})
        self.assertEqual(answer["verdict"], "pass")
        looks = answer["looks"]
        self.assertGreater(len(looks), 6)
        # The first window is that from the first minute on.
        self.assertEqual([look.get("requests") for look in looks], [None, 4500] + [6000] * (len(looks) - 2))
        self.assertEqual([look["baseline_requests"] for look in looks], [6000] * 4 + [5200] + [6000] * (len(looks) - 5))
        judged = looks[-1]["evidence"]["tracks"][0]
        self.assertEqual((judged["requests"], judged["baseline_requests"]), (6000 * (len(looks) - 1) - 1500, 6000 * (len(looks) - 1) - 800))
        self.assertEqual((judged["bad"], judged["baseline_bad"]), (60 * (len(looks) - 1) - 15, 60 * (len(looks) - 1) - 8))
        self.assertIn("requests of stable: counters began anew 1 time in this window", "".join(answer["warnings"]))
        self.assertIn("requests of next: 1 counter new to Prometheus in this window", "".join(answer["warnings"]))


if __name__ == "__main__":
    unittest.main()
