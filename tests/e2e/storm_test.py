"""Three hosts on one PostgreSQL with many rollouts under way, and what may break breaks: hosts are killed and stand still,
the database starts again, loses its connections, its network, its room, and its place to a standby. After each of these
every rollout goes on to where it waits for its next word; none is lost, nothing was decided twice, and the world is what the
journals say.

STORM_ROLLOUTS says how many rollouts there are; STORM_SEED, which hosts are struck.
"""

import concurrent.futures
import contextlib
import http.client
import os
import random
import signal
import subprocess
import sys
import time

import harness
import ledger
from harness import StackTest, wait_for
from proxy import Proxy

sys.path.insert(0, str(harness.ROOT / "tests/support"))
from postgres_server import PostgresServer  # noqa: E402

COUNT = int(os.environ.get("STORM_ROLLOUTS", "48"))
SEED = int(os.environ.get("STORM_SEED", "1"))
APPS = [f"app-{number:04}" for number in range(COUNT)]
NAMES = ("dock-1", "dock-2", "dock-3")
LEASE = "3s"
PARTITIONS = 64
PATIENCE_S = 60 + COUNT / 5
UNANSWERED = (OSError, http.client.HTTPException)


def steps(rounds):
    """Each round waits for a word, and moves twice after it."""
    each = 90 // (2 * rounds)
    return [step for turn in range(rounds) for step in (
        {"pause": {}}, {"weight": f"{each * (2 * turn + 1)}%"}, {"pause": {"duration": "1s"}}, {"weight": f"{each * (2 * turn + 2)}%"})]


