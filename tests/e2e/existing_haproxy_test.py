"""The local provider behind a HAProxy that somebody else started: as the guide says, by an additional -f and its socket."""

import re
import signal
import subprocess
import unittest

from harness import StackTest, wait_for

OWNERS_FILE = """
global
    stats socket {socket} mode 600 level admin expose-fd listeners
    hard-stop-after 10s
"""
EXISTING = ("      haproxy:\n", "      haproxy:\n        mode: existing\n        runtime_socket: ${run_directory}/owner.sock\n"
                               "        master_socket: ${run_directory}/owner-master.sock\n")
TO_HALF = {"steps": [{"weight": "50%"}, {"pause": {}}], "scale_down_delay": "100ms"}


class ExistingHaproxyTest(StackTest):
    def setUp(self):
        super().setUp()
        self.haproxy = None
        self.start_stack(changes=[("stats_socket: ${run_directory}/local/haproxy.sock", "stats_socket: ${run_directory}/owner.sock"),
                                  EXISTING])
        self.run = self.stack.folder / "run"
        self.ours = self.run / "local/haproxy.cfg"
        wait_for("the provider's file", self.ours.exists, 15)

    def start_haproxy(self, loads=None):
        """As its owner does: a file of his own, the provider's as another one."""
        (self.stack.folder / "owner.cfg").write_text(OWNERS_FILE.format(socket=self.run / "owner.sock"))
        with open(self.stack.folder / "owner.log", "wb") as log:
            self.haproxy = subprocess.Popen(
                ["haproxy", "-W", "-S", f"{self.run / 'owner-master.sock'},mode,600", "-f", self.stack.folder / "owner.cfg",
                 "-f", loads or self.ours], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.addCleanup(self.stop_haproxy)
        wait_for("its socket", (self.run / "owner.sock").exists, 10)

    def stop_haproxy(self):
        self.haproxy.terminate()
        self.haproxy.wait(15)

    def reload(self):
        self.haproxy.send_signal(signal.SIGUSR2)

    def first_release(self):
        """The one moment at which its owner has to do something: a new application wants a reload."""
        self.stack.create_application(replicas=2)
        self.stack.create_release("1.0")
        rollout = self.stack.start_rollout("1.0")
        self.wait_loaded(rollout)
        self.stack.wait_state(rollout, "succeeded")

    def wait_loaded(self, rollout):
        """Why asks for the reload, and names the file."""
        self.stack.wait_why(rollout, f"reload it with -f {self.ours}")
        self.reload()

    def test_shifts_under_traffic_lose_no_request_and_its_process_is_left_alone(self):
        self.start_haproxy()
        self.first_release()
        self.stack.begin_load()
        self.stack.create_release("1.1")
        rollout = self.stack.start_rollout("1.1", "canary", TO_HALF)
        wait_for("half of the traffic", lambda: self.stack.weight(rollout) == 500_000, 15)
        before = [self.stack.received(version) for version in ("1.0", "1.1")]
        self.stack.await_requests(300)
        shares = [self.stack.received(version) - old for version, old in zip(("1.0", "1.1"), before)]
        self.assertGreater(min(shares), sum(shares) * 0.3, shares)
        self.reload()  # for a reason of its owner's, in the middle of it
        self.stack.await_requests(100)
        self.assert_exit(self.stack.cli("rollout", "promote", rollout, "--full", "--wait", "--timeout", "20s"), 0)
        self.stack.create_release("1.2")
        self.stack.wait_state(self.stack.start_rollout("1.2", "rolling", {"max_surge": 1, "max_unavailable": 0}), "succeeded")
        self.stack.await_requests(50, "1.2")
        self.assert_served_all(*self.stack.end_load())
        self.assertIsNone(self.haproxy.poll())
        self.stack.stop_daemon()
        self.assertIn("version 1.2", self.stack.fetch().text)

    def test_one_that_has_loaded_a_file_of_before_there_were_baselines_goes_on_and_nobody_is_asked_to_reload_it(self):
        old = self.run / "old.cfg"

        def before_baselines():
            text = re.sub(r"\nbackend \S+\.c\n(.+\n)*", "", self.ours.read_text())
            lines = [line for line in text.splitlines() if not re.search(r"^    acl|txn\.upper|txn\.baseline|# from stable", line)]
            old.write_text("\n".join(lines).replace("slipway_split", "{ var(txn.cut) -m int 1:999999 }") + "\n")

        before_baselines()
        self.start_haproxy(loads=old)
        self.stack.create_application(replicas=2)
        self.stack.create_release("1.0")
        rollout = self.stack.start_rollout("1.0")
        self.stack.wait_why(rollout, f"reload it with -f {self.ours}")
        before_baselines()
        self.assertIn("demo.b", old.read_text())
        self.assertNotIn("baseline", old.read_text())
        self.reload()
        self.stack.wait_state(rollout, "succeeded")
        self.stack.begin_load()
        self.stack.create_release("1.1")
        rollout = self.stack.start_rollout("1.1", "canary", TO_HALF)
        wait_for("half of the traffic", lambda: self.stack.weight(rollout) == 500_000, 15)
        self.assertNotIn("reload it", self.stack.why_text(rollout))
        self.stack.await_requests(50, "1.1")
        self.assert_served_all(*self.stack.end_load())

    def test_without_it_a_rollout_waits_and_says_so_and_goes_on_when_it_is_there(self):
        self.stack.create_application(replicas=1)
        self.stack.create_release("1.0")
        rollout = self.stack.start_rollout("1.0")
        self.stack.wait_why(rollout, "HAProxy")
        self.assertEqual(self.stack.stable(), "")
        self.assertEqual(self.stack.haproxies(), [])
        self.start_haproxy()
        wait_for("a route or the request to reload", lambda: self.serves_or_reloads(rollout), 20, pause=0.5)
        self.stack.wait_state(rollout, "succeeded")

    def serves_or_reloads(self, rollout):
        if "reload it with -f" in self.stack.why_text(rollout) + self.stack.log():
            self.reload()
            return True
        return self.stack.rollout(rollout)["state"] == "succeeded"


if __name__ == "__main__":
    unittest.main()
