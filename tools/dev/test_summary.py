"""Adds up the reports of a test run: JUnit from ctest, TAP from bats.

usage: test_summary.py --skips FILE REPORTS_FOLDER

A skipped test must match a line of FILE ("<name pattern>  <reason>"), otherwise it counts as failed. A test that failed
and passed when it was run again (NAME-again.xml beside NAME.xml) counts as passed and is named as unstable. Prints what
failed with the end of its output and what was skipped and why, then "N skipped" if there are any and "N passed, N failed".
Exits 0 when none failed and at least one passed.
"""

import argparse
import collections
import fnmatch
import pathlib
import re
import sys
import xml.etree.ElementTree as xml

TAP_LINE = re.compile(r"^(ok|not ok) \d+ (?P<name>.*?)(?P<skip> # skip.*)?$")

LINES_OF_A_FAILURE = 25


def read_cases(path):
    """Yields (name, state, end of the output) of each test."""
    for case in xml.parse(path).getroot().iter("testcase"):
        status = case.get("status", "run")
        output = "\n".join((case.findtext("system-out") or "").rstrip().splitlines()[-LINES_OF_A_FAILURE:])
        if case.find("skipped") is not None or status in ("notrun", "disabled"):
            yield case.get("name"), "skipped", output
        else:
            failed = case.find("failure") is not None or status == "fail"
            yield case.get("name"), "failed" if failed else "passed", output


def read_junit(path):
    again = path.with_name(f"{path.stem}-again.xml")
    second = {name: state for name, state, _ in read_cases(again)} if again.exists() else {}
    for name, state, output in read_cases(path):
        if state == "failed" and second.get(name) == "passed":
            state = "unstable"
        yield name, state, "\n" + output if output else ""


def read_tap(path):
    planned = seen = 0
    for line in path.read_text(errors="replace").splitlines():
        if line.startswith("1.."):
            planned = int(line[3:])
        elif match := TAP_LINE.match(line):
            seen += 1
            state = "passed" if line.startswith("ok") else "failed"
            yield match["name"], "skipped" if match["skip"] else state, ""
    if seen < planned:
        yield f"{path.name}: {planned - seen} of {planned} tests did not report", "failed", ""


def read_results(folder):
    for path in sorted(folder.glob("*.xml")):
        if not path.stem.endswith("-again"):
            yield from read_junit(path)
    for path in sorted(folder.glob("*.tap")):
        yield from read_tap(path)


def read_skips(path):
    if not path.exists():
        return []
    lines = (line.strip() for line in path.read_text().splitlines())
    pairs = [line.split(None, 1) for line in lines if line and not line.startswith("#")]
    for pair in pairs:
        if len(pair) != 2:
            sys.exit(f"{path}: {pair[0]!r} has no reason; write '<name pattern>  <reason>'")
    return pairs


def reason_to_skip(name, skips):
    return next((reason for pattern, reason in skips if fnmatch.fnmatchcase(name, pattern)), None)


def judge(results, skips):
    """Yields (name, state, remark), with a skipped test that nobody explained turned into a failure."""
    for name, state, output in results:
        if state != "skipped":
            yield name, state, output
        elif reason := reason_to_skip(name, skips):
            yield name, "skipped", f" ({reason})"
        else:
            yield name, "failed", " (skipped, but the list of skips gives no reason)"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--skips", type=pathlib.Path, required=True)
    parser.add_argument("reports", type=pathlib.Path)
    arguments = parser.parse_args()
    judged = list(judge(read_results(arguments.reports), read_skips(arguments.skips)))
    for name, state, remark in judged:
        if state != "passed":
            print(f"{state}: {name}{remark}")
    count = collections.Counter(state for _, state, _ in judged)
    passed = count["passed"] + count["unstable"]
    if count["skipped"]:
        print(f"{count['skipped']} skipped")
    print(f"{passed} passed, {count['failed']} failed")
    return 0 if passed and not count["failed"] else 1


if __name__ == "__main__":
    sys.exit(main())
