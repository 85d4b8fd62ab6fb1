"""Runs clang-tidy over the sources of a build, all of them or those that a change touches.

A changed header is read through one source that includes it: its namesake, else the first that the build knows.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys

# The compile commands are GCC's; clang does not know each of its warnings.
EXTRA = ["--extra-arg=-Wno-unknown-warning-option", "--extra-arg=-Wno-error"]


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def sources_of(build):
    here = pathlib.Path.cwd()
    commands = json.loads((build / "compile_commands.json").read_text())
    paths = (pathlib.Path(command["directory"], command["file"]) for command in commands)
    inside = (path.relative_to(here).as_posix() for path in paths if path.is_relative_to(here))
    return sorted(name for name in set(inside) if not name.startswith("build/"))


def changed_since(base):
    tracked = output_of("git", "diff", "--name-only", "--diff-filter=d", base).splitlines()
    return set(tracked) | set(output_of("git", "ls-files", "--others", "--exclude-standard").splitlines())


def includers_of(header, sources):
    last = "/".join(header.split("/")[-2:])
    return [name for name in sources if last in pathlib.Path(name).read_text(errors="replace")]


def source_for(header, sources):
    stem = header.rsplit(".", 1)[0]
    namesake = [name for name in sources if name.rsplit(".", 1)[0] == stem]
    return (namesake or includers_of(header, sources))[:1]


def chosen(sources, changed):
    picked = {name for name in sources if name in changed}
    for header in (name for name in changed if name.endswith((".h", ".hpp"))):
        picked.update(source_for(header, sources))
    return sorted(picked)


def tidy(build, name):
    command = ["clang-tidy-19", "--quiet", "-p", str(build), "--warnings-as-errors=*", *EXTRA, name]
    run = subprocess.run(command, capture_output=True, text=True)
    return run.returncode, run.stdout + (run.stderr if run.returncode and not run.stdout else "")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, required=True)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--all", action="store_true")
    which.add_argument("--base")
    arguments = parser.parse_args()
    sources = sources_of(arguments.build)
    names = sources if arguments.all else chosen(sources, changed_since(arguments.base))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda name: tidy(arguments.build, name), names))
    findings = [text for status, text in results if status]
    print("\n".join(findings) or f"{len(names)} of {len(sources)} sources read")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
