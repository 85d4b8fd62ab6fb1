"""The six releases of the demonstration, each a chapter that raises DemoError when it does not go as told."""

import datetime
import json
import os
import pathlib
import sys

from counts import counts_by_version
from stack import DemoError, wait_for

APP = "demo"
HERE = pathlib.Path(__file__).resolve().parent
EXIT_ROLLED_BACK = 3
# Strategy settings are in tools/demo.d/application.yaml; a release differs by what its program is told.
RELEASES = {
    "1.0": {},
    "1.1": {},
    "1.2": {"EXAMPLE_FAIL_RATIO": "0.2", "EXAMPLE_SLOW_RATIO": "0.2", "EXAMPLE_SLOW_LATENCY": "300ms"},
    "1.3": {},
    "1.4": {},
    "1.5": {},
}


def title(text):
    print(f"\n\033[1m── {text}\033[0m" if _colour() else f"\n-- {text}", flush=True)


def _colour():
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


class Story:
    def __init__(self, stack, application_file):
        self.stack = stack
        self.application_file = application_file
        self.decided_s = 0.0

    def tell(self):
        self.first_release()
        self.good_canary()
        self.bad_canary()
        self.blue_green()
        self.rolling()
        self.killed_in_the_middle()

    def first_release(self):
        title("1.0: the first release, four replicas; then the load generator starts")
        self.stack.slipway("apply", "-f", self.application_file)
        self.create("1.0")
        self.deploy("1.0", "rolling")
        self.stack.start_load(workers=16, rate=100)
        wait_for("the first requests", lambda: self.received("1.0") > 100, 20)

    def good_canary(self):
        title("1.1: canary, 5 → 25 → 50 → 100 %, each step analysed")
        self.create("1.1")
        self.deploy("1.1")
        self.expect_stable("1.1")

    def bad_canary(self):
        title("1.2: a canary that fails 20 % of its requests and is slow")
        self.create("1.2")
        self.deploy("1.2", allowed=(EXIT_ROLLED_BACK,))
        self.expect_stable("1.1")
        rollout = self.newest_rollout()
        self.stack.slipway("rollout", "why", rollout)
        self.decided_s = deciding_time(self.stack.ask("rollout", "journal", rollout))

    def blue_green(self):
        title("1.3: blue-green, a smoke test first, then the switch by steps")
        self.create("1.3")
        self.deploy("1.3", "blue-green")
        self.expect_stable("1.3")

    def rolling(self):
        title("1.4: rolling, one replica after the other")
        self.create("1.4")
        self.deploy("1.4", "rolling")
        self.expect_stable("1.4")

    def killed_in_the_middle(self):
        title("1.5: a canary, and slipwayd is killed with SIGKILL in the middle of it")
        self.create("1.5")
        self.stack.slipway("deploy", APP, "1.5")
        rollout = self.newest_rollout()
        wait_for("traffic on 1.5", lambda: self.received("1.5") > 50, 30)
        self.stack.kill_daemon()
        before = self.received("1.4") + self.received("1.5")
        print("slipwayd is dead; the application goes on:", flush=True)
        wait_for("requests without slipwayd", lambda: self.received("1.4") + self.received("1.5") > before + 500, 20)
        print(f"  {self.received('1.4') + self.received('1.5') - before} requests answered meanwhile", flush=True)
        self.stack.start_daemon()
        print("slipwayd is back, and the canary goes on:", flush=True)
        self.stack.slipway("rollout", "watch", rollout)
        self.expect_stable("1.5")

    # What the chapters share

    def deploy(self, version, strategy=None, allowed=(0,)):
        """By the application's own strategy, or by another one with the settings in its file here."""
        other = ["--strategy", strategy, "--settings", HERE / f"{strategy}.yaml"] if strategy else []
        self.stack.slipway("deploy", APP, version, *other, "--watch", "--timeout", "2m", allowed=allowed)

    def create(self, version):
        release = {
            "version": version,
            "artefact": {"path": str(self.stack.bin / "slipway-example")},
            "command": ["${ARTEFACT}"],
            "env": {"EXAMPLE_VERSION": version, "EXAMPLE_COUNT_DIR": str(self.stack.counts), **RELEASES[version]},
            "readiness": {"kind": "http", "path": "/healthz", "interval": "200ms"},
        }
        file = self.stack.folder / f"release-{version}.json"
        file.write_text(json.dumps(release, indent=2))
        self.stack.slipway("release", "create", APP, "-f", file)

    def received(self, version):
        counts = counts_by_version(self.stack.counts).get(version)
        return counts.received if counts else 0

    def newest_rollout(self):
        return self.stack.ask("rollout", "list", "--application", APP)[0]["id"]

    def expect_stable(self, version):
        """Slipway says that `version` is stable, and the application's counts say that it alone gets requests."""
        stable = self.stack.ask("app", "get", APP)["stable_release"]
        if stable != version:
            raise DemoError(f"{stable} is stable, wanted {version}")
        before = {other: self.received(other) for other in RELEASES}
        wait_for(f"requests to {version}", lambda: self.received(version) > before[version] + 100, 20)
        others = [other for other in RELEASES if other != version and self.received(other) > before[other] + 8]
        if others:
            raise DemoError(f"{version} is stable, but {', '.join(others)} still gets requests")


def deciding_time(journal):
    """When the sample was taken that made the engine go back, in seconds since 1970."""
    for entry in journal:
        detail = entry.get("detail") or {}
        if entry["kind"] == "verdict" and detail["verdict"] == "fail":
            return datetime.datetime.fromisoformat(detail["window"]["to"].replace("Z", "+00:00")).timestamp()
    raise DemoError("the journal of 1.2 names no sample that decided")
