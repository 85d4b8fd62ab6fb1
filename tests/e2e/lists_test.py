"""Lists by their filters, and the fields and ETags of what a host tells of itself, over HTTP and on the command line."""

import json

from harness import APP, StackTest, wait_for

DONE, REFUSED = 0, 5
PLAIN = {"strategy": {"name": "rolling", "settings": {"min_ready": "100ms"}}, "analyses": []}


class ListsTest(StackTest):
    def items(self, *arguments):
        """What a list of the command line has, as objects."""
        run = self.stack.cli(*arguments, "-o", "json")
        self.assert_exit(run, DONE)
        answer = json.loads(run.stdout)
        return answer["items"] if isinstance(answer, dict) else answer

    def pages(self, path, limit):
        """All entries of a list, as many a page."""
        found, cursor = [], ""
        while True:
            page = self.stack.read(f"{path}&limit={limit}{cursor}")
            self.assertLessEqual(len(page["items"]), limit)
            found += page["items"]
            if "next_cursor" not in page:
                return found
            cursor = "&cursor=" + page["next_cursor"]

    def refused(self, *arguments):
        run = self.stack.cli(*arguments)
        self.assertNotEqual(run.returncode, DONE, run.stdout)
        return run.stderr


class Filtered(ListsTest):
    def test_applications_releases_and_a_journal_are_filtered_on_the_command_line_and_over_pages(self):
        self.start_stack()
        self.stack.create_application(replicas=1, **PLAIN)
        for name in ("canary-a", "canary-b", "canary-c"):
            self.stack.create_application(name=name, replicas=1, strategy={"name": "canary"})
        names = [one["spec"]["name"] for one in self.items("app", "list", "--strategy", "canary")]
        self.assertEqual(names, ["canary-a", "canary-b", "canary-c"])
        here = self.items("app", "list")[0]["environment"]
        self.assertEqual(len(self.items("app", "list", "--environment", here)), 4)
        self.assertEqual(self.items("app", "list", "--environment", "elsewhere"), [])
        for limit in (1, 2, 50):
            paged = self.pages("/api/applications?strategy=canary", limit)
            self.assertEqual([one["spec"]["name"] for one in paged], names)
        rollouts = []
        for version in ("1.0", "1.1"):
            self.stack.create_release(version)
            rollouts.append(self.stack.start_rollout(version))
            self.stack.wait_state(rollouts[-1], "succeeded")
        self.stack.create_release("1.2")
        self.assertEqual([one["name"] for one in self.items("release", "list", APP, "--good")], ["1.0", "1.1"])
        not_good = self.pages(f"/api/applications/{APP}/releases?good=false", 1)
        self.assertEqual([one["name"] for one in not_good], ["1.2"])
        self.assertEqual([one["spec"]["name"] for one in self.items("app", "list", "--stable-release", "1.1")], [APP])
        self.assertEqual([one["id"] for one in self.items("rollout", "list", "--application", APP)], rollouts[::-1])
        whole = self.stack.journal(rollouts[1])
        for kind in ("started", "step"):
            wanted = [one["sequence"] for one in whole if one["kind"] == kind]
            self.assertTrue(wanted)
            for entries in (self.items("rollout", "journal", rollouts[1], "--kind", kind),
                            self.pages(f"/api/rollouts/{rollouts[1]}/journal?kind={kind}", 1)):
                self.assertEqual([one["sequence"] for one in entries], wanted)
                self.assertEqual({one["kind"] for one in entries}, {kind})
                self.assertEqual([one["id"] for one in entries], [f"{rollouts[1]}/{number}" for number in wanted])
        events = self.stack.cli("events", "--rollout", rollouts[0], "--after", "0", "--timeout", "1s", "-o", "json").stdout
        self.assertEqual({json.loads(line)["rollout"] for line in events.splitlines()}, {rollouts[0]})
        self.assertIn("want one of started, step, command", self.refused("rollout", "journal", rollouts[1], "--kind", "steps"))
        self.assertIn("want one of pending, progressing", self.refused("rollout", "list", "--state", "running"))

    def test_plugins_and_bindings_are_filtered_and_a_wrong_value_is_told(self):
        self.start_stack()
        every = self.items("plugin", "list")
        strategies = {one["id"] for one in every if "slipway.strategy/1" in one["interfaces"]}
        self.assertGreater(len(strategies), 2)
        found = self.items("plugin", "list", "--interface", "slipway.strategy/1")
        self.assertEqual({one["id"] for one in found}, strategies)
        self.assertEqual([one["id"] for one in self.items("plugin", "list", "--id", "strategy-canary")], ["strategy-canary"])
        active = [one["id"] for one in every if one["state"] == "active"]
        self.assertEqual([one["id"] for one in self.items("plugin", "list", "--state", "active")], active)
        self.assertEqual([one["id"] for one in self.pages("/api/plugins?state=active", 3)], active)
        bindings = self.items("binding", "list", "--interface", "slipway.strategy/1")
        self.assertEqual({one["plugin"] for one in bindings}, strategies)
        self.assertEqual([one["id"] for one in self.items("binding", "list", "--plugin", "strategy-canary")],
                         ["strategies.canary"])
        version = self.items("hosts", "list")[0]["slipwayd"]
        self.assertEqual(len(self.items("hosts", "list", "--slipwayd", version)), 1)
        self.assertEqual(self.items("hosts", "list", "--slipwayd", "0.0.9"), [])
        self.assertIn("want one of installed, staged", self.refused("plugin", "list", "--state", "running"))
        self.assertIn("want one of in-process, isolated", self.refused("plugin", "list", "--placement", "outside"))


class ToldOfTheHost(ListsTest):
    def plugin(self):
        return self.stack.read("/api/plugins/metrics-probe")["items"][0]

    def test_a_plugin_tells_since_when_and_its_etag_holds_until_it_is_made_anew(self):
        self.start_stack()
        before, binding = self.plugin(), self.items("binding", "list", "--plugin", "metrics-probe")[0]
        self.assertLessEqual(before["created_at"], before["updated_at"])
        self.assertEqual(binding["updated_at"], before["updated_at"])
        first = self.stack.call("GET", "/api/plugins/metrics-probe")
        known = {"If-None-Match": first.headers["etag"]}
        self.assertEqual(self.stack.call("GET", "/api/plugins/metrics-probe", headers=known).status, 304)
        profile = self.stack.read("/api/profile")
        self.assertEqual(profile["created_at"], self.stack.read("/api/profile/history/1")["created_at"])
        profile["profile"]["plugins"]["probe"]["config"] = {"max_replicas": 7}
        changed = self.stack.call("PUT", "/api/profile", {"profile": profile["profile"], "bake": "0s"})
        self.assertEqual(changed.status, 200, changed.text)
        wait_for("the old generation to be gone", lambda: len(self.items("plugin", "list", "--id", "metrics-probe")) == 1, 10)
        after = self.plugin()
        self.assertGreater(after["created_at"], before["created_at"])
        self.assertEqual(self.stack.call("GET", "/api/plugins/metrics-probe", headers=known).status, 200)
        revision = self.stack.read("/api/profile/history/2")
        self.assertEqual(self.stack.read("/api/profile")["created_at"], revision["created_at"])
        self.assertEqual(self.items("profile", "history", "--author", revision["author"])[0]["id"], "2")
