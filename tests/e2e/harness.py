"""What every end-to-end test uses: a stack of real processes of its own, the API, the command line and traffic.

The stack itself is the demonstration's (tools/demo.d/stack.py), with shorter times. A test ends what it started also when
it fails or takes too long. E2E_BUILD names the build; build/dev by default. E2E_SLOWNESS stretches the waits of a slower build.
"""

import contextlib
import dataclasses
import datetime
import hashlib
import http.client
import itertools
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools/demo.d"))

import contract  # noqa: E402
import stack  # noqa: E402
from counts import AppCounts, counts_by_version, parse_hey  # noqa: E402,F401
from stack import free_port, processes_below, program_of  # noqa: E402,F401

BUILD = pathlib.Path(os.environ.get("E2E_BUILD", ROOT / "build/dev")).resolve()
APP = "demo"
# How many plugins the shipped profile has; each has one binding.
SHIPPED = (ROOT / "manifests/dev.yaml").read_text().count("\n    plugin: ")
ENDS = ("succeeded", "rolled_back", "superseded", "failed")
LOG_LINES = 60
_stacks = itertools.count()
SLOWNESS = int(os.environ.get("E2E_SLOWNESS", "1"))
# libpqxx, under a sanitizer: a leak is known by its library's name only while that is loaded, and the daemon unloads plugins, and
# what they brought, before it ends.
KEPT = {"LD_PRELOAD": os.environ["E2E_KEPT"]} if "E2E_KEPT" in os.environ else {}
SANITIZER = re.compile(r"(Thread|Address|Leak|UndefinedBehavior)Sanitizer|: runtime error: ")
ERRORS = {"name": "errors", "metrics": "haproxy", "analyzer": "threshold", "interval": "500ms",
          "settings": {"success": "error_ratio < 5%", "min_requests": 5, "count": 2, "insufficient_data_limit": 60}}
SMOKE = {"name": "smoke", "metrics": "probe", "analyzer": "threshold", "interval": "300ms",
         "query": {"checks": [{"name": "answers", "path": "/healthz", "expect": {"status": [200]}}]},
         "settings": {"success": "failed_cases == 0", "count": 2}}


def wait_for(what, condition, seconds, pause=0.05):
    return stack.wait_for(what, condition, seconds * SLOWNESS, pause)


def run(command, seconds=20, **more):
    """A program to its end; its output is text. One that a sanitizer ended is a fault, whatever end the test wants."""
    if "input" not in more:
        more["stdin"] = subprocess.DEVNULL
    ended = subprocess.run(command, capture_output=True, text=True, timeout=seconds * SLOWNESS, **more)
    if found := SANITIZER.search(ended.stderr):
        raise AssertionError(ended.stderr[ended.stderr.rfind("\n", 0, found.start()) + 1:])
    return ended


@dataclasses.dataclass(frozen=True)
class Reply:
    status: int
    headers: dict
    text: str

    @property
    def body(self):
        return json.loads(self.text)


def exchange(port, method, path, body=None, headers=None, seconds=15):
    """One request on a connection of its own; `body` as it is when bytes, else as JSON."""
    headers = dict(headers or {})
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
    if body is not None:
        headers.setdefault("Content-Type", "application/json")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds * SLOWNESS)
    try:
        with contextlib.suppress(BrokenPipeError):  # a body that is too large is answered before it is read whole
            connection.request(method, path, body, headers)
        reply = connection.getresponse()
        return Reply(reply.status, {name.lower(): value for name, value in reply.getheaders()},
                     reply.read().decode(errors="replace"))
    finally:
        connection.close()


def sign(package, environment=None):
    """As the build signs its own: with the local key."""
    subprocess.run([BUILD / "bin/slipway-sign", package], check=True, env={**os.environ, **(environment or {})})


@dataclasses.dataclass(frozen=True)
class Fixture:
    """A plugin with a defect, by the name of its source in tests/fixtures/plugins, bound as `<seat>.<name>`."""
    name: str
    library: str
    seat: str = "gates"
    interface: str = "slipway.gate/1"
    threading: str = "serial"


