"""What the command line shows and completes: on a terminal, without one, and to a shell."""

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import termios
import unittest

import harness
from harness import BUILD, ROOT, StackTest, in_threads

DONE, REFUSED = 0, 5
SLIPWAY = BUILD / "bin/slipway"
ROWS = 24
ON_SCREEN = re.compile(r"\x1b\[(\d*)([A-Za-z])|(\r?\n)|([^\x1b\r])")


def screen_of(written, columns):
    """What a terminal of that width shows in the end, scrolled-out lines included."""
    rows, row, column = [""], 0, 0
    for count, command, line_end, character in ON_SCREEN.findall(written):
        if command == "A":
            row, column = max(0, row - int(count or 1)), 0
        elif command == "J":
            rows[row:] = [rows[row][:column]]
        elif line_end or (character and column == columns):
            row, column = row + 1, 0
        if row == len(rows):
            rows.append("")
        if character:
            rows[row] = rows[row][:column].ljust(column) + character + rows[row][column + 1:]
            column += 1
    return rows


def run_in_terminal(arguments, environment, columns):
    """All that the program wrote to a terminal of that width, and its exit status."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
    written = b""
    with subprocess.Popen([SLIPWAY, *arguments], stdin=subprocess.DEVNULL, stdout=theirs, env=environment) as run:
        os.close(theirs)
        try:
            while part := os.read(ours, 65536):
                written += part
        except OSError:
            pass  # how a terminal says that nobody writes to it any more
        finally:
            os.close(ours)
            run.terminate()  # when the time was over; else it has ended
    return written.decode(), run.returncode


COMPLETED = (("slipway -o json rollout wh", "why"), ("slipway deploy demo 1.1 --st", "--strategy"),
             ("slipway app list -o ya", "yaml"), ("slipway completion z", "zsh"))


class WatchingEvidence(StackTest):
    """Two metrics of a canary, drawn while they are looked at."""

    SETTINGS = {"min_duration": "10s", "max_duration": "60s", "absolute_floor": 0.03}
    SEEN = {"metrics": "haproxy", "analyzer": "sequential", "interval": "500ms"}
    ANALYSES = ({**SEEN, "name": "errors", "settings": SETTINGS},
                {**SEEN, "name": "latency", "settings": {**SETTINGS, "kind": "slow_ratio", "edges": [1]}})
    STEPS = {"steps": [{"weight": "50%"}, {"analysis": ["errors", "latency"]}], "scale_down_delay": "100ms"}

    def test_evidence_estimate_and_band_of_each_metric_are_live(self):
        self.start_stack()
        usual = {"EXAMPLE_FAIL_RATIO": "0.01"}
        self.stack.create_application(replicas=2, analyses=self.ANALYSES)
        self.stack.deploy("1.0", env=usual)
        self.stack.begin_load(workers=8, rate=60)
        self.stack.create_release("1.1", usual)
        rollout = self.stack.start_rollout("1.1", "canary", self.STEPS)
        environment = {**os.environ, **self.stack.client_environment, "TERM": "xterm", "NO_COLOR": "1"}
        written, status = run_in_terminal(["rollout", "watch", rollout], environment, 300)
        self.assertEqual(status, DONE, written)
        for name in ("errors", "latency"):
            told = re.findall(rf"^  {name} +continue +(\d+) +(-?[\d.e-]+) of ([\d.]+) +([\d.]+)x \(([\d.e-]+) to ([\d.]+|any)\)",
                              written, re.M)
            self.assertTrue(told, written)
            looks, evidence, thresholds, *_ = zip(*told)
            self.assertGreater(len(set(looks)), 2, written)
            self.assertGreater(len(set(evidence)), 1, written)
            # log(2 / alpha), where each of the two analyses has 0.45 of the alpha of 0.01.
            self.assertEqual(set(thresholds), {"6.1"})
            for _, _, _, likeliest, low, high in told:
                self.assertLessEqual(float(low), float(likeliest))
                self.assertLessEqual(float(likeliest), float("inf" if high == "any" else high))


class Watching(StackTest):
    STEPS = {"steps": [{"weight": "20%"}, {"analysis": "smoke"}, {"pause": {"duration": "2s"}}, {"weight": "60%"}],
             "scale_down_delay": "100ms"}

    def setUp(self):
        super().setUp()
        self.start_stack()
        self.stack.first_release(replicas=2)
        self.stack.create_release("1.1")
        self.rollout = self.stack.start_rollout("1.1", "canary", self.STEPS)

    def watch(self, columns, **more):
        environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
        environment |= {**self.stack.client_environment, "TERM": "xterm", **more}
        return run_in_terminal(["rollout", "watch", self.rollout], environment, columns)

    def test_a_rollout_is_drawn_in_place_on_a_terminal_and_told_line_by_line_elsewhere(self):
        coloured, plain, narrow, piped = in_threads(
            lambda: self.watch(200), lambda: self.watch(200, NO_COLOR="1"), lambda: self.watch(60),
            lambda: self.stack.cli("rollout", "watch", self.rollout))
        self.assertEqual([coloured[1], plain[1], narrow[1], piped.returncode], [DONE] * 4)
        self.assertRegex(coloured[0], r"\x1b\[32msucceeded\x1b\[0m")
        self.assertIn("\x1b[J", plain[0])
        self.assertNotRegex(plain[0], r"\x1b\[[0-9;]*m")
        for name, (written, _), columns in (("wide", coloured, 200), ("plain", plain, 200), ("narrow", narrow, 60)):
            with self.subTest(name):
                self.check_screen(screen_of(written, columns))
        self.assertRegex(narrow[0], r"…(\x1b\[0m)?\r\n")
        self.check_lines(piped.stdout)

    def check_screen(self, rows):
        """One picture is left, the last one, and nothing of those before."""
        text = "\n".join(rows)
        self.assertEqual(len(re.findall(r"^demo: 1\.0 → 1\.1, canary, ", text, re.M)), 1, text)
        self.assertIn(", succeeded", rows[0])
        self.assertEqual(text.count("waits for"), 1, text)

    def check_lines(self, text):
        self.assertNotIn("\x1b", text)
        self.assertRegex(text, r"(?m)^\S+Z progressing: stable=1\.0 .*next=1\.1 1/1 20%; .*step \d of \d")
        self.assertRegex(text, r"(?m)^.* smoke=(continue|pass); step 2 of 5")
        self.assertRegex(text, r"(?m)^.*, until 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ \(in [12]s\)$")
        lines = text.splitlines()
        self.assertEqual(len(lines), len(set(lines)), text)


class Host(StackTest):
    def test_plugins_are_inspected_by_their_id(self):
        self.start_stack()
        self.assert_exit(self.stack.cli("plugin", "inspect", "strategy-canary"), DONE, "strategy-canary", "strategies.canary")
        inspected = json.loads(self.stack.cli("plugin", "inspect", "strategy-canary", "-o", "json").stdout)
        self.assertEqual([item["id"] for item in inspected], ["strategy-canary"])
        self.assertIn("slipway.strategy/1", inspected[0]["interfaces"])
        self.assert_exit(self.stack.cli("plugin", "inspect", "strategy-none"), REFUSED, "strategy-none")


class Applying(StackTest):
    """A file of applications and releases that is applied whenever something was added to it."""

    FILE = """name: demo
