"""A store that takes no writes, is another program's, does not answer, or answers too late: the host says so by name, refuses
what would change something, reads on where it can, leaves alone what runs, and goes on by itself when it is over."""

import contextlib
import shutil
import subprocess
import sys

import harness
import ledger
from harness import StackTest, wait_for
from proxy import Proxy

sys.path.insert(0, str(harness.ROOT / "tests/support"))
from postgres_server import PostgresServer  # noqa: E402


class SickStoreTest(StackTest):
    def setUp(self):
        super().setUp()
        self.server = PostgresServer()
        self.addCleanup(self.server.close)
        self.world = ledger.World()
        self.addCleanup(self.world.close)
        storage = ledger.postgres({**self.server.config(), "statement_timeout": "500ms"})
        self.stack = ledger.LedgerStack(self.world, storage, strategies=["rolling"])
        self.addCleanup(self._end, self.stack)
        self.stack.start_daemon()
        self.create("shop")
        self.made = 0

    def create(self, application):
        self.assertEqual(self.stack.call("PUT", f"/api/applications/{application}", ledger.application(application)).status, 201)
        self.deploy("1.0", application)

    def deploy(self, version, application="shop"):
        self.assertEqual(self.stack.call("POST", f"/api/applications/{application}/releases", ledger.release(version)).status, 201)
        rollout = self.stack.call("POST", "/api/rollouts", {"application": application, "release": version}).body["id"]
        self.stack.wait_state(rollout, "succeeded")

    def change(self):
        self.made += 1
        return self.stack.call("POST", "/api/applications/shop/releases", ledger.release(f"try-{self.made}"))

    def storage(self):
        return next(check for check in self.stack.call("GET", "/health/ready").body["checks"] if check["name"] == "storage")

    def assert_sick(self, words, reads):
        """Refused and named; `reads`: the status of what only reads."""
        refused = wait_for("a refusal", lambda: (reply := self.change()).status != 201 and reply, 20)
        self.assert_refused(refused, 503)
        named = wait_for(f"the storage to say {words!r}", lambda: words in (check := self.storage())["detail"] and check, 20)
        self.assertNotEqual(named["condition"], "healthy")
        self.assertEqual(self.stack.call("GET", "/api/applications/shop").status, reads)
        # Who can read is ready.
        ready = wait_for(f"readiness to be {reads}",
                         lambda: (reply := self.stack.call("GET", "/health/ready")).status == reads and reply, 20)
        self.assertEqual(ready.body["condition"], "degraded" if reads == 200 else "unhealthy")
        self.assertEqual(self.stack.call("GET", "/health/live").status, 200)
        self.assertEqual(ledger.groups_of(self.world.orders("shop")[-1]), [("stable", 2, 1_000_000)])

    def assert_well(self):
        wait_for("a change to be taken", lambda: self.change().status == 201, 20)
        wait_for("the storage to be well", lambda: self.storage()["condition"] == "healthy", 20)
        self.assertEqual(self.stack.call("GET", "/health/ready").status, 200)
        self.deploy("1.1")

    def test_a_store_that_takes_no_writes(self):
        self.server.sql("ALTER DATABASE slipway SET default_transaction_read_only = on")
        # The connection that wrote, not those that read.
        self.server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'slipway_app' "
                        "AND query !~ '^(SELECT tenant|SELECT s[.]|SET|ROLLBACK)'")
        self.assert_sick("session is read-only", reads=200)
        self.server.sql("BEGIN READ WRITE; ALTER DATABASE slipway RESET default_transaction_read_only; COMMIT")
        self.assert_well()

    def test_a_store_that_is_full(self):
        room = self.server.folder / "room"
        room.mkdir()
        mounted = harness.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", room])
        if mounted.returncode != 0:
            self.skipTest(f"a small disk can't be mounted here: {mounted.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "-l", room], check=True, capture_output=True)
        shutil.chown(room, "postgres", "postgres")
        self.server.sql(f"CREATE TABLESPACE room LOCATION '{room}'")
        for table in ("records", "entries"):
            self.server.sql(f"ALTER TABLE slipway.{table} SET TABLESPACE room")
        with contextlib.suppress(OSError), open(room / "filler", "wb", buffering=0) as filler:
            while True:
                filler.write(b"x" * 4096)
        self.assert_sick("No space left on device", reads=200)
        (room / "filler").unlink()
        self.assert_well()

    def test_a_store_whose_tables_are_another_programs(self):
        self.server.sql("ALTER SCHEMA slipway RENAME TO ours; CREATE SCHEMA slipway; CREATE TABLE slipway.records (id text); "
                        "GRANT USAGE ON SCHEMA slipway TO slipway_app; GRANT ALL ON slipway.records TO slipway_app")
        self.assert_sick("its tables are not the store's", reads=503)
        self.server.sql("DROP SCHEMA slipway CASCADE; ALTER SCHEMA ours RENAME TO slipway")
        self.assert_well()

    def test_a_store_that_cannot_be_reached(self):
        self.server.stop()
        self.assert_sick("cannot be reached", reads=503)
        self.server.start()
        self.assert_well()

    def test_a_host_that_alone_hears_nothing_of_the_store_is_not_ready(self):
        proxy = Proxy(self.server.port)
        self.addCleanup(proxy.close)
        words = f"host=127.0.0.1 port={proxy.port} dbname=slipway user="
        storage = ledger.postgres({"connection": words + "slipway_app", "owner_connection": words + "slipway_owner",
                                   "statement_timeout": "500ms"})
        remote = ledger.LedgerStack(self.world, storage, strategies=["rolling"], site={"host": {"name": "remote"}})
        self.addCleanup(self._end, remote)
        remote.start_daemon()
        self.assertEqual(remote.call("GET", "/health/ready").status, 200)
        proxy.cut()

        def named():
            reply = remote.call("GET", "/health/ready")
            detail = next(check for check in reply.body["checks"] if check["name"] == "storage")["detail"]
            return reply.status == 503 and "cannot be reached" in detail

        # Two seconds and a half for the answer and five for a new connection, where eight attempts take three times as long.
        wait_for("the host to say so", named, 20)
        self.assertEqual(self.stack.call("GET", "/health/ready").status, 200)
        proxy.heal()
        wait_for("the host to be ready", lambda: remote.call("GET", "/health/ready").status == 200, 30)

    def test_a_store_that_is_too_slow(self):
        self.server.sql("CREATE FUNCTION slipway.late() RETURNS trigger LANGUAGE plpgsql AS "
                        "'BEGIN PERFORM pg_sleep(3); RETURN NEW; END'; "
                        "CREATE TRIGGER late BEFORE INSERT ON slipway.entries EXECUTE FUNCTION slipway.late()")
        self.assert_sick("the server is too slow", reads=200)
        self.server.sql("DROP FUNCTION slipway.late CASCADE")
        self.assert_well()

    def test_a_record_that_is_damaged(self):
        self.create("other")
        record = "slipway.records WHERE kind = 'application' AND id = 'shop'"
        whole = self.server.sql(f"SELECT value FROM {record}")
        self.server.sql(f"UPDATE slipway.records SET value = left(value, 20) WHERE kind = 'application' AND id = 'shop'")
        self.assert_refused(self.stack.call("GET", "/api/applications/shop"), 500, "application shop")
        self.assertEqual([item["spec"]["name"] for item in self.stack.read("/api/applications")["items"]], ["other"])
        self.assertIn("a record of the store is damaged; it is left alone, the others go on", self.stack.log())
        self.deploy("1.1", "other")
        self.server.sql(f"UPDATE slipway.records SET value = $whole${whole}$whole$ WHERE kind = 'application' AND id = 'shop'")
        self.assert_well()
