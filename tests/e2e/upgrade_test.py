"""Hosts of this version and of the next one run together: they are exchanged one by one under rollouts and traffic, and one may go
back for as long as the store's schema has only grown. The next version is tests/fixtures/next: its number, and one schema more."""

import json
import sqlite3
import subprocess
import sys

import harness
from harness import APP, BUILD, ERRORS, SMOKE, StackTest, parse_hey, wait_for
from stack import DemoError

sys.path.insert(0, str(harness.ROOT / "tests/support"))
from postgres_server import PostgresServer  # noqa: E402

NEXT_FOLDER = BUILD / "tests/fixtures/next"
SHIPPED = BUILD / "plugins-root"
LEASE = "2s"
ADDRESSES = {"dock-1": "127.0.0.2", "dock-2": "127.0.0.3", "dock-3": "127.0.0.4"}
# Longer than a host is away, or its machine is taken for dead.
POOL = "pool:\n        name: docks\n"
POOL_LEASE = "30s"
PROGRAMS = {"now": BUILD / "bin/slipwayd", "next": NEXT_FOLDER / "bin/slipwayd"}
ROOTS = {"now": [SHIPPED], "next": [SHIPPED, NEXT_FOLDER / "root"]}
WATCH = {**ERRORS, "name": "watch", "settings": {"success": "error_ratio < 50%", "insufficient_data_limit": 10_000}}
# Of more pauses than the hosts' exchange promotes.
LONG = {"steps": [step for weight in range(10, 100, 10) for step in ({"weight": f"{weight}%"}, {"pause": {}})], "scale_down_delay": "300ms"}
HELD = {"steps": [{"weight": "50%"}, {"pause": {}}], "analyses": ["watch"], "scale_down_delay": "300ms"}
ROLLING = {"min_ready": "200ms"}
# As the version after the next leaves it: contracted, so that those of this one don't work any more.
CONTRACTED = {"postgres": "ALTER TABLE slipway.records DROP COLUMN updated_at; INSERT INTO slipway.migrations VALUES (3, 2, 'no times', 'x')",
              "sqlite": "INSERT INTO migrations VALUES (3, 'no times', 'x', 0); PRAGMA user_version = 2"}


def number_of(version):
    return subprocess.run([PROGRAMS[version], "version"], check=True, capture_output=True, text=True).stdout.split()[1]


class Machine(harness.Stack):
    """One with either version installed: "now" or "next"."""

    version = "now"

    @property
    def daemon_command(self):
        return [PROGRAMS[self.version], *super().daemon_command[1:]]

    def install(self, version):
        self.version = version
        file = self.folder / "site.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), "plugin_roots": [str(root) for root in ROOTS[version]]}))


class UpgradeTest(StackTest):
    def new_machine(self, changes=(), **more):
        made = Machine(changes, **more)
        self.addCleanup(self._end, made)
        return made

    def start_server(self):
        self.server = PostgresServer()
        self.addCleanup(self.server.close)
        return "host=/run/postgresql dbname=slipway user=", f"host={self.server.folder} port={self.server.port} dbname=slipway user="

    def schema(self):
        return self.server.sql("SELECT max(number) FROM slipway.migrations").strip()

    def assert_storage(self, machine, version):
        """Of what is installed, the newest runs."""
        runs = [(one["id"], one["version"]) for one in machine.read("/api/plugins")["items"]
                if one["id"].startswith("storage-") and one["state"] == "active"]
        (storage, _), = runs
        self.assertEqual(runs, [(storage, package.name) for package in ROOTS[version][-1].glob(f"{storage}/*")])

    def refusal(self, machine):
        """What a start says that does not come to its end."""
        begun = len(machine.log())
        with self.assertRaisesRegex(DemoError, "ended with status [1-9]"):
            machine.start_daemon()
        return machine.log()[begun:]

    def assert_versions(self, asked, **wanted):
        def listed():
            return {host["name"]: host["slipwayd"] for host in asked.read("/api/hosts")["items"]}

        numbers = {name: number_of(version) for name, version in wanted.items()}
        wait_for(f"the hosts to be {numbers}", lambda: listed() == numbers, 15)
        shown = asked.cli("hosts", "list")
        self.assert_exit(shown, 0)
        self.assertEqual({line.split()[0]: line.split()[3] for line in shown.stdout.splitlines()[1:] if line.startswith("dock-")}, numbers)


