"""A whole stack of real processes, for the demonstration and for end-to-end tests, and its end: nothing of it stays."""

import contextlib
import functools
import itertools
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

FOLDER_PREFIX = "slipway-demo-"
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


# Below those that the kernel gives to outgoing connections; those of processes that begin together lie apart.
_ports = itertools.count(os.getpid() * 16)


def free_port():
    """One that nobody uses, and each time another one."""
    for number in _ports:
        port = 10_000 + number % 10_000
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def processes_below(folder):
    """Ids of the stack's own processes: our programs and HAProxy, as far as they were told about `folder`, and whatever
    runs in it."""
    wanted = os.fsencode(folder)
    processes = (entry for entry in pathlib.Path("/proc").iterdir() if entry.name.isdigit())
    return [int(process.name) for process in processes if _is_ours(process, wanted)]


def program_of(pid):
    try:
        return os.path.basename(os.readlink(f"/proc/{pid}/exe")).removesuffix(" (deleted)")
    except OSError:
        return ""  # gone meanwhile, or another user's


def _is_ours(process, wanted):
    try:
        if os.fsencode(os.readlink(process / "cwd")).startswith(wanted + b"/"):
            return True
        said = (process / "cmdline").read_bytes() + b"\0" + (process / "environ").read_bytes()
        return program_of(process.name) in PROGRAMS and wanted in said
    except OSError:
        return False  # gone meanwhile, or another user's


class Stack:
    """The daemon, the application's folder and the load generator, below one temporary folder."""

    ready_s, stop_s = 30, 20

    def __init__(self, build, profile):
        self.bin = build / "bin"
        self.plugins = build / "plugins-root"
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
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
    def token_file(self):
        return self.folder / "state/token"

    @property
    def client_environment(self):
        return {"SLIPWAY_URL": self.api, "SLIPWAY_TOKEN_FILE": str(self.token_file)}

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

    def start_load(self, workers=8, rate=50, duration="30m", host="demo"):
        """One run of hey: so many workers, each with `rate` requests a second, until it is interrupted."""
        command = ["hey", "-z", duration, "-c", str(workers), "-q", str(rate), "-t", "5", "-host", host, self.edge]
        place = self.folder / "load"  # where it runs tells whose it is
        place.mkdir(exist_ok=True)
        with open(place / "report", "wb") as report:
            self.load = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=report, stderr=report, cwd=place,
                                         start_new_session=True)

    def stop_load(self):
        self.load.send_signal(signal.SIGINT)
        self.load.wait(self.stop_s)
        return (self.folder / "load/report").read_text()

    # The end

    def stop(self):
        end_stack(self.folder, self.stop_s)
        for process in (self.load, self.daemon):
            if process:
                process.wait(self.stop_s)


def end_stack(folder, seconds=20):
    """Ends every process of the stack in `folder`, the daemon first because it starts others again, and removes the folder."""
    _end(lambda: [pid for pid in processes_below(folder) if program_of(pid) == "slipwayd"], signal.SIGTERM, seconds)
    everything = functools.partial(processes_below, folder)
    left = _end(everything, signal.SIGTERM, seconds) and _end(everything, signal.SIGKILL, seconds)
    shutil.rmtree(folder, ignore_errors=True)
    if left:
        raise DemoError(f"processes that did not end: {left}")


def _end(listed, sign, seconds):
    """What is still listed after the signal and a wait."""
    for pid in listed():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, sign)
    with contextlib.suppress(DemoError):
        wait_for("the processes to end", lambda: not listed(), seconds)
    return listed()
