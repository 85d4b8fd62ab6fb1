"""What a run of the conformance kit leaves in the hands of an author: the way to repeat a failure, reports, levels; and that no test
of it is without a plugin that it catches.

usage: kit_test.py KIT ZOO.json PACKAGES KEY
"""

import hashlib
import json
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

FAILED = 1
LIMIT_S = 120
# Tests without a plugin that they catch, and why.
NOT_IN_THE_ZOO = {
    "benchmark.call_latency": "it informs, and has no verdict",
    "kill.calls_end_with_unavailable": "a plugin can't tell one life of its worker from the next; it holds the host to its part",
}


class Kit(unittest.TestCase):
    program, zoo, packages, key = sys.argv[1:]

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="slipway-kit-test-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_kit(self, *words):
        return subprocess.run([self.program, *map(str, words)], capture_output=True, text=True, timeout=LIMIT_S, cwd=self.folder)

    def outcomes(self, *words):
        run = self.run_kit(*words, "--format", "json")
        self.assertIn(run.returncode, (0, FAILED), run.stderr)
        return {f"{test['group']}.{test['name']}": test for test in json.loads(run.stdout)["tests"]}

    def package(self, name, health="defective"):
        return pathlib.Path(self.packages) / health / f"zoo.{name}" / "1.0.0"

    def names(self):
        return [line.split(":")[0] for line in self.run_kit("--list").stdout.splitlines()]

    def test_each_test_catches_a_plugin_of_the_zoo(self):
        caught = {entry["test"] for entry in json.loads(pathlib.Path(self.zoo).read_text())}
        # The walks are one piece of code; each of its steps is caught in one of them.
        idle = {name for name in self.names() if name not in caught and not name.startswith("lifecycle.create_start_")}
        self.assertEqual(idle, set(NOT_IN_THE_ZOO))
        self.assertLessEqual(caught, set(self.names()))

    def test_the_printed_command_repeats_a_failure_and_another_seed_need_not(self):
        name = "calls.requests_with_flipped_bits"
        odd = self.folder / "it's here"
        odd.symlink_to(self.package("dislikes-some-bytes").parent)
        config = self.folder / "the config.json"
        config.write_text("{}")
        options = (odd / "1.0.0", "--only", name, "--config", config, "--key", self.key)
        found = {seed: self.run_kit(*options, "--seed", seed) for seed in range(1, 13)}
        failed = [run for run in found.values() if run.returncode == FAILED]
        self.assertTrue(0 < len(failed) < len(found), f"{len(failed)} of {len(found)} seeds fail")
        for run in failed[:3]:
            line = next(line for line in run.stdout.splitlines() if "again: " in line)
            words = shlex.split(line.split("again: ")[1])
            self.assertEqual(words[:3], ["slipway", "plugin", "test"])
            again = self.run_kit(*words[3:])
            self.assertEqual((again.returncode, again.stdout), (FAILED, run.stdout))
            self.assertIn("--config", words)
            self.assertIn("--key", words)

    def test_a_seed_that_nobody_chose_is_told(self):
        run = self.run_kit(self.package("exits"), "--only", "entry.loads")
        self.assertRegex(run.stdout.splitlines()[0], r"^zoo\.exits 1\.0\.0, level isolated, seed [0-9]+$")

    def test_each_test_has_a_process_of_its_own(self):
        tests = self.outcomes(self.package("exits"), "--level", "core", "--seed", "1")
        self.assertEqual(set(tests), {name for name in self.names() if not name.startswith(("state.", "swap.", "parity.", "kill."))})
        self.assertEqual(tests["calls.answers_once"]["verdict"], "crash")
        self.assertEqual(tests["lifecycle.create_destroy"]["verdict"], "pass")
        self.assertEqual(tests["lifecycle.many_instances"]["verdict"], "crash")
        self.assertEqual(tests["lifecycle.create_does_no_io"]["verdict"], "pass")

    def test_in_one_process_the_verdict_is_the_same_and_the_plugin_may_end_it(self):
        words = (self.package("answers-rubbish"), "--only", "calls.answers_once", "--seed", "1")
        apart, together = ([(test["verdict"], test["reason"]) for test in self.outcomes(*words, *option).values()]
                           for option in ((), ("--in-process",)))
        self.assertEqual((apart[0][0], together), ("fail", apart))
        self.assertEqual(self.run_kit(self.package("exits"), "--only", "calls.answers_once", "--in-process").returncode, 3)

    def test_junit_says_what_json_says(self):
        words = (self.package("exits"), "--only", "calls", "--seed", "1")
        run = self.run_kit(*words, "--format", "junit")
        self.assertEqual(run.returncode, FAILED)
        suite = xml.etree.ElementTree.fromstring(run.stdout.encode()).find("testsuite")
        cases = {f"calls.{case.get('name')}": case for case in suite}  # with <properties>, which has no name
        cases.pop("calls.None")
        tests = self.outcomes(*words)
        self.assertEqual(set(cases), set(tests))
        for name, test in tests.items():
            failure, skipped = cases[name].find("failure"), cases[name].find("skipped")
            self.assertEqual((failure is not None, skipped is not None),
                             (test["verdict"] in ("fail", "crash", "hang"), test["verdict"] == "skip"), name)
            self.assertEqual(cases[name].get("classname"), "zoo.exits.calls")
            if failure is not None:
                self.assertEqual(failure.get("message"), f"{test['verdict']}: {test['reason']}")
                self.assertIn(f"--only {name} --seed 1", failure.text)
        self.assertEqual((int(suite.get("tests")), int(suite.get("failures"))),
                         (len(tests), sum(test["verdict"] in ("fail", "crash", "hang") for test in tests.values())))
        self.assertEqual(suite.find("properties/property[@name='seed']").get("value"), "1")

    def test_a_report_that_travels_names_the_bytes_of_which_it_speaks(self):
        package = self.package("lost-call", "healthy")
        report = self.folder / "report.json"
        run = self.run_kit(package, "--only", "static", "--seed", "7", "--report", report)
        self.assertEqual(run.returncode, 0, run.stdout)
        document = json.loads(report.read_text())
        library = package / json.loads((package / "plugin.json").read_text())["library"]
        self.assertEqual((document["plugin"], document["version"], document["library_sha256"], document["seed"], document["passed"]),
                         ("zoo.lost-call", "1.0.0", hashlib.sha256(library.read_bytes()).hexdigest(), 7, True))
        self.assertEqual(document["counts"]["pass"] + document["counts"]["skip"], len(document["tests"]))

    def test_what_a_pass_of_the_isolated_placement_stands_on_is_told(self):
        package = self.package("lost-call", "healthy")
        parity = self.outcomes(package, "--only", "parity")["parity.replies_are_the_same"]
        compared, replies = re.fullmatch(r"(\d+) of (\d+) replies compared", parity["reason"]).groups()
        self.assertEqual(compared, replies)
        kill = self.outcomes(package, "--only", "kill")["kill.ends_between_any_two_frames"]
        # Two for each of create, start, seven calls, quiesce and destroy at the least.
        self.assertGreaterEqual(int(re.match(r"killed before each of (\d+) frames", kill["reason"])[1]), 20)

    def test_a_warning_is_a_failure_at_level_pedantic_only(self):
        words = (self.package("completes-during-destroy"), "--only", "lifecycle.destroys_with_open_calls")
        for level, status, failures in (("isolated", 0, 0), ("pedantic", FAILED, 1)):
            run = self.run_kit(*words, "--level", level, "--format", "junit")
            suite = xml.etree.ElementTree.fromstring(run.stdout.encode()).find("testsuite")
            self.assertEqual((run.returncode, int(suite.get("failures"))), (status, failures), level)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
