"""While the old replicas are kept after the switch, the way back only turns the traffic: nothing is started, nothing fails."""

import unittest

from harness import ENDS, StackTest, wait_for

BLUE_GREEN = ("blue-green", {"keep_blue": "10m"})
CANARY = ("canary", {"steps": [{"weight": "50%"}], "scale_down_delay": "10m"})


class ReturnTest(StackTest):
    def kept(self, strategy, settings):
        """A rollout with all traffic on 1.1 and every replica of 1.0 kept; their ids."""
        self.start_stack()
        self.stack.first_release(replicas=3)
        blue = set(self.stack.replicas())
        self.stack.begin_load()
        self.stack.create_release("1.1")
        rollout = self.stack.start_rollout("1.1", strategy, settings)
        self.stack.wait_state(rollout, "verifying")
        self.stack.await_requests(60, "1.1")
        self.assertTrue(blue <= set(self.stack.replicas()), "1.0 is kept")
        self.assertNotIn(self.stack.rollout(rollout)["state"], ENDS)
        return rollout, blue

    def returns(self, kept, action):
        rollout, blue = self.kept(*kept)
        before = len(self.stack.journal(rollout))
        self.assert_exit(self.stack.cli("rollout", action, rollout), 0)
        self.stack.wait_state(rollout, "rolled_back")
        orders = [{group["role"]: (group["weight"], group["replicas"]) for group in entry["groups"]}
                  for entry in self.stack.journal(rollout)[before:] if entry["groups"]]
        self.assertEqual(orders[0]["stable"], (1_000_000, 3), "the first order after the command turns all traffic")
        self.assertEqual(self.stack.stable(), "1.0")
        wait_for("1.1 to be gone", lambda: self.stack.replicas_of("1.1") == 0, 15)
        received = self.stack.received("1.1")
        self.stack.await_requests(60, "1.0")
        self.assertEqual(self.stack.received("1.1"), received)
        self.assertEqual(set(self.stack.replicas()), blue, "the very processes that were kept")
        self.assert_served_all(*self.stack.end_load())
        self.assert_journal_is_sound(self.stack.journal(rollout))

    def test_an_abort_while_blue_is_kept_is_an_instant_return(self):
        self.returns(BLUE_GREEN, "abort")

    def test_a_rollback_while_blue_is_kept_is_an_instant_return(self):
        self.returns(BLUE_GREEN, "rollback")

    def test_an_abort_before_the_old_replicas_of_a_canary_go_is_an_instant_return(self):
        self.returns(CANARY, "abort")

    def test_a_rollback_before_the_old_replicas_of_a_canary_go_is_an_instant_return(self):
        self.returns(CANARY, "rollback")


if __name__ == "__main__":
    unittest.main()