class Stack(stack.Stack):
    """`changes`: pairs of texts, replaced in the shipped `profile`; `site`: settings over the site's; `environment`: of
    the daemon; `fixtures`: plugins beside the profile's."""

    ready_s = stack.Stack.ready_s * SLOWNESS
    stop_s = stack.Stack.stop_s * SLOWNESS

    def __init__(self, changes=(), site=None, environment=None, fixtures=(), profile="dev.yaml"):
        self._changes, self._site, self._environment = changes, site or {}, environment or {}
        self._fixtures = fixtures
        super().__init__(BUILD, ROOT / "manifests" / profile)

    def site(self):
        roots = [str(self.plugins)] + ([str(self.folder / "fixtures")] if self._fixtures else [])
        return {**super().site(), "log": {"level": "info"}, "plugin_roots": roots, **self._site}

    def write_configuration(self, profile):
        super().write_configuration(profile)
        for fixture in self._fixtures:
            self._install(fixture)
        self.change_profile(*self._short_times(), *self._changes)

    def _install(self, fixture):
        """Its package, as slipway_add_plugin makes them, and its lines in the profile."""
        package = self.folder / "fixtures" / fixture.name / "1.0.0"
        package.mkdir(parents=True)
        library = (BUILD / "tests/fixtures/plugins/lib" / f"{fixture.library}.so").read_bytes()
        (package / f"{fixture.name}.so").write_bytes(library)
        (package / "plugin.json").write_text(json.dumps({
            "id": fixture.name, "version": "1.0.0", "abi": {"min": "1.0", "max": "1.0"}, "library": f"{fixture.name}.so",
            "interfaces": [fixture.interface, "slipway.plugin/1"], "threading": fixture.threading,
            "files": {f"{fixture.name}.so": hashlib.sha256(library).hexdigest()}}))
        sign(package)
        file = self.folder / "profile.yaml"
        text = file.read_text().replace("\nbindings:\n", f"  {fixture.name}: {{plugin: {fixture.name}}}\n\nbindings:\n")
        file.write_text(text.rstrip() + f"\n  {fixture.seat}.{fixture.name}: {fixture.name}\n")

    def change_profile(self, *changes):
        """Pairs of texts; before the daemon starts."""
        file = self.folder / "profile.yaml"
        text = file.read_text()
        for old, new in changes:
            if old not in text:
                raise AssertionError(f"the profile has no {old!r} to replace")
            text = text.replace(old, new)
        file.write_text(text)

    def _short_times(self):
        # A range of ports below the kernel's own, different for stacks that run beside each other.
        first = 10000 + (os.getpid() + next(_stacks)) % 100 * 200
        extra = (f"      ports: {{first: {first}, last: {first + 199}}}\n"
                 "      drain_deadline: 3s\n"
                 "      restart: {first: 100ms, longest: 1s}\n")
        yield "      run_directory: ${run_directory}/local\n", "      run_directory: ${run_directory}/local\n" + extra

    @property
    def daemon_environment(self):
        if KEPT and "postgres" in (self.folder / "profile.yaml").read_text():
            self._environment = {**KEPT, **self._environment}
        return self._environment

    # The API and the command line

    @property
    def token(self):
        return self.token_file.read_text().strip()

    def call(self, method, path, body=None, headers=None):
        """The answer, held to the OpenAPI document."""
        reply = exchange(self.api_port, method, path, body, {"Authorization": f"Bearer {self.token}", **(headers or {})})
        if faults := contract.faults(method, path, reply):
            raise AssertionError(f"{method} {path}: {reply.status} is not what the document says: {faults[:5]}")
        return reply

    def read(self, path):
        reply = self.call("GET", path)
        if reply.status != 200:
            raise AssertionError(f"GET {path}: {reply.status} {reply.text}")
        return reply.body

    def cli(self, *arguments, stdin="", seconds=60):
        """The command line's end: status, stdout and stderr."""
        environment = {**os.environ, **self.client_environment, "NO_COLOR": "1"}
        return run([self.bin / "slipway", *arguments], seconds, env=environment, input=stdin)

    # Applications, releases, rollouts

    def create_application(self, **spec):
        document = {"name": APP, "replicas": 2, "strategy": {"name": "rolling", "settings": {"min_ready": "100ms"}},
                    "analyses": [ERRORS, SMOKE], **spec}
        return self._made(self.call("PUT", f"/api/applications/{document['name']}", document))

    def release_of(self, version, env=None, **spec):
        environment = {"EXAMPLE_VERSION": version, "EXAMPLE_COUNT_DIR": str(self.counts), **(env or {})}
        return {"version": version, "artefact": {"path": str(self.bin / "slipway-example")}, "command": ["${ARTEFACT}"],
                "env": environment, "readiness": {"kind": "http", "path": "/healthz", "interval": "100ms"}, **spec}

    def create_release(self, version, env=None, application=APP, **spec):
        body = {"release": self.release_of(version, env, **spec)}
        return self._made(self.call("POST", f"/api/applications/{application}/releases", body))

    def start_rollout(self, version, strategy=None, settings=None, application=APP, **more):
        """Its id."""
        body = {"application": application, "release": version, **more}
        if strategy:
            body["strategy"] = {"name": strategy, "settings": settings or {}}
        return self._made(self.call("POST", "/api/rollouts", body))["id"]

    def deploy(self, version, strategy=None, settings=None, env=None, end="succeeded", seconds=30):
        """A new release, and its rollout until its end; the rollout's id."""
        self.create_release(version, env)
        rollout = self.start_rollout(version, strategy, settings)
        self.wait_state(rollout, end, seconds)
        return rollout

    def first_release(self, **spec):
        self.create_application(**spec)
        return self.deploy("1.0")

    def rollout(self, rollout):
        return self.read(f"/api/rollouts/{rollout}")

    def journal(self, rollout):
        return self.read(f"/api/rollouts/{rollout}/journal?limit=500")["items"]

    def stable(self, application=APP):
        return self.read(f"/api/applications/{application}")["stable_release"]

    def wait_state(self, rollout, state, seconds=30):
        def reached():
            seen = self.rollout(rollout)
            if seen["state"] in ENDS and seen["state"] != state:
                raise AssertionError(f"the rollout is {seen['state']}, wanted {state}: {seen['why']}")
            return seen if seen["state"] == state else None

        return self.wait_rollout(rollout, f"to be {state}", reached, seconds)

    def wait_why(self, rollout, words, seconds=15):
        return self.wait_rollout(rollout, f"to say {words!r}", lambda: words in self.why_text(rollout), seconds)

    def await_moment(self, moment, seconds=15):
        """One that a document names."""
        then = datetime.datetime.fromisoformat(moment.replace("Z", "+00:00"))
        wait_for(moment, lambda: datetime.datetime.now(datetime.timezone.utc) > then, seconds)

    def why_text(self, rollout):
        return json.dumps(self.rollout(rollout)["why"], ensure_ascii=False)

    def wait_rollout(self, rollout, what, condition, seconds):
        try:
            return wait_for(f"rollout {rollout} {what}", condition, seconds)
        except stack.DemoError as error:
            raise AssertionError(f"{error}; {json.dumps(self.rollout(rollout), indent=1)}") from None

    def group(self, rollout, role):
        return next((group for group in self.rollout(rollout)["groups"] if group["role"] == role), None)

    def weight(self, rollout, role="next"):
        group = self.group(rollout, role)
        return group.get("weight", 0) if group else 0

    @staticmethod
    def _made(reply):
        if reply.status not in (200, 201):
            raise AssertionError(f"{reply.status}: {reply.text}")
        return reply.body

    def metric(self, name, **labels):
        """The sum of its series that have these labels."""
        text = self.call("GET", "/metrics").text
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        lines = [line for line in text.splitlines() if re.match(name + r"[{ ]", line)]
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if all(part in line for part in wanted))

    # Traffic

    def fetch(self, path="/", host=APP, headers=None):
        return exchange(self.edge_port, "GET", path, headers={"Host": host, **(headers or {})})

    def received(self, version=None):
        counts = counts_by_version(self.counts)
        return sum(count.received for name, count in counts.items() if version in (None, name))

    def await_requests(self, count, version=None, seconds=20):
        """Until the application has received so many more."""
        before = self.received(version)
        wait_for(f"{count} requests to {version or APP}", lambda: self.received(version) >= before + count, seconds)

    def begin_load(self, workers=4, rate=50):
        self.start_load(workers, rate)
        self.await_requests(20)

    def end_load(self):
        """What hey saw, and what each version counted."""
        return parse_hey(self.stop_load()), counts_by_version(self.counts)

    # Processes

    def processes(self, program):
        """Ids of the stack's processes of that name."""
        return sorted(pid for pid in processes_below(self.folder) if program_of(pid) == program)

    def replicas(self):
        return self.processes("slipway-example")

    def replicas_of(self, version):
        """How many processes serve that release."""
        return len(self.pids_of(version))

    def pids_of(self, version):
        wanted = f"EXAMPLE_VERSION={version}\0".encode()
        return [pid for pid in self.replicas() if wanted in _environment(pid)]

    def haproxies(self):
        return self.processes("haproxy")

    def settled_haproxies(self):
        """Master and worker, once the workers of before the last reload have ended."""
        wait_for("only HAProxy's master and its newest worker", lambda: len(self.haproxies()) == 2, 40)
        return self.haproxies()

    def run_daemon(self, *words, environment=None):
        """For starts that end by themselves; `words`: "check", or nothing."""
        return run([*self.daemon_command, *words], seconds=40, env={**os.environ, **(environment or {})})

    def stop_daemon(self):
        """By SIGTERM; its exit status and how long it took."""
        begun = time.monotonic()
        self.daemon.send_signal(signal.SIGTERM)
        return self.await_end(), time.monotonic() - begun

    def await_end(self):
        """The daemon's; its exit status."""
        return self.daemon.wait(self.stop_s)

    def haproxy_log_tail(self, lines):
        """Among others, which servers it took for dead."""
        file = self.folder / "run/local/haproxy.log"
        return "\n".join(file.read_text(errors="replace").splitlines()[-lines:]) if file.exists() else ""

    def log(self):
        return (self.folder / "slipwayd.log").read_text(errors="replace")

    def sanitizer_report(self):
        """From its first line on; empty when there is none. Some come only when the daemon ends."""
        if self.daemon.poll() is None:
            self.daemon.terminate()
            self.await_end()
        log = self.log()
        found = SANITIZER.search(log)
        return log[log.rfind("\n", 0, found.start()) + 1:] if found else ""