class Fleet(StackTest):
    """The hosts, by name, and the rollouts, by application: the first one of each, and the one that is under way."""

    def begin(self, servers, rounds):
        """`servers`: PostgreSQL's, the first of them the primary."""
        self.random = random.Random(SEED)
        self.rounds = rounds
        self.world = ledger.World()
        self.addCleanup(self.world.close)
        self.proxies = {name: [self.proxy(server) for server in servers] for name in NAMES}
        self.hosts = {name: self.made(name) for name in NAMES}
        for host in self.hosts.values():
            host.start_daemon()
        self.await_shares(NAMES)
        self.each(self.create)
        self.first = self.each(lambda app: self.start(app, "1.0", "rolling", {"min_ready": "0s"}))
        self.await_all("the first releases to serve", lambda seen: seen["state"] == "succeeded", self.first)
        self.second = self.each(lambda app: self.start(app, "1.1", "canary", {"steps": steps(rounds), "scale_down_delay": "0s"}))
        self.await_word(0)

    def proxy(self, server):
        proxy = Proxy(server.port)
        self.addCleanup(proxy.close)
        return proxy

    def made(self, name):
        ports = ",".join(str(proxy.port) for proxy in self.proxies[name])
        hosts = ",".join("127.0.0.1" for _ in self.proxies[name])
        words = f"host={hosts} port={ports} dbname=slipway user="
        storage = ledger.postgres({"connection": words + "slipway_app", "owner_connection": words + "slipway_owner"})
        host = ledger.LedgerStack(self.world, storage, strategies=("rolling", "canary"), site={
            "host": {"name": name, "lease": LEASE}, "log": {"level": "warn"}, "rollouts": {"max_active": COUNT + 1}})
        self.addCleanup(self._end, host)
        return host

    # Asking

    def each(self, work):
        """Of every application, some at a time; the answers by application."""
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            return dict(zip(APPS, pool.map(work, APPS)))

    def call(self, method, path, body=None, statuses=(200, 201)):
        """Of any host that answers so."""
        def answered():
            host = self.random.choice(list(self.hosts.values()))
            with contextlib.suppress(*UNANSWERED):
                reply = host.call(method, path, body)
                return reply if reply.status in statuses else None

        return wait_for(f"an answer to {method} {path}", answered, PATIENCE_S).body

    def create(self, app):
        self.call("PUT", f"/api/applications/{app}", ledger.application(app))
        for version in ("1.0", "1.1"):
            self.call("POST", f"/api/applications/{app}/releases", ledger.release(version), statuses=(201, 409))

    def start(self, app, version, strategy, settings):
        return self.call("POST", "/api/rollouts", {"application": app, "release": version,
                                                   "strategy": {"name": strategy, "settings": settings}})["id"]

    def promote(self, app, step):
        """The word that the rollout waits for at that step. Its version tells whether an unanswered word was taken."""
        place = f"/api/rollouts/{self.second[app]}"
        end = time.monotonic() + PATIENCE_S
        while (seen := self.call("GET", place))["step"] == step:
            self.assertLess(time.monotonic(), end, seen)
            host = self.random.choice(list(self.hosts.values()))
            with contextlib.suppress(*UNANSWERED):
                reply = host.call("POST", f"{place}/promote", {}, {"If-Match": f'"{seen["version"]}"'})
                self.assertIn(reply.status, (200, 409, 412, 503), reply.text)
                if reply.status == 200:
                    return

    # Waiting

    def await_shares(self, names):
        """Until these hosts, and nobody else, share the work, as each of them says."""
        def holds():
            for name in names:
                try:
                    listed = {host["name"]: host["partitions"] for host in self.hosts[name].read("/api/hosts")["items"]}
                except (AssertionError, *UNANSWERED):
                    return False
                if set(listed) != set(names) or sum(listed.values()) != PARTITIONS or max(listed.values()) - min(listed.values()) > 1:
                    return False
            return True

        wait_for(f"{names} to share the work", holds, PATIENCE_S, pause=0.2)

    def await_all(self, what, condition, rollouts):
        """Until it holds of every one of the rollouts."""
        left = {rollout: None for rollout in rollouts.values()}

        def holds():
            for rollout in list(left):
                left[rollout] = self.call("GET", f"/api/rollouts/{rollout}")
                if not condition(left[rollout]):
                    return False
                del left[rollout]
            return True

        try:
            wait_for(what, holds, PATIENCE_S, pause=0.2)
        except Exception as error:
            raise AssertionError(f"{error}: {next(iter(left.values()))} and {len(left) - 1} others") from None

    def await_word(self, turn):
        """Until each rollout waits for the word of that round."""
        self.await_all(f"round {turn}", lambda seen: seen["step"] == 4 * turn and "promote" in seen["why"]["waits_for"], self.second)

    # What is held

    def survive(self, turn, strike):
        """Every rollout gets its word while it happens, and goes on to the next."""
        begun = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            promoted = pool.submit(self.each, lambda app: self.promote(app, 4 * turn))
            strike()  # in this thread: a server ends with the thread that started it
            promoted.result(PATIENCE_S)
        if turn + 1 < self.rounds:
            self.await_word(turn + 1)
        else:
            self.await_all("the end", lambda seen: seen["state"] == "succeeded", self.second)
        self.await_shares(NAMES)
        self.check()
        print(f"{strike.__name__}: {COUNT} rollouts, {time.monotonic() - begun:.1f} s, refused as too old: {self.refused()}")

    def check(self):
        """Nothing is lost or there twice, and the world is what the journals say."""
        self.each(lambda app: wait_for(f"the last order of {app}", lambda: not self.faults(app) or None, 5) if self.faults(app) else None)

    def faults(self, app):
        journals = [self.call("GET", f"/api/rollouts/{rollouts[app]}/journal?limit=500")["items"] for rollouts in (self.first, self.second)]
        for journal in journals:
            self.assert_journal_is_sound(journal)
            kinds = [entry["kind"] for entry in journal]
            self.assertEqual(kinds.count("started"), 1)
            self.assertLessEqual(kinds.count("ended"), 1)
        return ledger.faults_between(self.world.orders(app), journals)

    def refused(self):
        return sum(len(self.world.refused(app)) for app in APPS)

    def end(self):
        for app in APPS:
            self.assertEqual(self.call("GET", f"/api/applications/{app}")["stable_release"], "1.1")
        self.assertEqual(self.call("GET", "/api/rollouts?active=true")["items"], [])


