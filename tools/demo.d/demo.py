"""Runs the story, then judges it. Started by tools/demo, which builds first."""

import argparse
import pathlib
import signal
import sys

import summary
from counts import counts_by_version, parse_hey
from stack import FOLDER_PREFIX, DemoError, Stack, end_stack
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
    """Requests go on, so that what is tried has something to measure."""
    stack.start_load(duration="24h")
    exports = " ".join(f"{name}={value}" for name, value in stack.client_environment.items())
    print(f"""
Everything stays up, and requests go on (files in {stack.folder}):
  application  curl -H 'Host: demo' {stack.edge}
  API          curl {stack.api}/docs
Try next, of which 1.2 ends as before:
  export {exports} PATH={stack.bin}:$PATH
  slipway status
  slipway deploy demo 1.1 --dry-run
  slipway deploy demo 1.2 --watch
  slipway rollout list
  slipway deploy demo 1.1 --watch
When done, this ends all of it:
  {ROOT}/tools/demo --stop {stack.folder}""")


def stop(folder):
    """Ends what --keep left."""
    folder = folder.resolve()
    if not (folder.name.startswith(FOLDER_PREFIX) and (folder / "site.json").is_file()):
        print(f"tools/demo: {folder} is not the folder of a demonstration; tools/demo --keep tells its own", file=sys.stderr)
        return 2
    end_stack(folder)
    return 0


def tell(build, keeps):
    stack = Stack(build, ROOT / "manifests/dev.yaml")
    kept = False
    try:
        stack.start_daemon()
        story = Story(stack, HERE / "application.yaml")
        story.tell()
        status = judge(stack, story)
        if status == 0 and keeps:
            keep(stack)
            kept = True
        return status
    except (DemoError, KeyboardInterrupt) as error:
        print(f"\ntools/demo: {error or 'interrupted'}\n{stack.log_tail() if stack.daemon else ''}", file=sys.stderr)
        return 1
    finally:
        if not kept:
            stack.stop()


def main():
    parser = argparse.ArgumentParser(prog="tools/demo", description="Shows Slipway's main job under real traffic.")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev", help="folder of the build")
    parser.add_argument("--keep", action="store_true", help="leave everything running and tell how to go on")
    parser.add_argument("--stop", type=pathlib.Path, metavar="FOLDER", help="end what --keep left running")
    arguments = parser.parse_args()
    for sign in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, signal.default_int_handler)  # the way out stops everything
    return stop(arguments.stop) if arguments.stop else tell(arguments.build.resolve(), arguments.keep)


if __name__ == "__main__":
    sys.exit(main())