def _environment(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""


class StackTest(unittest.TestCase):
    """A test with a stack in `self.stack`, which is gone when it ends. The log is printed; ctest shows it of a failure."""

    time_limit = int(os.environ.get("E2E_TIME_LIMIT", "55"))

    def setUp(self):
        signal.signal(signal.SIGALRM, self._too_long)
        signal.alarm(self.time_limit)
        self.addCleanup(signal.alarm, 0)
        self.stack = None

    def new_stack(self, changes=(), **more):
        """A stack without a running daemon."""
        made = Stack(changes, **more)
        self.addCleanup(self._end, made)
        return made

    def start_stack(self, changes=(), **more):
        self.stack = self.new_stack(changes, **more)
        self.stack.start_daemon()
        return self.stack

    def _too_long(self, *_):
        raise AssertionError(f"the test is not done after {self.time_limit} s")

    def _end(self, made):
        signal.alarm(0)  # what the test started is ended also when its time is over
        self.addCleanup(made.stop)
        if made.daemon:
            print(made.log_tail(LOG_LINES), made.haproxy_log_tail(LOG_LINES))
            if report := made.sanitizer_report():
                self.fail(report)  # whole, for it is longer than what a comparison shows

    def assert_served_all(self, load, versions, least=50):
        """No request was lost, and none failed but those that a release failed by itself."""
        injected = sum(counts.injected for counts in versions.values())
        self.assertEqual(load.failed, injected, f"{load.by_status} {load.errors} {versions}")
        self.assertEqual(sum(counts.received for counts in versions.values()), load.requests)
        self.assertGreater(load.requests, least)

    def assert_journal_is_sound(self, journal):
        """Numbered without a hole, in order of time; each order to the provider has a number of its own, which grows; no
        decision is there twice."""
        self.assertEqual([entry["sequence"] for entry in journal],
                         list(range(journal[0]["sequence"], journal[0]["sequence"] + len(journal))))
        self.assertEqual([entry["at"] for entry in journal], sorted(entry["at"] for entry in journal))
        generations = [entry["generation"] for entry in journal]
        self.assertEqual(generations, sorted(generations), "generations must grow")
        orders = [entry for entry in journal if entry["groups"]]
        for before, after in zip(orders, orders[1:]):
            if before["generation"] == after["generation"]:
                self.assertEqual(before["groups"], after["groups"], f"one generation, two orders: {before} {after}")
        decisions = [json.dumps({**entry, "sequence": 0, "at": ""}) for entry in journal]
        twice = [text for text in decisions if decisions.count(text) > 1]
        self.assertEqual(twice, [], "decided twice")

    def assert_refused(self, reply, status, *words):
        self.assertEqual(reply.status, status, reply.text)
        self.assertEqual(reply.headers.get("content-type"), "application/problem+json")
        for word in words:
            self.assertIn(word, reply.text)

    def assert_exit(self, run, status, *words):
        self.assertEqual(run.returncode, status, run.stdout + run.stderr)
        for word in words:
            self.assertIn(word, run.stdout + run.stderr)


def in_threads(*works):
    """Runs them at once; their answers in order."""
    answers = [None] * len(works)
    gate = threading.Barrier(len(works))

    def run(index, work):
        gate.wait(10 * SLOWNESS)
        answers[index] = work()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30 * SLOWNESS)
    return answers