class StormTest(Fleet):
    def setUp(self):
        super().setUp()
        disk = "1g" if COUNT > 200 else "300m"
        try:
            self.server = PostgresServer(disk=disk)
        except subprocess.CalledProcessError as error:
            self.skipTest(f"a small disk can't be mounted here: {error.stderr.decode().strip()}")
        self.addCleanup(self.server.close)

    def test_rollouts_survive_all_that_may_break(self):
        storms = (self.a_host_is_killed, self.a_host_stands_still, self.connections_are_ended, self.the_database_starts_again,
                  self.a_network_is_cut, self.the_disk_is_full, self.hosts_are_exchanged_over_a_newer_schema)
        self.begin([self.server], len(storms))
        for turn, strike in enumerate(storms):
            with self.subTest(strike.__name__):
                self.survive(turn, strike)
        self.end()

    @contextlib.contextmanager
    def without(self, name):
        """While it is no host that anybody asks, and until the others have its work."""
        host = self.hosts.pop(name)
        try:
            yield host
        finally:
            self.hosts[name] = host

    def a_host_is_killed(self):
        name = self.random.choice(NAMES)
        with self.without(name) as host:
            host.kill_daemon()
            self.await_shares([other for other in NAMES if other != name])
            host.start_daemon()

    def a_host_stands_still(self):
        name = self.random.choice(NAMES)
        with self.without(name) as host:
            host.daemon.send_signal(signal.SIGSTOP)
            try:
                self.await_shares([other for other in NAMES if other != name])
            finally:
                host.daemon.send_signal(signal.SIGCONT)

    def connections_are_ended(self):
        end = time.monotonic() + 4
        ended = 0
        while time.monotonic() < end:
            ended += int(self.server.sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'slipway_app'"))
            time.sleep(0.1)
        self.assertGreater(ended, 10)

    def the_database_starts_again(self):
        self.server.stop()
        self.server.start()

    def a_network_is_cut(self):
        name = self.random.choice(NAMES)
        with self.without(name):
            self.proxies[name][0].cut()
            try:
                self.await_shares([other for other in NAMES if other != name])
            finally:
                self.proxies[name][0].heal()

    def the_disk_is_full(self):
        filler = self.server.data.parent / "filler"
        with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as file:
            while True:
                file.write(b"x" * 65536)
        wait_for("a host to say so", lambda: self.somebody_says("No space left on device"), 30)
        filler.unlink()
        if not self.server.runs():
            self.server.start()

    def hosts_are_exchanged_over_a_newer_schema(self):
        """As the first host of the next version leaves it: expanded, so that those of this one work on."""
        self.server.sql("ALTER TABLE slipway.records ADD COLUMN region text; INSERT INTO slipway.migrations VALUES (2, 1, 'regions', 'x')")
        for name in NAMES:
            with self.without(name) as host:
                self.assertEqual(host.stop_daemon()[0], 0)
                host.start_daemon()

    def somebody_says(self, words):
        for host in self.hosts.values():
            with contextlib.suppress(*UNANSWERED):
                checks = host.call("GET", "/health/ready").body["checks"]
                if any(check["name"] == "storage" and words in check["detail"] for check in checks):
                    return True
        return False


class FailoverTest(Fleet):
    def test_rollouts_go_on_at_the_standby_and_the_old_primary_gets_no_writes(self):
        primary = PostgresServer()
        self.addCleanup(primary.close)
        standby = PostgresServer(primary)
        self.addCleanup(standby.close)
        primary.sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
        primary.sql("SELECT pg_reload_conf()")
        wait_for("the standby to follow", lambda: primary.sql("SELECT sync_state FROM pg_stat_replication") == "sync", 10)
        self.begin([primary, standby], 2)

        def the_standby_takes_over():
            primary.stop()
            standby.promote()

        def the_old_primary_comes_back():
            primary.start()
            primary.sql("ALTER SYSTEM RESET synchronous_standby_names")  # it would wait for a standby that follows no more
            primary.sql("SELECT pg_reload_conf()")
            standby.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'slipway_app'")

        self.survive(0, the_standby_takes_over)
        self.survive(1, the_old_primary_comes_back)
        self.end()
        start = "(SELECT extract(epoch FROM pg_postmaster_start_time())::bigint * 1000000000)"
        written = (("leases", "granted_at"), ("records", "updated_at"), ("entries", "at"), ("commits", "at"))
        late = " UNION ALL ".join(f"SELECT '{table}' FROM slipway.{table} WHERE {moment} > {start}"
                                  for table, moment in written)
        self.assertEqual(primary.sql(late), "", "tables that were written at the old primary after its return")
