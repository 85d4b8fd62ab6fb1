"""The wall clock of slipwayd set back by an hour in the middle of a canary: nothing waits longer, nothing is skipped."""

import time
import unittest

from harness import BUILD, SMOKE, StackTest, wait_for

HOUR_NS = 3_600_000_000_000
PAUSE_S = 3
CANARY = {"steps": [{"weight": "20%"}, {"pause": {"duration": f"{PAUSE_S}s"}}, {"analysis": "smoke"}, {"weight": "60%"},
                    {"pause": {"duration": "1s"}}], "scale_down_delay": "100ms"}


class ClockTest(StackTest):
    def setUp(self):
        super().setUp()
        self.stack = self.new_stack(environment={"LD_PRELOAD": str(BUILD / "tests/fixtures/clock/clock_offset.so")})
        self.offset = self.stack.folder / "offset"
        self.stack.daemon_environment["CLOCK_OFFSET_FILE"] = str(self.offset)
        self.set_clock(0)
        self.stack.start_daemon()
        self.stack.first_release(replicas=2, analyses=[SMOKE])

    def set_clock(self, nanoseconds):
        fresh = self.offset.with_name("offset.new")
        fresh.write_text(str(nanoseconds))
        fresh.rename(self.offset)

    def begin(self):
        """A canary that has just begun its first pause; when, by the steady clock."""
        self.stack.begin_load()
        self.stack.create_release("1.1")
        rollout = self.stack.start_rollout("1.1", "canary", CANARY)
        wait_for("the pause", lambda: self.stack.rollout(rollout)["step"] == 1, 15, pause=0.02)
        return rollout, time.monotonic()

    def assert_pause_was_kept(self, rollout, begun):
        wait_for("the next step", lambda: self.stack.rollout(rollout)["step"] != 1, 15, pause=0.02)
        paused = time.monotonic() - begun
        self.assertGreater(paused, PAUSE_S - 0.5)
        self.assertLess(paused, PAUSE_S + 12)

    def assert_ends_well(self, rollout):
        self.stack.wait_state(rollout, "succeeded", 25)
        self.assertEqual(self.stack.stable(), "1.1")
        self.assert_served_all(*self.stack.end_load())
        self.assert_journal_is_sound(self.stack.journal(rollout))

    def test_a_canary_goes_on_as_if_nothing_had_happened(self):
        rollout, begun = self.begin()
        self.set_clock(-HOUR_NS)
        wait_for("the log to tell the new time", lambda: self.log_is_behind(), 10)
        self.assert_pause_was_kept(rollout, begun)
        self.assert_ends_well(rollout)

    def test_a_daemon_that_starts_with_an_earlier_clock_goes_on_where_it_was(self):
        rollout, begun = self.begin()
        self.stack.kill_daemon()
        self.set_clock(-HOUR_NS)
        self.stack.start_daemon()
        self.assert_pause_was_kept(rollout, begun)
        self.assert_ends_well(rollout)

    def log_is_behind(self):
        """A line of the last moment, an hour early: the clock was really set."""
        newest = self.stack.log().splitlines()[-1][:19]
        return newest < time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() - 1800))


if __name__ == "__main__":
    unittest.main()
