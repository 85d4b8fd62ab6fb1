"""Plugins of every kind are swapped for another version of themselves with other code, and back, while a canary waits in its
middle under traffic: the new code serves, and nothing is to be seen of the swap but in the profile's history."""

import http.server
import os
import threading
import unittest

from harness import APP, BUILD, ERRORS, SMOKE, StackTest, wait_for
from notifications_test import Receiver
from oracle import Oracle

PATCHED = BUILD / "tests/fixtures/patched/root"
OLD, NEW = "0.1.0", "0.1.1"
# Bindings, the plugins behind them, and the method in which the other code of the newer version is seen.
SWAPPED = (("storage", "storage-sqlite", "write"), ("provider", "provider-local", "observe"),
           ("metrics.haproxy", "metrics-haproxy", "query"), ("metrics.probe", "metrics-probe", "query"),
           ("analyzers.threshold", "analyzer-threshold", "judge"), ("gates.webhook", "gate-webhook", "check"),
           ("secrets.file", "secrets-file", "resolve"), ("notifiers.webhook", "notifier-webhook", "send"))
# These are asked all the time while the canary waits; for the others something has to happen.
BUSY = ("provider", "metrics.haproxy", "metrics.probe", "analyzers.threshold", "gates.webhook")
# These never end.
WATCH = {"name": "watch", "metrics": "haproxy", "analyzer": "threshold", "interval": "500ms",
         "settings": {"success": "error_ratio < 50%", "insufficient_data_limit": 10_000}}
PING = {"name": "ping", "metrics": "probe", "analyzer": "threshold", "interval": "300ms", "query": SMOKE["query"],
        "settings": {"success": "failed_cases == 0"}}
