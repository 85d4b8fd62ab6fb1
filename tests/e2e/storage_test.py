"""`slipway storage`: what a store keeps goes into a file and into another store, without a host, whole or not at all."""

import hashlib
import json
import os
import pathlib
import shutil
import sys
import tempfile
import unittest

import harness

sys.path.insert(0, str(harness.ROOT / "tests/support"))
from postgres_server import PostgresServer  # noqa: E402

AT = "2026-01-02T03:04:05.678901Z"


def row(what, name, number, **fields):
    return {"row": what, "tenant": "", "kind": "", "name": name, "number": number, "at": AT, "value": "", **fields}


# More than one page of them, in the order of an export.
ROWS = [*(row("record", f"{i:04}", 1 + i % 3, tenant="acme", kind="thing", value='{"text": "\u00e4\u0000\u0001"}') for i in range(1200)),
        row("stream", "events", 7, tenant="acme", at="1970-01-01T00:00:00Z"),
        row("stream", "gone", 4, tenant="acme", at="1970-01-01T00:00:00Z"),
        *(row("entry", "events", i, tenant="acme", value="{}") for i in (6, 7)),
        row("lease", "engine", 41)]


def stream(contents, **changes):
    lines = [json.dumps(one, separators=(",", ":"), ensure_ascii=False) + "\n" for one in contents]
    digest = hashlib.sha256("".join(lines).encode()).hexdigest()
    header = {"slipway_store": 1, "plugin": "by hand", "schema": 1, "rows": len(contents), "at": AT, **changes}
    return json.dumps(header) + "\n" + "".join(lines) + json.dumps({"rows": len(contents), "sha256": digest}) + "\n"


class StorageTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="slipway-storage-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        site = {"state_directory": str(self.folder / "state"), "run_directory": str(self.folder / "run"),
                "plugin_roots": [str(harness.BUILD / "plugins-root")]}
        (self.folder / "site.json").write_text(json.dumps(site))

    def sqlite(self, name):
        return self.profile(name, "storage-sqlite", {"path": str(self.folder / name / "store.db")})

    def postgres(self, name):
        server = PostgresServer()
        self.addCleanup(server.close)
        return self.profile(name, "storage-postgres", server.config())

    def profile(self, name, plugin, config):
        file = self.folder / f"{name}.json"
        file.write_text(json.dumps({"profile": {"name": name, "version": "1.0.0"}, "bindings": {"storage": "store"},
                                    "plugins": {"store": {"plugin": plugin, "config": config}}}))
        return file

    def run_storage(self, profile, *words, status=0):
        run = harness.run([harness.BUILD / "bin/slipway", "storage", *words, "--config", self.folder / "site.json", "--profile", profile],
                          50, env={**os.environ, "NO_COLOR": "1"})
        self.assertEqual(run.returncode, status, run.stdout + run.stderr)
        return run.stderr if status else run.stdout

    def write(self, name, text):
        file = self.folder / name
        file.write_text(text)
        return file

    def exported(self, profile, name):
        """The rows as text, and what the command said of them."""
        said = json.loads(self.run_storage(profile, "export", str(self.folder / name), "-o", "json"))
        lines = (self.folder / name).read_text().splitlines(keepends=True)
        self.assertEqual(hashlib.sha256("".join(lines[1:-1]).encode()).hexdigest(), said["sha256"])
        self.assertEqual((self.folder / name).stat().st_mode & 0o777, 0o600)
        return "".join(lines[1:-1]), said

    def test_a_store_goes_from_sqlite_to_postgresql_and_back_with_one_digest(self):
        first, second, third = self.sqlite("first"), self.postgres("second"), self.sqlite("third")
        self.run_storage(first, "import", self.write("rows", stream(ROWS)))
        rows, said = self.exported(first, "one")
        self.assertEqual([json.loads(line) for line in rows.splitlines()], ROWS)
        self.assertEqual(said["rows"], len(ROWS))
        self.run_storage(second, "import", str(self.folder / "one"))
        self.assertEqual(self.exported(second, "two")[0], rows)
        self.run_storage(third, "import", str(self.folder / "two"))
        back, told = self.exported(third, "three")
        self.assertEqual(back, rows)
        self.assertEqual(told["sha256"], said["sha256"])

    def test_a_stream_that_is_not_whole_is_refused_and_leaves_nothing(self):
        target, whole = self.sqlite("target"), stream(ROWS)
        changed = whole.replace('"name":"0007"', '"name":"0oo7"')
        for text, reason in ((whole[:len(whole) // 2], "was cut off after "),
                             (whole[:whole.rindex('{"rows"')], f"was cut off after {len(ROWS)} rows; export it again"),
                             (changed, "was changed: its rows have the SHA-256 "),
                             (stream(ROWS, rows=3), "has other rows than the 3 that it announces"),
                             (stream(ROWS, slipway_store=2), "has format 2, and this program reads formats up to 1; "
                                                             "use the version of slipway that wrote it"),
                             ("{}\n", "is no export of a store")):
            with self.subTest(reason):
                said = self.run_storage(target, "import", self.write("rows", text), status=5)
                self.assertIn(f'"{self.folder}/rows" {reason}', said)
        self.assertIn(" 0 rows\n", self.run_storage(target, "status"))

    def test_a_store_that_holds_something_takes_nothing(self):
        target, rows = self.sqlite("target"), self.write("rows", stream(ROWS))
        self.run_storage(target, "import", rows)
        self.assertIn(f'store.db" is not empty; rows are imported into an empty store only, so give it a new one',
                      self.run_storage(target, "import", rows, status=5))
        self.assertIn(f" {len(ROWS)} rows\n", self.run_storage(target, "status"))
        self.run_storage(target, "export", str(self.folder / "out"))
        self.assertIn("exists already; give another name", self.run_storage(target, "export", str(self.folder / "out"), status=5))

    def test_migrate_says_what_it_would_do_and_does_it(self):
        for target in (self.sqlite("file"), self.postgres("server")):
            with self.subTest(target.stem):
                self.assertIn("schema 0 of 1, 0 rows\npending: 1 records, streams, leases and batches\n", self.run_storage(target, "status"))
                self.assertEqual(self.run_storage(target, "migrate", "--dry-run"), "would apply: 1 records, streams, leases and batches\n")
                self.assertEqual(self.run_storage(target, "migrate"), "applied: 1 records, streams, leases and batches\n")
                self.assertRegex(self.run_storage(target, "migrate"), "^database .* is up to date\n$")
                self.assertIn("schema 1 of 1, 0 rows\n", self.run_storage(target, "status"))


if __name__ == "__main__":
    unittest.main()
