"""Plugins of every kind are swapped for another version of themselves, and back, while a canary waits in its middle under
traffic: nothing is to be seen of it but in the profile's history."""

import http.server
import json
import os
import shutil
import threading
import unittest

from harness import ERRORS, SMOKE, Fixture, StackTest, sign, wait_for
from notifications_test import Receiver
from oracle import Oracle

OLD, NEW = "0.1.0", "0.1.1"
# Bindings, and the plugins behind them.
SWAPPED = (("storage", "storage-sqlite"), ("provider", "provider-local"), ("metrics.haproxy", "metrics-haproxy"),
           ("metrics.probe", "metrics-probe"), ("analyzers.threshold", "analyzer-threshold"),
           ("gates.webhook", "gate-webhook"), ("secrets.file", "secrets-file"), ("notifiers.webhook", "notifier-webhook"))
CANARY = {"steps": [{"weight": "30%"}, {"pause": {}}, {"weight": "60%"}, {"analysis": "errors"}, {"analysis": "smoke"}],
          "scale_down_delay": "300ms"}


class KindsTest(StackTest):
    def setUp(self):
        super().setUp()
        self.oracle = Oracle()
        self.addCleanup(self.oracle.close)
        self.oracle.answer = {"state": "open", "reason": "fine"}
        self.receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        self.receiver.heard, self.receiver.traces, self.receiver.failures = [], [], []
        threading.Thread(target=self.receiver.serve_forever, daemon=True).start()
        self.addCleanup(self.receiver.server_close)
        self.addCleanup(self.receiver.shutdown)

    def start(self):
        """The newer version of each is in force, for it is the newest that is installed."""
        told, kept = "    plugin: notifier-webhook\n", "    plugin: secrets-file\n"
        address = f"http://127.0.0.1:{self.receiver.server_address[1]}/"
        self.stack = self.new_stack(fixtures=[Fixture("gate-good", "sound")], changes=[
            (told, f'{told}    config: {{url: "{address}"}}\n'),
            (kept, kept + '    config: {directory: "${state_directory}/secrets"}\n'),
            ("\nbindings:\n", '\nnotifications:\n  - {binding: notifiers.webhook, events: ["rollout.*"]}\n\nbindings:\n')])
        for _, plugin in SWAPPED:
            self.install_newer(plugin)
        folder = self.stack.folder / "state/secrets"
        folder.mkdir(parents=True)
        file = os.open(folder / "API_KEY", os.O_WRONLY | os.O_CREAT, 0o600)
        os.write(file, b"a-secret")
        os.close(file)
        self.stack.start_daemon()

    def install_newer(self, plugin):
        """The same library, signed as another version."""
        package = self.stack.folder / "fixtures" / plugin / NEW
        shutil.copytree(self.stack.plugins / plugin / OLD, package)
        manifest = json.loads((package / "plugin.json").read_text())
        (package / "plugin.json").write_text(json.dumps({**manifest, "version": NEW}))
        sign(package)

    def release(self, version):
        self.stack.create_release(version, secrets={"API_KEY": "file:API_KEY"})
        return self.stack.start_rollout(version, *(() if version == "1.0" else ("canary", CANARY)))

    def version_of(self, binding):
        return next(item["version"] for item in self.stack.read("/api/bindings")["items"] if item["name"] == binding)

    def swap(self, binding, version):
        run = self.stack.cli("binding", "swap", binding, version, "--bake", "0s")
        self.assert_exit(run, 0)
        self.assertEqual(self.version_of(binding), version)

    def seen(self, rollout):
        """What must not change while the rollout waits: its groups, its journal, the processes. How many are ready is left
        out: a busy machine may be late for a check."""
        now = self.stack.rollout(rollout)
        groups = [{name: group[name] for name in ("role", "release", "replicas", "weight")} for group in now["groups"]]
        return {"state": now["state"], "groups": groups, "journal": self.stack.journal(rollout),
                "replicas": self.stack.replicas(), "haproxies": self.stack.haproxies(), "stable": self.stack.stable()}

    def test_every_kind_goes_forth_and_back_in_the_middle_of_a_canary_and_only_the_history_tells(self):
        self.start()
        gates = [{"gate": "webhook", "settings": {"url": self.oracle.url}}]
        self.stack.create_application(replicas=3, gates=gates, analyses=[ERRORS, SMOKE])
        self.stack.wait_state(self.release("1.0"), "succeeded")
        self.stack.begin_load()
        rollout = self.release("1.1")
        self.stack.wait_rollout(rollout, "to shift traffic", lambda: self.stack.weight(rollout) == 300000, 30)
        self.stack.wait_why(rollout, "promote")
        before = self.seen(rollout)
        self.assertEqual(self.stack.weight(rollout, "stable"), 700000)
        for binding, _ in SWAPPED:
            for version in (OLD, NEW, OLD):
                with self.subTest(f"{binding} to {version}"):
                    self.swap(binding, version)
                    self.stack.await_requests(20, "1.1")
                    self.assertEqual(self.seen(rollout), before)
        history = [one["reason"] for one in self.stack.read("/api/profile/history?limit=100")["items"]]
        self.assertEqual(len(history), 1 + 3 * len(SWAPPED), history)
        self.assertEqual(self.stack.call("POST", f"/api/rollouts/{rollout}/promote", {}).status, 200)
        self.stack.wait_state(rollout, "succeeded")
        journal = self.stack.journal(rollout)
        self.assert_journal_is_sound(journal)
        self.assertEqual(journal[:len(before["journal"])], before["journal"])
        self.assertNotEqual([entry for entry in journal if entry["kind"] == "verdict"], [])
        wait_for("both ends to be told", lambda: self.told().count("rollout.succeeded") == 2, 20)
        self.assertEqual(len(self.keys()), len(set(self.keys())), "each letter once")
        load, versions = self.stack.end_load()
        self.assert_served_all(load, versions)
        self.assertEqual(self.stack.fetch("/secret-digest?name=API_KEY").status, 200)

    def told(self):
        return [body["type"] for _, body in self.receiver.heard]

    def keys(self):
        return [key for key, _ in self.receiver.heard]


if __name__ == "__main__":
    unittest.main()