---
kind: release
application: demo
release: {version: "1.0", command: ["${ARTEFACT}"], artefact: {path: %s}}
notes: the first
"""

    def test_what_is_there_already_is_unchanged_and_the_rest_goes_on(self):
        self.start_stack()
        text = self.FILE % (BUILD / "bin/slipway-example")
        second = "---\nkind: release\napplication: demo\nrelease: {version: '1.1', command: [/bin/true]}\n"
        for added, done in ((text, ["application demo created", "release demo 1.0 created"]),
                            (text, ["application demo unchanged", "release demo 1.0 unchanged"]),
                            (text.replace("name: demo", "name: demo\nreplicas: 3", 1) + second,
                             ["application demo changed", "release demo 1.0 unchanged", "release demo 1.1 created"])):
            tried = self.stack.cli("apply", "-f", "-", "--dry-run", stdin=added)
            if added is text and "created" in done[0]:
                # A release of an application that is not there yet can't be tried.
                self.assertEqual(tried.returncode, REFUSED, tried.stdout)
            else:
                self.assert_exit(tried, DONE)
                self.assertEqual(tried.stdout.splitlines(), [f"{line} (dry run)" for line in done])
            run = self.stack.cli("apply", "-f", "-", stdin=added)
            self.assert_exit(run, DONE)
            self.assertEqual(run.stdout.splitlines(), done)
        for other in (text.replace("the first", "another"), text.replace('"${ARTEFACT}"', '"${ARTEFACT}", "-v"')):
            run = self.stack.cli("apply", "-f", "-", stdin=other)
            self.assert_exit(run, REFUSED, 'release "1.0" of application "demo" exists already; releases never change')


class Alone(unittest.TestCase):
    """Without a host."""

    @staticmethod
    def run_slipway(*arguments):
        return harness.run([SLIPWAY, *arguments], check=True).stdout

    def test_version_is_the_projects(self):
        version = re.search(r"project\([^)]*VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())[1]
        self.assertEqual(self.run_slipway("version"), f"slipway {version}\n")
        self.assertEqual(json.loads(self.run_slipway("version", "-o", "json")), {"version": version})

    def completed(self, *words):
        script = 'source <("$0" completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _slipway; echo "${COMPREPLY[*]}"'
        run = harness.run(["bash", "-c", script, SLIPWAY, "slipway", *words], cwd=ROOT)
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        return run.stdout.split()

    def test_bash_completes_behind_positional_words_and_option_values(self):
        for words, wanted in ((("dep",), ["deploy"]),
                              (("rollout", "wh"), ["why"]),
                              (("-o", "json", "rollout", "wh"), ["why"]),
                              (("--url=http://127.0.0.1:1", "rollout", "wh"), ["why"]),
                              (("--url", "=", "http://127.0.0.1:1", "rollout", "wh"), ["why"]),
                              (("deploy", "demo", "1.1", "--st"), ["--strategy"]),
                              (("deploy", "demo", "1.1", "--reason", "deploy", "--st"), ["--strategy"]),
                              (("deploy", "app", "list", "--st"), ["--strategy"]),
                              (("rollout", "watch", "id", "--out"), ["--output"]),
                              (("app", "list", "-o", ""), ["table", "json", "yaml"]),
                              (("app", "list", "--output", "="), ["table", "json", "yaml"]),
                              (("completion", "z"), ["zsh"]),
                              (("apply", "-f", "READ"), ["README.md"]),
                              (("rollout", "watch", "--st"), [])):
            with self.subTest(words):
                self.assertEqual(self.completed(*words), wanted)
        every = {"apply", "deploy", "app", "release", "rollout", "plugin", "profile", "binding", "status", "events", "version"}
        self.assertLessEqual(every, set(self.completed("")))
        self.assertNotIn("--strategy", self.completed("rollout", "watch", ""))

    def test_the_scripts_of_every_shell_can_be_read_by_it(self):
        for shell in ("bash", "zsh", "fish"):
            script = self.run_slipway("completion", shell)
            self.assertIn("rollout", script)
            run = harness.run([shell, "-n"], input=script)
            self.assertEqual((run.returncode, run.stderr), (0, ""), shell)

    def test_zsh_completes_behind_positional_words_and_option_values(self):
        # As zsh asks it: with the arrays of bash. zsh itself leaves out what does not begin like the last word.
        ask = """autoload -Uz compinit; compinit -D; source <("$0" completion zsh); emulate sh; setopt ksharrays
            COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _slipway; echo "${COMPREPLY[*]}" """
        for line, wanted in COMPLETED:
            run = harness.run(["zsh", "-fc", ask, SLIPWAY, *line.split()])
            begun = [word for word in run.stdout.split() if word.startswith(line.split()[-1])]
            self.assertEqual(begun, [wanted], line + run.stderr)

    def test_fish_completes_behind_positional_words_and_option_values(self):
        for line, wanted in COMPLETED:
            script = self.run_slipway("completion", "fish") + f"\ncomplete -C '{line}'\n"
            run = harness.run(["fish", "--no-config"], input=script)
            self.assertEqual([found.split("\t")[0] for found in run.stdout.splitlines()], [wanted], line + run.stderr)


if __name__ == "__main__":
    unittest.main()
