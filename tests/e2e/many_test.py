"""Many rollouts at once with the shipped plugins, and slipwayd killed in their middle."""

import concurrent.futures
import contextlib
import unittest

from harness import StackTest, wait_for
from stack import DemoError

COUNT = 64
APPS = [f"app-{number:02}" for number in range(COUNT)]
ROLLING = {"strategy": {"name": "rolling", "settings": {"min_ready": "0s"}}, "replicas": 1, "analyses": []}
CANARY = {"steps": [{"weight": "20%"}, {"pause": {"duration": "1s"}}, {"weight": "60%"}, {"pause": {"duration": "1s"}}],
          "scale_down_delay": "100ms"}
ALL = 1_000_000


class ManyTest(StackTest):
    def each(self, work):
        """Of every application, some at a time; the answers by application."""
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            return dict(zip(APPS, pool.map(work, APPS)))

    def release(self, version, app):
        """Its program is asked rarely, so that the machine has time for the rollouts."""
        self.stack.create_release(version, application=app,
                                  readiness={"kind": "http", "path": "/healthz", "interval": "1s", "initial_delay": "0s"})

    def states(self):
        items = self.stack.read("/api/rollouts?active=true&limit=500")["items"]
        return {item["id"]: item for item in items}

    def wait_ended(self, rollouts, seconds):
        with contextlib.suppress(DemoError):  # the states say more than it does
            wait_for("the rollouts to end", lambda: not self.states(), seconds, pause=0.5)
        self.assertEqual({seen["application"]: seen["why"] for seen in self.states().values()}, {}, "still under way")
        ends = {app: self.stack.rollout(rollout) for app, rollout in rollouts.items()}
        self.assertEqual({app: seen["why"] for app, seen in ends.items() if seen["state"] != "succeeded"}, {})

    def under_way(self, least):
        """So many have traffic on the new release and have not ended."""
        shared = [item for item in self.states().values()
                  if any(group["role"] == "next" and 0 < group.get("weight", 0) < ALL for group in item["groups"])]
        return len(shared) >= least

    def test_64_canaries_at_once_all_end_promoted_though_slipwayd_is_killed_in_their_middle(self):
        self.start_stack()
        self.each(lambda app: self.stack.create_application(name=app, **ROLLING))
        self.each(lambda app: self.release("1.0", app))
        self.wait_ended(self.each(lambda app: self.stack.start_rollout("1.0", application=app)), 120)
        self.each(lambda app: self.release("1.1", app))
        rollouts = self.each(lambda app: self.stack.start_rollout("1.1", "canary", CANARY, application=app))
        wait_for("most to share the traffic", lambda: self.under_way(COUNT // 2), 40)
        before = self.each(lambda app: self.stack.journal(rollouts[app]))
        self.stack.kill_daemon()
        self.stack.start_daemon()
        self.wait_ended(rollouts, 120)
        self.each(lambda app: self.check(app, rollouts[app], before[app]))
        wait_for("the old replicas to go", lambda: self.stack.replicas_of("1.0") == 0, 30)
        self.assertEqual(self.stack.replicas_of("1.1"), COUNT)

    def check(self, app, rollout, before):
        journal = self.stack.journal(rollout)
        self.assertEqual(journal[:len(before)], before, "what was decided stays")
        self.assert_journal_is_sound(journal)
        orders = [{group["role"]: group["weight"] for group in entry["groups"]} for entry in journal if entry["groups"]]
        self.assertEqual({sum(order.values()) for order in orders}, {ALL}, app)
        shares = [order["next"] for order in orders if "next" in order]
        self.assertEqual(shares, sorted(shares), f"{app}: a good canary never goes back")
        self.assertGreaterEqual(set(shares), {200_000, 600_000, ALL}, app)
        self.assertEqual(self.stack.stable(app), "1.1")
        self.assertIn("version 1.1", self.stack.fetch(host=app).text)


if __name__ == "__main__":
    unittest.main()
