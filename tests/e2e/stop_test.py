"""SIGTERM, and what comes after: the application does not notice, and the next slipwayd finds everything again."""

import concurrent.futures
import contextlib
import http.client
import os
import signal
import socket
import time
import unittest

from harness import SLOWNESS, StackTest, wait_for


class StopTest(StackTest):
    def test_sigterm_ends_it_within_five_seconds_and_the_next_one_adopts_what_serves(self):
        self.start_stack()
        self.stack.first_release(replicas=3)
        self.stack.begin_load()
        haproxies = self.stack.settled_haproxies()
        replicas = self.stack.replicas()
        status, seconds = self.stack.stop_daemon()
        self.assertEqual(status, 0)
        self.assertLess(seconds, 5)
        self.stack.await_requests(100)
        self.assertEqual((self.stack.replicas(), self.stack.haproxies()), (replicas, haproxies))
        self.stack.start_daemon()
        rollout = self.stack.deploy("1.1")
        self.assertEqual(self.stack.haproxies(), haproxies)
        self.assertEqual(self.stack.rollout(rollout)["from_release"], "1.0")
        wait_for("the adopted replicas to end", lambda: not set(replicas) & set(self.stack.replicas()), 10)
        self.assert_served_all(*self.stack.end_load())

    def test_sigterm_in_the_middle_of_a_rollout_leaves_it_for_the_next_one(self):
        self.start_stack()
        self.stack.first_release(replicas=3)
        self.stack.begin_load()
        self.stack.create_release("1.1")
        rollout = self.stack.start_rollout("1.1", "canary", {"steps": [{"weight": "40%"}, {"pause": {"duration": "2s"}}],
                                                             "scale_down_delay": "1s"})
        wait_for("the weight", lambda: self.stack.weight(rollout) == 400_000, 15)
        replicas = self.stack.replicas()
        status, seconds = self.stack.stop_daemon()
        self.assertEqual(status, 0)
        self.assertLess(seconds, 5)
        self.stack.await_requests(50, "1.1")
        self.assertEqual(self.stack.replicas(), replicas)
        self.stack.start_daemon()
        self.stack.wait_state(rollout, "succeeded")
        self.assert_served_all(*self.stack.end_load())
        self.assert_journal_is_sound(self.stack.journal(rollout))

    def test_sigterm_ends_open_event_streams_and_idle_connections(self):
        self.start_stack()
        headers = {"Authorization": f"Bearer {self.stack.token}"}
        connections = [http.client.HTTPConnection("127.0.0.1", self.stack.api_port, timeout=10 * SLOWNESS) for _ in range(3)]
        for connection in connections[:2]:
            connection.request("GET", "/api/events", headers=headers)
            self.assertEqual(connection.getresponse().status, 200)
        connections[2].request("GET", "/health")
        connections[2].getresponse().read()
        status, seconds = self.stack.stop_daemon()
        self.assertEqual(status, 0)
        self.assertLess(seconds, 5)
        for connection in connections:
            connection.close()

    def test_sigterm_leaves_the_answer_under_way_to_its_client(self):
        self.start_stack([("    plugin: strategy-rolling\n", "    plugin: strategy-rolling\n    placement: isolated\n")],
                         site={"shutdown_grace": "12s"})  # a quarter of it is for answers
        self.stack.create_application()
        self.stack.create_release("1.0")
        plugins = self.stack.read("/api/plugins")["items"]
        worker = next(one["worker"]["process"] for one in plugins if one["instance"] == "rolling")
        os.kill(worker, signal.SIGSTOP)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            answer = pool.submit(self.stack.start_rollout, "1.0")
            wait_for("the strategy to be asked", lambda: self.stack.metric(
                "slipway_plugin_calls_in_flight", binding="strategies.rolling") == 1, 10)
            begun = time.monotonic()
            self.stack.daemon.send_signal(signal.SIGTERM)
            wait_for("the API to be closed", self.refuses_connections, 10)
            os.kill(worker, signal.SIGCONT)
            rollout = answer.result()
        self.assertEqual(self.stack.await_end(), 0)
        self.assertLess(time.monotonic() - begun, 5)
        self.stack.start_daemon()
        self.stack.wait_state(rollout, "succeeded")

    def refuses_connections(self):
        with contextlib.closing(socket.socket()) as client:
            return client.connect_ex(("127.0.0.1", self.stack.api_port)) != 0

    def test_replicas_that_died_while_it_was_away_are_started_again(self):
        self.start_stack()
        self.stack.first_release(replicas=3)
        replicas = self.stack.replicas()
        self.stack.kill_daemon()
        os.kill(replicas[0], 9)
        self.stack.start_daemon()
        wait_for("three replicas again", lambda: len(self.stack.replicas()) == 3, 15)
        # How long it had run is not known.
        self.assertRegex(self.stack.log(), r"replica 1\.0-\d ended meanwhile; started again in ")
        self.assertEqual(set(self.stack.replicas()) & set(replicas), set(replicas[1:]))
        wait_for("an answer", lambda: self.stack.fetch().status == 200, 10)


if __name__ == "__main__":
    unittest.main()