FAULTS = ("UNKNOWN", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS")
CANARY = {"steps": [{"weight": "30%"}, {"pause": {}}, {"weight": "60%"}, {"analysis": "errors"}, {"analysis": "smoke"}],
          "analyses": ["watch", "ping"], "scale_down_delay": "300ms"}
PLAIN = {"strategy": {"name": "rolling", "settings": {"min_ready": "100ms"}}, "analyses": [], "replicas": 1}


class KindsTest(StackTest):
    def setUp(self):
        super().setUp()
        self.receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        self.receiver.heard, self.receiver.traces, self.receiver.failures = [], [], []
        threading.Thread(target=self.receiver.serve_forever, daemon=True).start()
        self.addCleanup(self.receiver.server_close)
        self.addCleanup(self.receiver.shutdown)

    def start(self):
        """The newer version of each is in force, for it is the newest that is installed."""
        told, kept = "    plugin: notifier-webhook\n", "    plugin: secrets-file\n"
        address = f"http://127.0.0.1:{self.receiver.server_address[1]}/"
        self.stack = self.new_stack(site={"plugin_roots": [str(BUILD / "plugins-root"), str(PATCHED)]}, changes=[
            (told, f'{told}    config: {{url: "{address}"}}\n'),
            (kept, kept + '    config: {directory: "${state_directory}/secrets"}\n'),
            ("\nbindings:\n", '\nnotifications:\n  - {binding: notifiers.webhook, events: ["rollout.*"]}\n\nbindings:\n')])
        folder = self.stack.folder / "state/secrets"
        folder.mkdir(parents=True)
        file = os.open(folder / "API_KEY", os.O_WRONLY | os.O_CREAT, 0o600)
        os.write(file, b"a-secret")
        os.close(file)
        self.stack.start_daemon()

    def release(self, version, application=APP):
        self.stack.create_release(version, application=application, secrets={"API_KEY": "file:API_KEY"})
        plan = ("canary", CANARY) if version == "1.1" else ()
        return self.stack.start_rollout(version, *plan, application=application)

    def hold(self):
        """A rollout that asks its gate again and again."""
        oracle = Oracle()
        self.addCleanup(oracle.close)
        gate = {"gate": "webhook", "settings": {"url": oracle.url, "retry_after": "200ms"}}
        self.stack.create_application(name="held", gates=[gate], **PLAIN)
        self.stack.wait_why(self.release("9.0", "held"), "the ticket is open")

    def versions_of(self, plugin):
        """Of what runs, or still ends."""
        items = self.stack.read(f"/api/plugins/{plugin}")["items"]
        return {item["version"] for item in items if item["state"] in ("active", "warm", "draining")}

    def swap(self, binding, plugin, version):
        self.assert_exit(self.stack.cli("binding", "swap", binding, version, "--bake", "0s"), 0)
        wait_for(f"{plugin} {version} to be alone", lambda: self.versions_of(plugin) == {version}, 15)

    def calls(self, binding, method, **more):
        return self.stack.metric("slipway_plugin_calls_total", binding=binding, method=method, **more)

    def signs(self, instance):
        """How often the newer version's code has been seen."""
        return sum("a call was served by 0.1.1" in line and f" instance={instance} " in line + " "
                   for line in self.stack.log().splitlines())

    def words(self, rollout):
        """Of the analyzer, whether they are those of the newer version."""
        return {one["reason"].endswith(" (0.1.1)") for one in self.stack.rollout(rollout)["analyses"]}

    def assert_serves(self, binding, method, version, rollout):
        instance = next(one["instance"] for one in self.stack.read("/api/bindings")["items"] if one["name"] == binding)
        calls, signs = self.calls(binding, method, status="OK"), self.signs(instance)
        if binding not in BUSY:
            self.deployed += 1
            self.stack.wait_state(self.release(f"5.{self.deployed}", "other"), "succeeded")
        wait_for(f"calls of {binding}", lambda: self.calls(binding, method, status="OK") > calls, 20)
        if instance == "threshold":
            wait_for("its next words", lambda: self.words(rollout) == {version == NEW}, 15)
        elif version == NEW:
            wait_for("the new code to serve", lambda: self.signs(instance) > signs, 15)
        else:
            self.assertEqual(self.signs(instance), signs)

    def seen(self, rollout):
        """What must not change while the rollout waits: its groups, its journal, the processes. How many are ready is left
        out: a busy machine may be late for a check."""
        now = self.stack.rollout(rollout)
        groups = [{name: group[name] for name in ("role", "release", "replicas", "weight")} for group in now["groups"]]
        return {"state": now["state"], "groups": groups, "journal": self.stack.journal(rollout), "1.0": self.stack.pids_of("1.0"),
                "1.1": self.stack.pids_of("1.1"), "haproxies": self.stack.settled_haproxies(), "stable": self.stack.stable()}

    def test_every_kind_goes_forth_and_back_in_the_middle_of_a_canary_and_only_the_history_tells(self):
        self.start()
        self.stack.create_application(replicas=3, analyses=[ERRORS, SMOKE, WATCH, PING])
        self.stack.wait_state(self.release("1.0"), "succeeded")
        self.stack.create_application(name="other", **PLAIN)
        self.deployed = 1  # its first release costs HAProxy a reload
        self.stack.wait_state(self.release("5.1", "other"), "succeeded")
        self.hold()
        self.stack.begin_load()
        rollout = self.release("1.1")
        self.stack.wait_rollout(rollout, "to shift traffic", lambda: self.stack.weight(rollout) == 300000, 30)
        self.stack.wait_rollout(rollout, "to wait for a person",
                                lambda: "promote" in self.stack.rollout(rollout)["why"]["waits_for"], 15)
        wait_for("the first words", lambda: self.words(rollout) == {True}, 15)
        before = self.seen(rollout)
        self.assertEqual(self.stack.weight(rollout, "stable"), 700000)
        for binding, plugin, method in SWAPPED:
            for version in (OLD, NEW, OLD):
                with self.subTest(f"{binding} to {version}"):
                    self.swap(binding, plugin, version)
                    self.assert_serves(binding, method, version, rollout)
                    self.stack.await_requests(20, "1.1")
                    self.assertEqual(self.seen(rollout), before)
        history = [one["reason"] for one in self.stack.read("/api/profile/history?limit=100")["items"]]
        self.assertEqual(len(history), 1 + 3 * len(SWAPPED), history)
        for binding, _, method in SWAPPED:
            self.assertEqual([self.calls(binding, method, status=status) for status in FAULTS], [0] * len(FAULTS), binding)
        self.assertEqual(self.stack.call("POST", f"/api/rollouts/{rollout}/promote", {}).status, 200)
        self.stack.wait_state(rollout, "succeeded")
        journal = self.stack.journal(rollout)
        self.assert_journal_is_sound(journal)
        self.assertEqual(journal[:len(before["journal"])], before["journal"])
        self.assertNotEqual([entry for entry in journal if entry["kind"] == "verdict"], [])
        ends = 2 + self.deployed
        wait_for("every end to be told", lambda: self.told().count("rollout.succeeded") == ends, 20)
        self.assertEqual(len(self.keys()), len(set(self.keys())), "each letter once")
        load, versions = self.stack.end_load()
        self.assert_served_all(load, {version: counts for version, counts in versions.items() if version in ("1.0", "1.1")})
        self.assertEqual(self.stack.fetch("/secret-digest?name=API_KEY").status, 200)

    def told(self):
        return [body["type"] for _, body in self.receiver.heard]

    def keys(self):
        return [key for key, _ in self.receiver.heard]


if __name__ == "__main__":
    unittest.main()
