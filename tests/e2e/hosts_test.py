"""Three hosts on one PostgreSQL: equal, each with a part of the work, and none of them needed.

Each host stands for a machine: it has directories, an edge and replicas of its own.
"""

import functools
import os
import signal
import sys

import contract
import harness
from harness import StackTest, wait_for
from listener import Listener
from stack import DemoError

sys.path.insert(0, str(harness.ROOT / "tests/support"))
from postgres_server import PostgresServer  # noqa: E402

LEASE = "2s"
NAMES = ("dock-1", "dock-2", "dock-3")
PARTITIONS = 64
# A stream, with a test of its own below; and who has no token is told of the host that he reaches, and not which it is.
ELSEWHERE = ("/api/events", "/health", "/health/live", "/health/ready")
APPS = [f"shop-{number}" for number in range(8)]


class HostsTest(StackTest):
    def setUp(self):
        super().setUp()
        self.server = PostgresServer()
        self.addCleanup(self.server.close)
        self.hosts = {}
        for name in NAMES:
            self.hosts[name] = self.made(name)
            self.hosts[name].start_daemon()
        self.await_shares({name: PARTITIONS // len(NAMES) for name in NAMES}, spread=1)

    def made(self, name):
        shipped = "host=/run/postgresql dbname=slipway user="
        own = f"host={self.server.folder} port={self.server.port} dbname=slipway user="
        return self.new_stack([(shipped, own)], profile="postgres.yaml", site={"host": {"name": name, "lease": LEASE}})

    def any(self, *but):
        return next(host for name, host in self.hosts.items() if name not in but)

    def listed(self, asked):
        return {host["name"]: host for host in asked.read("/api/hosts")["items"]}

    def await_shares(self, wanted, spread=0, seconds=30):
        """Until each of these hosts, and nobody else, has about so many partitions, as any of them says."""
        def holds():
            for name in wanted:
                listed = self.listed(self.hosts[name])
                if set(listed) != set(wanted) or sum(host["partitions"] for host in listed.values()) != PARTITIONS:
                    return False
                if any(abs(listed[host]["partitions"] - share) > spread for host, share in wanted.items()):
                    return False
            return True

        wait_for(f"the hosts to share the work as {wanted}", holds, seconds)

    def begin_everywhere(self, min_ready="1s"):
        """A rollout of each application, by turns through each host; the rollouts' ids by application."""
        hosts = list(self.hosts.values())
        for number, app in enumerate(APPS):
            asked = hosts[number % len(hosts)]
            asked.create_application(name=app, replicas=1)
            asked.create_release("1.0", application=app)
        begun = {app: hosts[(number + 1) % len(hosts)].start_rollout("1.0", "rolling", {"min_ready": min_ready}, application=app)
                 for number, app in enumerate(APPS)}
        return begun

    def end_everywhere(self, rollouts, asked, seconds=60):
        for app, rollout in rollouts.items():
            asked.wait_state(rollout, "succeeded", seconds)
            self.assertEqual(asked.stable(app), "1.0")
            self.assert_journal_is_sound(asked.journal(rollout))
            kinds = [entry["kind"] for entry in asked.journal(rollout)]
            self.assertEqual((kinds.count("started"), kinds.count("ended")), (1, 1), kinds)

    def assert_done(self, reply):
        self.assertEqual(reply.status, 200, reply.text)

    def test_the_work_is_spread_and_any_host_answers_for_all_of_it(self):
        rollouts = self.begin_everywhere()
        for host in self.hosts.values():
            self.end_everywhere(rollouts, host)
        replicas = {pid for host in self.hosts.values() for pid in host.replicas()}
        machines = {os.readlink(f"/proc/{pid}/cwd").removesuffix("/1.0-1").rpartition("/")[0] for pid in replicas}
        self.assertEqual(len(replicas), len(APPS))
        self.assertGreater(len(machines), 1, "one host did everything")

    def test_every_answer_is_the_same_at_each_host_or_names_the_one_that_it_is_about(self):
        rollouts = self.begin_everywhere(min_ready="0s")
        self.end_everywhere(rollouts, self.any())
        named = {"rollouts/{id}": f"rollouts/{rollouts[APPS[0]]}", "plugins/{id}": "plugins/strategy-rolling", "{name}": APPS[0],
                 "{release}": "1.0", "{number}": "1"}
        for path, operations in contract.document()["paths"].items():
            if "get" not in operations or path in ELSEWHERE:
                continue
            target = functools.reduce(lambda text, name: text.replace(name, named[name]), named, path)
            with self.subTest(target):
                asked = self.ask_each(target)
                self.assertEqual({reply.status for reply in asked.values()}, {200})
                if "Slipway-Host" in operations["get"]["responses"]["200"].get("headers", {}):
                    self.assertEqual({name: reply.headers.get("slipway-host") for name, reply in asked.items()}, {name: name for name in NAMES})
                else:
                    # Some of it moves, such as the moment at which a host was seen.
                    wait_for(f"one answer of all hosts to {target}", lambda: len({reply.text for reply in self.ask_each(target).values()}) == 1, 10)

    def ask_each(self, target):
        return {name: self.hosts[name].call("GET", target) for name in NAMES}

    def test_a_killed_hosts_work_goes_on_elsewhere(self):
        rollouts = self.begin_everywhere()
        killed = self.hosts.pop("dock-2")
        killed.daemon.send_signal(signal.SIGKILL)
        killed.await_end()
        self.await_shares({name: PARTITIONS // 2 for name in self.hosts})
        self.end_everywhere(rollouts, self.any())
        killed.start_daemon()
        self.hosts["dock-2"] = killed
        self.await_shares({name: PARTITIONS // 3 for name in NAMES}, spread=1)

    def test_a_host_that_stood_still_does_nothing_of_what_is_another_ones_now(self):
        rollouts = self.begin_everywhere()
        frozen = self.hosts.pop("dock-1")
        frozen.daemon.send_signal(signal.SIGSTOP)
        try:
            self.await_shares({name: PARTITIONS // 2 for name in self.hosts})
            self.end_everywhere(rollouts, self.any())
            before = {app: self.any().journal(rollout) for app, rollout in rollouts.items()}
        finally:
            frozen.daemon.send_signal(signal.SIGCONT)
        self.hosts["dock-1"] = frozen
        self.await_shares({name: PARTITIONS // 3 for name in NAMES}, spread=1)
        self.assertEqual({app: frozen.journal(rollout) for app, rollout in rollouts.items()}, before)

    def test_a_drained_host_hands_over_and_takes_its_share_again(self):
        rollouts = self.begin_everywhere()
        drained = self.any("dock-3").cli("hosts", "drain", "dock-3", "--timeout", "40s")
        self.assert_exit(drained, 0, "dock-3", "drained")
        self.await_shares({"dock-1": 32, "dock-2": 32, "dock-3": 0})
        listed = self.hosts["dock-1"].cli("hosts", "list")
        self.assert_exit(listed, 0)
        self.assertEqual([line.split()[:2] for line in listed.stdout.splitlines()[1:4]],
                         [["dock-1", "serving"], ["dock-2", "serving"], ["dock-3", "drained"]])
        self.end_everywhere(rollouts, self.hosts["dock-3"])
        self.assert_exit(self.hosts["dock-1"].cli("hosts", "undrain", "dock-3"), 0, "dock-3")
        self.await_shares({name: PARTITIONS // 3 for name in NAMES}, spread=1)

    def test_the_drain_of_a_host_that_was_lost_can_be_undone(self):
        lost = self.hosts.pop("dock-3")
        self.assert_exit(self.any().cli("hosts", "drain", "dock-3", "--timeout", "40s"), 0, "drained")
        lost.daemon.send_signal(signal.SIGKILL)
        lost.await_end()
        self.await_shares({name: PARTITIONS // 2 for name in self.hosts})
        refused = self.any().cli("hosts", "drain", "dock-3")
        self.assert_exit(refused, 5, 'there is no host "dock-3"; there are: dock-1, dock-2 (dock-3 was draining when it was lost)')
        self.assert_exit(self.any().cli("hosts", "undrain", "dock-3"), 0, "dock-3", "silent")
        self.assert_exit(self.any().cli("hosts", "undrain", "dock-3"), 5, 'there is no host "dock-3"; there are: dock-1, dock-2')
        lost.start_daemon()
        self.hosts["dock-3"] = lost
        self.await_shares({name: PARTITIONS // 3 for name in NAMES}, spread=1)

    def test_the_last_host_that_takes_work_is_not_drained(self):
        for name in ("dock-1", "dock-2"):
            self.assert_exit(self.hosts["dock-3"].cli("hosts", "drain", name), 0, "drained")
        refused = self.hosts["dock-1"].cli("hosts", "drain", "dock-3")
        self.assert_exit(refused, 5, 'host "dock-3" is the only one that takes work')
        self.assert_exit(self.hosts["dock-1"].cli("hosts", "drain", "dock-4"), 5, "dock-1, dock-2, dock-3")

    def test_hosts_are_exchanged_one_after_the_other_under_rollouts(self):
        rollouts = self.begin_everywhere()
        for name in NAMES:
            asked = self.any(name)
            self.assert_exit(asked.cli("hosts", "drain", name, "--timeout", "40s"), 0)
            self.assertEqual(self.hosts[name].stop_daemon()[0], 0)
            self.hosts[name].start_daemon()
        self.await_shares({name: PARTITIONS // 3 for name in NAMES}, spread=1)
        self.end_everywhere(rollouts, self.any())

    def test_a_word_to_any_host_is_obeyed(self):
        rollouts = self.begin_everywhere(min_ready="5s")
        hosts = list(self.hosts.values())
        for rollout in rollouts.values():
            hosts[0].wait_state(rollout, "progressing")
        for number, rollout in enumerate(rollouts.values()):
            host = hosts[number % len(hosts)]
            self.assert_done(host.call("POST", f"/api/rollouts/{rollout}/pause", {"reason": "lunch"}))
        for number, rollout in enumerate(rollouts.values()):
            seen = hosts[(number + 1) % len(hosts)].rollout(rollout)
            self.assertEqual((seen["state"], seen["why"]["reason"]), ("paused", "paused by token: lunch"))
        for number, rollout in enumerate(rollouts.values()):
            host = hosts[(number + 2) % len(hosts)]
            self.assert_done(host.call("POST", f"/api/rollouts/{rollout}/resume", {}))
        self.end_everywhere(rollouts, hosts[0])

    def test_events_go_on_at_another_host_from_the_last_one_that_was_seen(self):
        rollouts = self.begin_everywhere()
        first, second = self.hosts["dock-1"], self.hosts["dock-2"]
        listener = self.listen(first, 0)
        seen = listener.until("rollout.started")
        listener.close()
        listener = self.listen(second, seen[-1][0])
        for _ in rollouts:
            seen += listener.until("rollout.succeeded")
        self.assertEqual([number for number, _ in seen], list(range(1, len(seen) + 1)))
        self.assertEqual(sum(event["type"] == "rollout.started" for _, event in seen), len(APPS))

    def listen(self, host, last_id):
        listener = Listener(host, last_id)
        self.addCleanup(listener.close)
        return listener

    def test_two_hosts_of_one_name_are_refused(self):
        second = self.made("dock-1")
        with self.assertRaisesRegex(DemoError, "ended with status"):
            second.start_daemon()
        self.assertIn('another host works under the name "dock-1"', second.log())

    def test_two_hosts_of_one_state_directory_are_refused(self):
        stack = self.hosts["dock-1"]
        second = stack.run_daemon(environment={"SLIPWAY_LISTEN": "127.0.0.1:0"})
        self.assertIn(f"another slipwayd works with state_directory {stack.folder}/state", second.stderr)
        self.assertNotEqual(second.returncode, 0)