class RollingUpgradeTest(UpgradeTest):
    def setUp(self):
        super().setUp()
        words = self.start_server()
        self.machines = {}
        for name, address in ADDRESSES.items():
            changes = [words, ("address: 127.0.0.2\n", f"address: {address}\n"),
                       (POOL, f"{POOL}        machine: {name}\n        lease: {POOL_LEASE}\n")]
            self.machines[name] = self.new_machine(changes, profile="pool.yaml", site={"host": {"name": name, "lease": LEASE}})
            self.machines[name].start_daemon()
        self.first = self.machines["dock-1"]
        for machine in self.machines.values():
            for name in ADDRESSES:
                wait_for(f"{name} to take part", lambda m=machine, n=name: f"machine {n} takes part" in m.log(), 15)

    def release(self, asked, app, version):
        asked.create_release(version, {"EXAMPLE_ADDRESS": "${ADDRESS}", "EXAMPLE_COUNT_DIR": str(self.first.counts)}, app)

    def deploy(self, asked, app, version):
        self.release(asked, app, version)
        rollout = asked.start_rollout(version, "rolling", ROLLING, application=app)
        asked.wait_state(rollout, "succeeded", 60)
        self.assert_journal_is_sound(asked.journal(rollout))

    def begin(self, app, settings, **more):
        """A canary of 1.1 over 1.0."""
        self.first.create_application(name=app, replicas=3, analyses=[ERRORS, SMOKE, WATCH])
        self.deploy(self.first, app, "1.0")
        self.first.create_application(name=app, replicas=3, analyses=[ERRORS, SMOKE, WATCH], **more)
        self.release(self.first, app, "1.1")
        return self.first.start_rollout("1.1", "canary", settings, application=app)

    def upgrade(self, name, moving):
        """The machine's host, while another one is asked and moves a rollout on; that one."""
        asked = next(machine for other, machine in self.machines.items() if other != name)
        machine = self.machines[name]
        self.assert_exit(asked.cli("hosts", "drain", name, "--timeout", "40s"), 0, "drained")
        self.assertEqual(machine.stop_daemon()[0], 0)
        self.word(asked, moving, "promote")
        machine.install("next")
        machine.start_daemon()
        self.assert_storage(machine, "next")
        return asked

    def versions(self):
        return {name: machine.version for name, machine in self.machines.items()}

    def await_pause(self, rollout, since):
        """By whichever host owns it, the first one after that step; its step."""
        def paused():
            shown = [machine.rollout(rollout) for machine in self.machines.values()]
            steps = {one["step"] if "promote" in one["why"]["waits_for"] else since for one in shown}
            return max(steps) if min(steps) > since else None

        return self.first.wait_rollout(rollout, f"to wait beyond step {since}", paused, 30)

    def word(self, asked, rollout, word, **more):
        reply = asked.call("POST", f"/api/rollouts/{rollout}/{word}", more)
        self.assertEqual(reply.status, 200, reply.text)

    def test_hosts_are_upgraded_one_by_one_under_rollouts_and_traffic(self):
        held = self.begin("held", HELD)
        self.first.wait_rollout(held, "to wait", lambda: "promote" in self.first.rollout(held)["why"]["waits_for"], 30)
        asked_for = self.begin("asked", {"steps": [{"weight": "50%"}], "scale_down_delay": "300ms"}, gates=[{"gate": "approval"}])
        moving = self.begin(APP, LONG)
        for machine, app in zip(self.machines.values(), (APP, "held", APP)):
            machine.start_load(workers=2, rate=25, host=app)
        waits = self.first.rollout(held)["why"]["waits_for"]
        self.assertNotEqual(number_of("now"), number_of("next"))
        self.assertEqual(self.schema(), "1")
        self.assert_versions(self.first, **self.versions())
        step = self.await_pause(moving, 0)
        for number, name in enumerate(ADDRESSES):
            asked = self.upgrade(name, moving)
            self.assertEqual(self.schema(), "2")
            for machine in self.machines.values():
                self.assert_versions(machine, **self.versions())
            step = self.await_pause(moving, step)
            self.word(self.machines[name], moving, "promote")
            step = self.await_pause(moving, step)
            self.assertEqual([machine.rollout(held)["why"]["waits_for"] for machine in self.machines.values()], [waits] * 3)
            if number == 1:
                self.word(asked, asked_for, "approve")
            # One of both versions while there are both.
            self.first.create_application(name=f"new-{number}", replicas=1, analyses=[])
            self.deploy(asked, f"new-{number}", "1.0")
            self.deploy(self.machines[name], f"new-{number}", "1.1")
        self.word(self.machines["dock-3"], held, "promote")
        self.word(self.first, moving, "promote", full=True)
        for app, rollout in (("held", held), ("asked", asked_for), (APP, moving)):
            self.first.wait_state(rollout, "succeeded", 90)
            self.assertEqual(self.first.stable(app), "1.1")
            journal = self.first.journal(rollout)
            self.assert_journal_is_sound(journal)
            kinds = [entry["kind"] for entry in journal]
            self.assertEqual((kinds.count("started"), kinds.count("ended")), (1, 1), kinds)
        self.assert_all_served()

    def assert_all_served(self):
        loads = [parse_hey(machine.stop_load()) for machine in self.machines.values()]
        for load in loads:
            self.assertEqual(load.failed, 0, f"{load.by_status} {load.errors}")
            self.assertGreater(load.requests, 500)
        self.assertEqual(self.first.received(), sum(load.requests for load in loads))


