"""A PostgreSQL server for tests: its data in a folder of its own, a UNIX socket there, run as a user without rights (the
server refuses root). It has the roles slipway_owner and slipway_app, and the database "slipway", which is the first one's.

As a program: `postgres_server.py COMMAND...` runs the command beside a server, with the words @CONFIG@ replaced by the name of
a file that has storage-postgres's configuration for it, and ends as the command does.
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

START_S = 30


class PostgresServer:
    """`primary`: the one that it follows as a standby, with its data of now. `disk`: size of a file system of its own, for
    mount; only for root. `settings`: lines of postgresql.conf besides. `bare`: without roles and database."""

    def __init__(self, primary=None, disk=None, settings=(), bare=False):
        self.settings = settings
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="slipway-postgres-"))
        self.data = self.folder / "disk/data" if disk else self.folder / "data"
        self._process = None
        with contextlib.ExitStack() as undo:
            undo.callback(self.close)
            self.folder.chmod(0o711)
            if disk:
                self.data.parent.mkdir()
                subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={disk}", "tmpfs", self.data.parent], check=True, capture_output=True)
            if os.geteuid() == 0:
                for place in (self.folder, self.data.parent):
                    shutil.chown(place, "postgres", "postgres")
            self.port = free_port()
            if primary:
                self._follow(primary)
            else:
                self._make()
                if not bare:
                    self._furnish()
            undo.pop_all()

    def _make(self):
        self._run("initdb", "-D", self.data, "-N", "--no-instructions", "--wal-segsize=1", "-A", "trust", "-U", "postgres", "--locale=C",
                  "-E", "UTF8")
        self._begin()

    def _furnish(self):
        self.sql("CREATE ROLE slipway_owner LOGIN", database="postgres")
        self.sql("CREATE ROLE slipway_app LOGIN", database="postgres")
        self.sql("CREATE DATABASE slipway OWNER slipway_owner", database="postgres")

    def _follow(self, primary):
        self._run("pg_basebackup", "-R", "-c", "fast", "-D", self.data, "-d", primary.connection("postgres"))
        self._begin()

    def _begin(self):
        with open(self.data / "postgresql.conf", "a", encoding="utf-8") as file:
            file.write(f"listen_addresses = '127.0.0.1'\nport = {self.port}\nunix_socket_directories = '{self.folder}'\n"
                       "fsync = off\nshared_buffers = 16MB\nmin_wal_size = 2MB\nmax_wal_size = 64MB\n" + "".join(f"{line}\n" for line in self.settings))
        self.start()

    def _run(self, *words):
        subprocess.run(self._words(*words), check=True, cwd="/", stdout=subprocess.DEVNULL)

    def promote(self):
        """A standby takes writes from now on."""
        self._run("pg_ctl", "promote", "-w", "-D", self.data)

    @staticmethod
    def _words(program, *arguments):
        newest = sorted(pathlib.Path("/usr/lib/postgresql").iterdir())[-1]
        user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=QUIT"]
        return [*(user if os.geteuid() == 0 else []), newest / "bin" / program, *arguments]

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self._process = subprocess.Popen(self._words("postgres", "-D", self.data), cwd="/", stdin=subprocess.DEVNULL,
                                             stdout=log, stderr=log)
        end = time.monotonic() + START_S
        state = self.data / "postmaster.pid"
        # The last line of its file says "ready" (pidfile.h).
        while not (state.exists() and "\nready" in state.read_text()):
            if time.monotonic() > end or self._process.poll() is not None:
                raise RuntimeError("PostgreSQL does not start: " + (self.folder / "log").read_text())
            time.sleep(0.02)

    def runs(self):
        return self._process is not None and self._process.poll() is None

    def stop(self):
        """At once: open transactions are lost, what was committed stays."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(START_S)
            self._process = None

    def close(self):
        self.stop()
        if self.data.parent != self.folder:
            subprocess.run(["umount", "--lazy", self.data.parent], check=False, capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def connection(self, role="slipway_app"):
        return f"host={self.folder} port={self.port} dbname=slipway user={role}"

    def config(self):
        return {"connection": self.connection(), "owner_connection": self.connection("slipway_owner")}

    def sql(self, statements, database="slipway"):
        """Runs them as the superuser; rows as lines, columns parted by "|"."""
        done = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-p", str(self.port), "-U", "postgres",
                               "-d", database, "-c", statements], capture_output=True, text=True, timeout=START_S)
        if done.returncode != 0:
            raise RuntimeError(f"{statements}: {done.stderr}")
        return done.stdout.strip()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main(words):
    server = PostgresServer()
    try:
        config = server.folder / "config.json"
        config.write_text(json.dumps(server.config()))
        return subprocess.run([str(config) if word == "@CONFIG@" else word for word in words], check=False).returncode
    finally:
        server.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
