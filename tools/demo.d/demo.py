"""Runs the story, then judges it. Started by tools/demo, which builds first."""

import argparse
import pathlib
import signal
import sys

import summary
from counts import counts_by_version, parse_hey
from stack import DemoError, Stack
from story import RELEASES, Story, title

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def judge(stack, story):
    load = parse_hey(stack.stop_load())
    versions = counts_by_version(stack.counts)
    facts = summary.facts_of(load, versions, story.decided_s)
    title("What the load generator and the application counted")
    print("\n".join(summary.lines_of(facts, versions)))
    faults = list(summary.faults_of(facts, load, versions, RELEASES))
    for fault in faults:
        print(f"WRONG: {fault}")
    return 1 if faults else 0


def keep(stack):
    exports = " ".join(f"{name}={value}" for name, value in stack.client_environment.items())
    print(f"""
Everything stays up (daemon {stack.daemon.pid}, files in {stack.folder}):
  application  curl -H 'Host: demo' {stack.edge}
  API          {stack.api}/docs
Try next:
  export {exports} PATH={stack.bin}:$PATH
  slipway status
  slipway rollout list
  slipway deploy demo 1.1 --strategy canary --dry-run
  slipway deploy demo 1.2 --strategy canary --watch
  slipway app delete demo && kill {stack.daemon.pid}""")


def main():
    parser = argparse.ArgumentParser(prog="tools/demo", description="Shows Slipway's main job under real traffic.")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev", help="folder of the build")
    parser.add_argument("--keep", action="store_true", help="leave everything running and tell how to go on")
    arguments = parser.parse_args()
    for sign in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, signal.default_int_handler)  # the way out stops everything
    stack = Stack(arguments.build.resolve(), ROOT / "manifests/dev.yaml")
    kept = False
    try:
        stack.start_daemon()
        story = Story(stack, HERE / "application.yaml")
        story.tell()
        status = judge(stack, story)
        kept = arguments.keep and status == 0
        if kept:
            keep(stack)
        return status
    except (DemoError, KeyboardInterrupt) as error:
        print(f"\ntools/demo: {error or 'interrupted'}\n{stack.log_tail() if stack.daemon else ''}", file=sys.stderr)
        return 1
    finally:
        if not kept:
            stack.stop()


if __name__ == "__main__":
    sys.exit(main())
