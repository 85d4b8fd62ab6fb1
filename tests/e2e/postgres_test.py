"""The host on PostgreSQL: rollouts go on when the connections end, the server starts again, and the host is killed."""

import sys
import unittest

import yaml

import harness
from harness import ENDS, StackTest, wait_for

sys.path.insert(0, str(harness.ROOT / "tests/support"))
from postgres_server import PostgresServer  # noqa: E402

SLOW_START = {"EXAMPLE_READY_AFTER": "400ms"}
ROLLING = {"max_surge": 1, "max_unavailable": 0, "min_ready": "200ms"}


class PostgresTest(StackTest):
    def setUp(self):
        super().setUp()
        self.server = PostgresServer()
        self.addCleanup(self.server.close)
        shipped = "host=/run/postgresql dbname=slipway user="
        own = f"host={self.server.folder} port={self.server.port} dbname=slipway user="
        self.start_stack([(shipped, own)], profile="postgres.yaml")

    def begin(self):
        self.stack.first_release(replicas=3)
        self.stack.begin_load()
        self.stack.create_release("1.1", SLOW_START)
        return self.stack.start_rollout("1.1", "rolling", ROLLING)

    def await_ready(self, rollout, count):
        def holds():
            try:
                seen = self.stack.rollout(rollout)
            except AssertionError:
                return False  # the store does not answer just now
            self.assertNotIn(seen["state"], ENDS)
            return any(group["role"] == "next" and group.get("ready", 0) >= count for group in seen["groups"])

        wait_for(f"{count} new replicas to be ready", holds, 25, pause=0.02)

    def terminate_backends(self):
        return int(self.server.sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                                   "WHERE usename = 'slipway_app'"))

    def end(self, rollout):
        self.stack.wait_state(rollout, "succeeded", 40)
        self.assertEqual(self.stack.stable(), "1.1")
        self.assert_served_all(*self.stack.end_load())
        self.assert_journal_is_sound(self.stack.journal(rollout))

    def test_a_rollout_goes_on_when_its_connections_are_ended_and_the_host_is_killed(self):
        rollout = self.begin()
        for count in (1, 2):
            self.await_ready(rollout, count)
            self.assertGreater(self.terminate_backends(), 0)
        before = self.stack.journal(rollout)
        self.stack.kill_daemon()
        self.stack.await_requests(40)
        self.stack.start_daemon()
        self.assertEqual(self.stack.journal(rollout)[:len(before)], before, "what was decided stays")
        self.end(rollout)

    def test_a_rollout_goes_on_when_the_server_starts_again(self):
        rollout = self.begin()
        self.await_ready(rollout, 1)
        self.server.stop()
        self.stack.await_requests(40)
        self.server.start()
        self.end(rollout)

    def test_the_host_works_as_a_role_that_sees_only_the_tenants_that_it_names(self):
        self.stack.first_release(replicas=1)
        rows = "SET ROLE slipway_app; {}SELECT count(*) > 0 FROM slipway.records"
        self.assertEqual(self.server.sql(rows.format("")), "f")
        self.assertEqual(self.server.sql(rows.format("SET slipway.tenants = '{default}'; ")), "t")
        self.assertEqual(self.server.sql(rows.format("SET slipway.tenants = '{somebody}'; ")), "f")


class ProfileTest(unittest.TestCase):
    def test_the_profile_is_that_of_development_but_for_its_storage(self):
        dev, postgres = (yaml.safe_load((harness.ROOT / "manifests" / name).read_text()) for name in ("dev.yaml", "postgres.yaml"))
        del dev["plugins"]["sqlite"], postgres["plugins"]["postgres"]
        dev["profile"]["name"], dev["bindings"]["storage"] = "postgres", "postgres"
        self.assertEqual(postgres, dev)