class ReturnTest(UpgradeTest):
    """To this version, from the next one."""

    def walk(self, machine, contract, place, kind):
        """`contract`: takes something from the schema that this version needs."""
        machine.install("next")
        machine.start_daemon()
        self.assert_storage(machine, "next")
        machine.first_release(replicas=1)
        machine.create_release("1.1")
        rollout = machine.start_rollout("1.1", "canary", {"steps": [{"weight": "50%"}, {"pause": {}}], "scale_down_delay": "100ms"})
        machine.wait_rollout(rollout, "to wait", lambda: "promote" in machine.rollout(rollout)["why"]["waits_for"], 30)
        journal = machine.journal(rollout)
        self.assertEqual(machine.stop_daemon()[0], 0)
        machine.install("now")
        machine.start_daemon()
        self.assert_storage(machine, "now")
        self.assertEqual(machine.read("/api/status")["version"], number_of("now"))
        self.assertEqual(machine.journal(rollout)[:len(journal)], journal)
        self.assert_exit(machine.cli("rollout", "promote", rollout, "--wait", "--timeout", "30s"), 0)
        self.assert_journal_is_sound(machine.journal(rollout))
        self.assertEqual(machine.stop_daemon()[0], 0)
        contract()
        self.assertIn(f"{place} has schema 3, which needs programs that know schema 2, and this version of storage-{kind} knows schemas up to 1; "
                      "install the version that", self.refusal(machine))

    def test_a_host_goes_back_over_an_expanded_schema_of_postgresql_and_not_over_a_contracted_one(self):
        words = self.start_server()
        machine = self.new_machine([words], profile="postgres.yaml")
        self.walk(machine, lambda: self.server.sql(CONTRACTED["postgres"]), f'database "slipway" on {self.server.folder}:{self.server.port}', "postgres")

    def test_a_host_goes_back_over_an_expanded_schema_of_sqlite_and_not_over_a_contracted_one(self):
        machine = self.new_machine()
        file = machine.folder / "state/slipway.db"

        def contract():
            with sqlite3.connect(file) as database:
                database.executescript(CONTRACTED["sqlite"])
            database.close()

        self.walk(machine, contract, f'database "{file}"', "sqlite")
        machine.install("next")
        machine.start_daemon()
        self.assertEqual(machine.stable(), "1.1")
