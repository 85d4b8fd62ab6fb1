"""The stored journal of a rollout, put to its strategy again when no host runs."""

import contextlib
import json
import sqlite3
import subprocess

from harness import BUILD, StackTest

CANARY = {"steps": [{"weight": "25%"}, {"analysis": "errors"}, {"weight": "50%"}], "scale_down_delay": "100ms"}
ROLLING = {"max_surge": 1, "max_unavailable": 0}
BLUE_GREEN = {"switch_steps": [{"weight": "10%", "pause": "100ms"}], "keep_blue": "100ms"}


class ReplayTest(StackTest):
    def stored(self, rollout):
        """The rollout's settings, and its journal."""
        with contextlib.closing(sqlite3.connect(self.stack.folder / "state/slipway.db")) as database:
            record = database.execute("SELECT value FROM records WHERE kind = 'rollout' AND id = ?", (rollout,)).fetchone()[0]
            entries = database.execute(
                "SELECT e.value FROM streams s JOIN entries e ON e.position > s.number << 36 AND e.position <= (s.number << 36) + s.last "
                "WHERE s.name = ? ORDER BY e.position", (f"journal/{rollout}",)).fetchall()
        return json.loads(record)["rollout"]["strategy"], [json.loads(value) for value, in entries]

    def ask(self, strategy, questions):
        library = next((BUILD / f"plugins-root/strategy-{strategy}").glob("*/*.so"))
        lines = "".join(json.dumps(question) + "\n" for question in questions)
        asked = subprocess.run([BUILD / "bin/ask-strategy", library], input=lines, capture_output=True, text=True, timeout=20)
        self.assertEqual((asked.returncode, asked.stderr), (0, ""))
        return [json.loads(line) for line in asked.stdout.splitlines()]

    def assert_same_again(self, rollout):
        strategy, journal = self.stored(rollout)
        decided = [entry for entry in journal if "strategy" in (entry.get("detail") or {})]
        steps = [entry for entry in journal if entry["kind"] == "step" and entry["reason"] != "the way is free"]
        self.assertGreater(len(steps), 1)
        self.assertEqual([entry for entry in steps if entry not in decided], [], "every step has its question")
        answers = self.ask(strategy["name"], [{"settings": strategy.get("settings", {}), **entry["detail"]["question"]} for entry in decided])
        for entry, answer in zip(decided, answers, strict=True):
            self.assertEqual(entry["detail"]["strategy"], "0.1.0")
            self.assertIn(answer["reason"], entry["reason"])
            if answer.get("outcome", "progressing") == "progressing":
                self.assertEqual((entry["kind"], entry.get("step", 0)), ("step", answer.get("step", 0)))
                self.assertEqual(entry["groups"], [{name: group[name] for name in group if name != "carriers"}
                                                    for group in answer["groups"]])

    def test_the_journals_in_sqlite_say_the_same_when_their_strategies_are_asked_again(self):
        self.start_stack()
        self.stack.first_release(replicas=2)
        self.stack.begin_load()
        rollouts = [self.stack.deploy("1.1", "canary", CANARY),
                    self.stack.deploy("1.2", "canary", CANARY, {"EXAMPLE_FAIL_RATIO": "0.5"}, "rolled_back"),
                    self.stack.deploy("1.3", "rolling", ROLLING),
                    self.stack.deploy("1.4", "blue-green", BLUE_GREEN)]
        self.stack.stop_daemon()
        for rollout in rollouts:
            with self.subTest(rollout):
                self.assert_same_again(rollout)
