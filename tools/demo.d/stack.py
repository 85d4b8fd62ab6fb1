"""A whole stack of real processes, for the demonstration and for end-to-end tests, and its end: nothing of it stays."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request

PROGRAMS = ("slipwayd", "slipway-worker", "slipway-example", "haproxy")


class DemoError(Exception):
    """Something that should have happened did not; the text tells a person what."""


def wait_for(what, condition, seconds, pause=0.05):
    """Asks until `condition` answers with something true, and returns that."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := condition():
            return answer
        time.sleep(pause)
    raise DemoError(f"waited {seconds} s in vain for {what}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def processes_below(folder):
    """Ids of the stack's own processes: our programs and HAProxy, as far as they were told about `folder`, and whatever
    runs in it."""
    wanted = os.fsencode(folder)
    processes = (entry for entry in pathlib.Path("/proc").iterdir() if entry.name.isdigit())
    return [int(process.name) for process in processes if _is_ours(process, wanted)]


def _is_ours(process, wanted):
    try:
        if os.fsencode(os.readlink(process / "cwd")).startswith(wanted + b"/"):
            return True
        program = os.path.basename(os.readlink(process / "exe")).removesuffix(" (deleted)")
        said = (process / "cmdline").read_bytes() + b"\0" + (process / "environ").read_bytes()
        return program in PROGRAMS and wanted in said
    except OSError:
        return False  # gone meanwhile, or another user's


class Stack:
    """The daemon, the application's folder and the load generator, below one temporary folder."""

    ready_s, stop_s = 30, 20

    def __init__(self, build, profile):
        self.bin = build / "bin"
        self.plugins = build / "plugins-root"
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="slipway-demo-"))
        self.counts = self.folder / "counts"
        self.counts.mkdir()
        self.api_port, self.edge_port = free_port(), free_port()
        self.daemon = None
        self.load = None
        self.write_configuration(profile)

    @property
    def api(self):
        return f"http://127.0.0.1:{self.api_port}"

    @property
    def edge(self):
        return f"http://127.0.0.1:{self.edge_port}/"

    @property
    def client_environment(self):
        return {"SLIPWAY_URL": self.api, "SLIPWAY_TOKEN_FILE": str(self.folder / "state/token")}

    def site(self):
        return {
            "listen": f"127.0.0.1:{self.api_port}",
            "state_directory": str(self.folder / "state"),
            "run_directory": str(self.folder / "run"),
            "plugin_roots": [str(self.plugins)],
        }

    def write_configuration(self, profile):
        (self.folder / "site.json").write_text(json.dumps(self.site(), indent=2))
        # The profile as it is shipped, on a port that is free here.
        text = profile.read_text().replace("127.0.0.1:8080", f"127.0.0.1:{self.edge_port}")
        (self.folder / "profile.yaml").write_text(text)

    # The daemon

    def start_daemon(self):
        with open(self.folder / "slipwayd.log", "ab") as log:
            self.daemon = subprocess.Popen(self.daemon_command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                           env={**os.environ, **self.daemon_environment}, start_new_session=True)
        wait_for("slipwayd to be ready", self._ready, self.ready_s)

    @property
    def daemon_command(self):
        return [self.bin / "slipwayd", "--config", self.folder / "site.json", "--profile", self.folder / "profile.yaml"]

    @property
    def daemon_environment(self):
        return {}

    def _ready(self):
        if self.daemon.poll() is not None:
            raise DemoError(f"slipwayd ended with status {self.daemon.returncode}")
        try:
            with urllib.request.urlopen(f"{self.api}/health/ready", timeout=2) as reply:
                return reply.status == 200
        except OSError:
            return False

    def kill_daemon(self):
        self.daemon.send_signal(signal.SIGKILL)
        self.daemon.wait(self.stop_s)

    def log_tail(self, lines=20):
        text = (self.folder / "slipwayd.log").read_text(errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    # The command line

    def slipway(self, *arguments, allowed=(0,)):
        """Runs the command line with its output on the terminal; returns its exit status."""
        status = subprocess.run([self.bin / "slipway", *arguments], env={**os.environ, **self.client_environment}).returncode
        if status not in allowed:
            raise DemoError(f"slipway {' '.join(map(str, arguments))} ended with {status}, wanted {allowed}")
        return status

    def ask(self, *arguments):
        """The document that the command line answers with."""
        command = [self.bin / "slipway", *arguments, "-o", "json"]
        run = subprocess.run(command, env={**os.environ, **self.client_environment}, capture_output=True, text=True)
        if run.returncode != 0:
            raise DemoError(f"slipway {' '.join(map(str, arguments))}: {run.stderr.strip()}")
        return json.loads(run.stdout)

    # The load

    def start_load(self, workers=8, rate=50):
        """One run of hey: so many workers, each with `rate` requests a second, until it is interrupted."""
        command = ["hey", "-z", "30m", "-c", str(workers), "-q", str(rate), "-t", "5", "-host", "demo", self.edge]
        self.load = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, start_new_session=True)

    def stop_load(self):
        self.load.send_signal(signal.SIGINT)
        report, _ = self.load.communicate(timeout=self.stop_s)
        return report

    # The end

    def stop(self):
        for process in (self.load, self.daemon):
            if process and process.poll() is None:
                process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):  # it is killed below
                    process.wait(self.stop_s)
        left = self._end_processes(signal.SIGTERM) and self._end_processes(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)
        if left:
            raise DemoError(f"processes that did not end: {left}")

    def _end_processes(self, sign):
        """What still runs after the signal and a wait."""
        for pid in processes_below(self.folder):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, sign)
        with contextlib.suppress(DemoError):
            wait_for("the processes to end", lambda: not processes_below(self.folder), self.stop_s)
        return processes_below(self.folder)
