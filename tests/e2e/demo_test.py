"""The demonstration itself, as tools/demo starts it: what it tells, how long it takes, how it ends, what it leaves. The whole
story is told to an ordinary user without a network; the rest as whoever runs the tests."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import unittest

from alone import Alone
from harness import BUILD, ROOT, SLOWNESS, processes_below
from stack import end_stack
from story import EXIT_ROLLED_BACK

DEMO = ROOT / "tools/demo.d"
# A 1.2 without its fault: the story does not go as it is told.
GOOD = "import sys, story, demo; story.RELEASES['1.2'] = {}; sys.argv = ['demo', '--build', sys.argv[1]]; sys.exit(demo.main())"
# Enough of it to be kept: a good canary, a bad one, and a release after them.
SHORT = """import sys, story, demo
del story.RELEASES["1.3"], story.RELEASES["1.5"]
story.Story.tell = lambda told: (told.first_release(), told.good_canary(), told.bad_canary(), told.rolling())
sys.argv = ["demo", "--keep", "--build", sys.argv[1]]
sys.exit(demo.main())"""
WHO = """import os, re
status = open("/proc/self/status").read()
print(os.geteuid(), re.search(r"CapEff:\\s+(\\w+)", status)[1], re.findall(r"^ *(\\w+):", open("/proc/net/dev").read(), re.M))"""
# Where plugins are signed by the local key of whoever has built them.
KEYS = pathlib.Path(os.environ.get("SLIPWAY_KEY_DIRECTORY") or
                    pathlib.Path(os.environ.get("XDG_CONFIG_HOME") or pathlib.Path.home() / ".config") / "slipway/keys")


class Demo(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="slipway-")
        self.addCleanup(end_stack, self.folder)

    def run_python(self, *arguments, **more):
        """Its end and what was on the terminal."""
        return self.run_program(["/usr/bin/python3", "-B", *arguments], **more)

    def run_program(self, command, environment=None, **more):
        environment = {**os.environ, "TMPDIR": self.folder, "NO_COLOR": "1", "PYTHONPATH": str(DEMO), **(environment or {})}
        run = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               **{"cwd": ROOT, **more})
        self.addCleanup(run.communicate)
        self.addCleanup(run.terminate)
        output, _ = run.communicate(timeout=130 * SLOWNESS)
        return run.returncode, output

    def run_demo(self, *arguments, **more):
        status, output = self.run_python(*arguments, **more)
        self.assert_nothing_stays(output)
        return status, output

    def alone(self):
        """An ordinary user without a network, who has built this; None where nobody may become that. What he needs to be it."""
        alone = Alone(BUILD, ROOT)
        self.addCleanup(alone.close)
        if not alone.is_possible():
            return None, {}
        shutil.copytree(KEYS, alone.home / "keys")
        alone.give(alone.home)
        alone.give(self.folder)
        return alone, {"preexec_fn": alone.begin, "cwd": "/",
                       "environment": {"HOME": str(alone.home), "SLIPWAY_KEY_DIRECTORY": str(alone.home / "keys"),
                                       "PYTHONPATH": str(alone.place_of(DEMO))}}

    def assert_nothing_stays(self, output):
        self.assertEqual(processes_below(self.folder), [], output)
        self.assertEqual(list(pathlib.Path(self.folder).iterdir()), [])

    def test_the_story_goes_as_it_is_told_within_two_minutes(self):
        alone, as_such = self.alone()
        place_of = alone.place_of if alone else pathlib.Path
        begun = time.monotonic()
        status, output = self.run_demo(place_of(DEMO / "demo.py"), "--build", place_of(BUILD), **as_such)
        self.assertEqual(status, 0, output)
        if BUILD.name in ("dev", "release"):  # a sanitizer's build may take longer
            self.assertLess(time.monotonic() - begun, 120)
        self.assertRegex(output, r"failed because of Slipway +0\b")
        self.assertRegex(output, r"rolled_back: .*back at 1\.1: the analysis (errors|latency) failed")
        self.assertIn("slipwayd is back, and the canary goes on", output)

    def test_an_ordinary_user_without_a_network_is_told_what_is_there_and_who_must_build(self):
        alone, as_such = self.alone()
        if alone is None:
            self.skipTest("no namespaces for this user")
        status, output = self.run_python("-c", WHO, **as_such)
        self.assertEqual((status, output), (0, f"{alone.user} 0000000000000000 ['lo']\n"))
        if not alone.is_root:
            return
        status, output = self.run_program([alone.place_of(ROOT / "tools/demo")], **as_such)
        self.assertEqual(status, 1, output)
        self.assertRegex(output, r"all \d+ packages of build demo are installed\n"
                                 r"(build\S*) is (\w+)'s: run this as \2, or remove it\n$")

    def test_a_story_that_goes_another_way_ends_with_1_and_leaves_nothing_either(self):
        status, output = self.run_demo("-c", GOOD, BUILD)
        self.assertEqual(status, 1, output)
        self.assertIn("slipway deploy demo 1.2 --watch --timeout 2m ended with 0, wanted (3,)", output)

    def test_what_is_kept_goes_on_as_the_printed_lines_say_until_the_last_one_ends_it(self):
        status, output = self.run_python("-c", SHORT, BUILD)
        self.assertEqual(status, 0, output)
        kept = output[output.index("Everything stays up"):]
        curls = re.findall(r"^  \w+ +(curl .*)$", kept, re.M)
        export, *tried, last = re.findall(r"^  ((?:export|slipway|/).*)$", kept, re.M)
        self.assertEqual((len(curls), len(tried)), (2, 5), kept)
        ends = self.type_in(*curls, export, *tried, last)
        self.assertEqual([status for _, status in ends], [0, 0, 0, 0, 0, EXIT_ROLLED_BACK, 0, 0, 0], ends)
        application, api, _, host, plan, bad, listed, good, end = [text for text, _ in ends]
        self.assertIn("version 1.4", application)
        self.assertIn("/api/rollouts", api)
        self.assertIn("healthy", host)
        self.assertIn("earliest end after", plan)
        self.assertRegex(bad, r"rolled_back: .*back at 1\.4: the analysis (errors|latency) failed")
        self.assertRegex(listed, r"1\.4 → 1\.2 +canary +rolled_back")
        self.assertIn("succeeded: stable=1.1 4/4 100%", good)
        self.assertEqual(end, "")
        self.assert_nothing_stays(ends)

    def type_in(self, *lines):
        """What each line prints in one shell, and how it ends."""
        mark = "== the line ended with"
        script = "\n".join(f"{line}\necho '{mark}' $?" for line in lines)
        environment = {**os.environ, "NO_COLOR": "1"}
        run = subprocess.run(["bash", "-c", script], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, timeout=100 * SLOWNESS)
        *parts, _ = re.split(rf"{mark} (\d+)\n", run.stdout)
        return list(zip(parts[::2], map(int, parts[1::2])))

    def test_nothing_but_the_folder_of_a_demonstration_is_ended(self):
        status, output = self.run_python(DEMO / "demo.py", "--stop", self.folder)
        self.assertEqual((status, output), (2, f"tools/demo: {self.folder} is not the folder of a demonstration; "
                                               "tools/demo --keep tells its own\n"))
        self.assertTrue(pathlib.Path(self.folder).is_dir())


if __name__ == "__main__":
    unittest.main()
