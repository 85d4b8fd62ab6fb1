"""Steps of a canary that are not weights, with real requests: header routes, copies, and the number of replicas."""

import math
import re
import unittest

from harness import StackTest, wait_for

BETA = {"x-beta": "yes"}
BETA_STEPS = [{"scale": {"replicas": 3}}, {"route": {"header": "x-beta", "value": "yes"}}, {"pause": {}}]
MIRROR_STEPS = [{"scale": {"percent": "50%"}}, {"mirror": {"share": "20%", "max_in_flight": 32}}, {"pause": {}},
                {"mirror": {"share": "0%"}}, {"pause": {}}]


class StrategiesTest(StackTest):
    def setUp(self):
        super().setUp()
        self.start_stack()
        self.stack.first_release(replicas=4)
        self.stack.create_release("1.1")

    def start(self, steps):
        """Until the first pause."""
        rollout = self.stack.start_rollout("1.1", "canary", {"steps": steps, "scale_down_delay": "100ms"})
        self.wait_for_step(rollout, 2)
        return rollout

    def wait_for_step(self, rollout, step):
        def waits():
            seen = self.stack.rollout(rollout)
            return seen["step"] == step and "promote" in seen["why"]["waits_for"]
        self.stack.wait_rollout(rollout, f"to wait at step {step}", waits, 15)

    def wait_for_route(self):
        """The step is decided before HAProxy is told."""
        wait_for("the route", lambda: self.answers(BETA, requests=1) == {"1.1"}, 5)

    def answers(self, headers=None, requests=20):
        """Who answers; a request that fails shows as its status."""
        replies = [self.stack.fetch(headers=headers) for _ in range(requests)]
        return {re.search(r"version (\S+)", reply.text)[1].rstrip(",") if reply.status == 200 else reply.status for reply in replies}

    def test_a_header_route_leads_to_the_canary_alone_and_an_abort_takes_it_away(self):
        rollout = self.start(BETA_STEPS)
        self.wait_for_route()
        self.assertEqual(self.answers(BETA), {"1.1"})
        self.assertEqual(self.answers({"x-beta": "no"}), {"1.0"})
        self.assertEqual(self.answers(), {"1.0"})
        self.assertEqual((self.stack.weight(rollout), self.stack.replicas_of("1.1")), (0, 3))
        self.assertEqual(self.stack.cli("rollout", "abort", rollout).returncode, 0)
        seen = set()

        def ended():
            seen.update(self.answers(BETA, requests=5))
            return self.stack.rollout(rollout)["state"] == "rolled_back"

        wait_for("the way back", ended, 15, pause=0)
        self.assertLessEqual(seen, {"1.0", "1.1"}, "no request fails while the route goes away")
        self.assertEqual(self.answers(BETA), {"1.0"})
        wait_for("the canary's replicas to go", lambda: self.stack.replicas_of("1.1") == 0, 15)

    def test_a_promoted_canary_gets_everybody_and_its_route_is_forgotten(self):
        rollout = self.start(BETA_STEPS)
        self.wait_for_route()
        self.assertEqual(self.stack.cli("rollout", "promote", rollout, "--wait", "--timeout", "20s").returncode, 0)
        self.assertEqual((self.answers(), self.answers(BETA)), ({"1.1"}, {"1.1"}))
        self.stack.deploy("1.2")
        self.assertEqual(self.answers(BETA), {"1.2"})

    def test_a_share_of_the_requests_is_copied_and_users_see_the_stable_release_alone(self):
        rollout = self.start(MIRROR_STEPS)
        self.assertEqual(self.stack.replicas_of("1.1"), 2)
        asked, copied = self.load()
        self.assertLess(abs(copied - 0.2 * asked), 5 * math.sqrt(asked * 0.2 * 0.8), f"{copied} copies of {asked}")
        self.assertEqual(self.stack.cli("rollout", "promote", rollout).returncode, 0)
        self.wait_for_step(rollout, 4)
        self.assertEqual(self.load()[1], 0, "a share of 0% ends it")

    def load(self):
        """Requests of a while, all answered by 1.0, and how many copies 1.1 got of them."""
        before, copies = self.stack.received("1.0"), self.stack.received("1.1")
        self.stack.start_load(workers=4, rate=100)
        self.stack.await_requests(800, "1.0")
        load, versions = self.stack.end_load()
        self.assertEqual((load.failed, load.requests), (0, versions["1.0"].received - before), load.errors)
        return load.requests, self.stack.received("1.1") - copies


if __name__ == "__main__":
    unittest.main()
