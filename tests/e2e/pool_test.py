"""Two machines of a pool on one PostgreSQL: an application's replicas lie on both, and either can go.

Each host stands for a machine: it has directories, an edge and a loopback address of its own.
"""

import contextlib
import os
import re
import signal
import sys
import tempfile

import harness
from harness import StackTest, parse_hey, processes_below, program_of, wait_for

sys.path.insert(0, str(harness.ROOT / "tests/support"))
from postgres_server import PostgresServer  # noqa: E402

LEASE = "2s"
ADDRESSES = {"dock-1": "127.0.0.2", "dock-2": "127.0.0.3"}
POOL = "pool:\n        name: docks\n"
CANARY = {"steps": [{"weight": "25%"}, {"pause": {"duration": "1s"}}, {"weight": "50%"}, {"pause": {"duration": "1s"}}], "scale_down_delay": "100ms"}
# Two canary replicas: one on each machine.
UNTIL_TOLD = {"steps": [{"weight": "50%"}, {"pause": {}}], "scale_down_delay": "100ms"}
LOAD_WORKERS = 4


class PoolTest(StackTest):
    def setUp(self):
        super().setUp()
        self.server = PostgresServer()
        self.addCleanup(self.server.close)
        self.counts = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with
        self.addCleanup(self.counts.cleanup)
        self.machines = {name: self.made(name) for name in ADDRESSES}
        for machine in self.machines.values():
            machine.start_daemon()
        self.first, self.second = self.machines.values()
        for machine in self.machines.values():
            for name in ADDRESSES:
                wait_for(f"{name} to take part", lambda m=machine, n=name: f"machine {n} takes part" in m.log(), 15)

    def made(self, name):
        shipped = "host=/run/postgresql dbname=slipway user="
        own = f"host={self.server.folder} port={self.server.port} dbname=slipway user="
        changes = [(shipped, own), ("address: 127.0.0.2\n", f"address: {ADDRESSES[name]}\n"),
                   (POOL, f"{POOL}        machine: {name}\n        lease: {LEASE}\n")]
        return self.new_stack(changes, profile="pool.yaml", site={"host": {"name": name, "lease": LEASE}})

    def create_release(self, version):
        self.first.create_release(version, {"EXAMPLE_ADDRESS": "${ADDRESS}", "EXAMPLE_COUNT_DIR": self.counts.name})

    def deploy(self, asked, version, strategy=None, settings=None, end="succeeded"):
        self.create_release(version)
        rollout = asked.start_rollout(version, strategy, settings)
        asked.wait_state(rollout, end, 60)
        return rollout

    def spread(self, version):
        return {name: machine.replicas_of(version) for name, machine in self.machines.items()}

    def versions_at(self, machine, count=40):
        replies = [machine.fetch() for _ in range(count)]
        self.assertEqual({reply.status for reply in replies}, {200}, [reply.text for reply in replies if reply.status != 200])
        return {re.search(r"version (\S+)", reply.text)[1].rstrip(",") for reply in replies}

    def test_a_release_lies_on_both_machines_and_either_edge_serves_it(self):
        self.first.create_application(replicas=4, analyses=[])
        self.deploy(self.first, "1.0")
        self.assertEqual(self.spread("1.0"), {"dock-1": 2, "dock-2": 2})
        rollout = self.deploy(self.second, "1.1", "canary", CANARY)
        self.assertEqual(self.spread("1.1"), {"dock-1": 2, "dock-2": 2})
        for machine in self.machines.values():
            self.assertEqual(self.versions_at(machine), {"1.1"})
        wait_for("the old release to be gone", lambda: self.spread("1.0") == {"dock-1": 0, "dock-2": 0}, 20)
        self.assert_journal_is_sound(self.first.journal(rollout))


    def kill(self, name):
        """The machine: its host, its edge and its replicas at once."""
        machine = self.machines[name]
        for pid in processes_below(machine.folder):
            if program_of(pid) in ("slipwayd", "haproxy", "slipway-example"):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        machine.await_end()

    def owner(self, rollout):
        """The machine whose host decides about it."""
        return next(name for name, machine in self.machines.items() if f"rollout={rollout}" in machine.log())

    def begin_canary(self):
        """With the last word still to be said."""
        self.first.create_application(replicas=4, analyses=[])
        self.deploy(self.first, "1.0")
        self.create_release("1.1")
        rollout = self.first.start_rollout("1.1", "canary", UNTIL_TOLD)
        self.first.wait_rollout(rollout, "to wait", lambda: "promote" in self.first.rollout(rollout)["why"]["waits_for"], 30)
        return rollout

    def lose_in_the_midst_of_a_rollout(self, choose):
        rollout = self.begin_canary()
        killed = choose(self.owner(rollout))
        living = next(machine for name, machine in self.machines.items() if name != killed)
        living.start_load(workers=LOAD_WORKERS, rate=50)
        wait_for("requests", lambda: (living.folder / "load/report").exists(), 10)
        self.kill(killed)
        wait_for("its replicas to be replaced", lambda: (living.replicas_of("1.0"), living.replicas_of("1.1")) == (4, 2), 30)
        wait_for("why to say so", lambda: f"machine {killed} ({ADDRESSES[killed]}) has been silent" in living.why_text(rollout), 15)
        # A word that comes before the canary is whole again is not for the pause.
        whole = {"stable": 4, "next": 2}
        wait_for("all to be ready", lambda: all(living.group(rollout, role)["ready"] == count for role, count in whole.items())
                 and living.weight(rollout) == 500_000 and "50% of the traffic" in living.journal(rollout)[-1]["reason"], 20)
        self.assert_exit(living.cli("rollout", "promote", rollout), 0)
        living.wait_state(rollout, "succeeded", 60)
        self.assertEqual((living.replicas_of("1.0"), living.replicas_of("1.1")), (0, 4))
        load = parse_hey(living.stop_load())
        self.assertGreater(load.requests, 100)
        # What was under way at each of the three replicas that died, and nothing that found no replica.
        self.assertLessEqual(set(load.by_status), {200, 502}, load.by_status)
        self.assertLessEqual(load.failed, 3 * LOAD_WORKERS, f"{load.by_status} {load.errors}")
        self.assert_journal_is_sound(living.journal(rollout))
        return self.machines[killed], living

    def test_a_machine_that_dies_with_the_rollouts_host_is_replaced_and_comes_back(self):
        killed, living = self.lose_in_the_midst_of_a_rollout(lambda owner: owner)
        killed.start_daemon()
        wait_for("its edge to serve", lambda: killed.fetch().status == 200, 20)
        self.assertEqual(self.versions_at(killed), {"1.1"})
        self.assertEqual((killed.replicas_of("1.1"), living.replicas_of("1.1")), (0, 4))
        self.deploy(killed, "1.2")
        self.assertEqual(self.spread("1.2"), {"dock-1": 2, "dock-2": 2})

    def test_a_machine_that_dies_beside_the_rollouts_host_is_replaced(self):
        self.lose_in_the_midst_of_a_rollout(lambda owner: next(name for name in ADDRESSES if name != owner))

    def test_a_machine_whose_host_stood_still_ends_what_is_not_its_share_any_more(self):
        self.first.create_application(replicas=4, analyses=[])
        self.deploy(self.first, "1.0")
        frozen = self.machines["dock-2"]
        frozen.daemon.send_signal(signal.SIGSTOP)
        try:
            wait_for("its share to be taken over", lambda: self.spread("1.0") == {"dock-1": 4, "dock-2": 2}, 30)
            self.versions_at(frozen)
        finally:
            frozen.daemon.send_signal(signal.SIGCONT)
        wait_for("its replicas to end", lambda: self.spread("1.0") == {"dock-1": 4, "dock-2": 0}, 30)
        for machine in self.machines.values():
            self.assertEqual(self.versions_at(machine), {"1.0"})

    def test_a_drained_hosts_machine_keeps_its_replicas_and_takes_part_in_rollouts(self):
        self.first.create_application(replicas=4, analyses=[])
        self.deploy(self.first, "1.0")
        self.assert_exit(self.first.cli("hosts", "drain", "dock-1"), 0, "drained")
        self.assertEqual(self.spread("1.0"), {"dock-1": 2, "dock-2": 2})
        self.deploy(self.second, "1.1", "canary", CANARY)
        self.assertEqual(self.spread("1.1"), {"dock-1": 2, "dock-2": 2})
        self.assert_exit(self.first.cli("app", "delete", "demo"), 0)
        wait_for("everything to be gone", lambda: not self.first.replicas() and not self.second.replicas(), 30)
