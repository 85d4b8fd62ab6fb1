"""Holds the conformance kit to account: a defective plugin is caught by the test meant for it, and its healthy twin passes
every test.

usage: zoo_test.py KIT ZOO.json PACKAGES KEY NAME
"""

import json
import pathlib
import subprocess
import sys

# What a healthy plugin of the zoo skips: it is serial, and most of them are not signed.
MAY_SKIP = {"threading.calls_overlap", "static.signature"}
# A test that a plugin hangs in is given a tenth of its time, which is still a hundred times what it needs.
HANG_PATIENCE = "0.1"
LIMIT_S = 280


def run(kit, package, *options):
    result = subprocess.run([*kit, package, "--format", "json", "--seed", "1", *options], capture_output=True, text=True,
                            timeout=LIMIT_S)
    if result.returncode not in (0, 1):
        sys.exit(f"slipway-kit ended with {result.returncode}: {result.stderr}")
    report = json.loads(result.stdout)
    if report["passed"] != (result.returncode == 0):
        sys.exit("the exit status and the report differ")
    return {f"{test['group']}.{test['name']}": test for test in report["tests"]}


def all_tests(kit):
    listed = subprocess.run([*kit, "--list"], capture_output=True, text=True, timeout=10, check=True).stdout
    return [line.split(":")[0] for line in listed.splitlines()]


def package_of(packages, health, name):
    return str(packages / health / f"zoo.{name.replace('_', '-')}" / "1.0.0")


def check_defective(kit, packages, entry):
    options = ["--patience", HANG_PATIENCE] if entry["verdict"] == "hang" else []
    tests = run(kit, package_of(packages, "defective", entry["name"]), "--only", entry["test"], *options)
    found = tests[entry["test"]]
    if found["verdict"] != entry["verdict"] or entry["reason"] not in found["reason"]:
        sys.exit(f"{entry['name']}: want {entry['verdict']} with \"{entry['reason']}\" from {entry['test']}, "
                 f"got {found['verdict']}: {found['reason']}")


def check_alone(kit, packages, entry):
    """No other test would have caught it."""
    tests = run(kit, package_of(packages, "defective", entry["name"]))
    caught = {name for name, test in tests.items() if test["verdict"] not in ("pass", "skip")}
    if caught != {entry["test"]}:
        sys.exit(f"{entry['name']} is to be caught by {entry['test']} alone, it is by {sorted(caught)}")


def check_healthy(kit, packages, entry):
    tests = run(kit, package_of(packages, "healthy", entry["name"]))
    if list(tests) != all_tests(kit):
        sys.exit(f"not every test was run: {sorted(set(all_tests(kit)) - set(tests))}")
    allowed = MAY_SKIP - {entry["test"]} | ({"threading.calls_overlap"} & {entry["test"]})
    wrong = [f"{name}: {test['verdict']}: {test['reason']}" for name, test in tests.items()
             if test["verdict"] != "pass" and not (test["verdict"] == "skip" and name in allowed and test["reason"])]
    if wrong:
        sys.exit(f"the healthy twin of {entry['name']} does not pass:\n" + "\n".join(wrong))


def main():
    program, zoo, packages, key, name = sys.argv[1:]
    kit = [program, "--key", key]
    entry = next(entry for entry in json.loads(pathlib.Path(zoo).read_text()) if entry["name"] == name)
    check_defective(kit, pathlib.Path(packages), entry)
    if entry.get("alone"):
        check_alone(kit, pathlib.Path(packages), entry)
    check_healthy(kit, pathlib.Path(packages), entry)


if __name__ == "__main__":
    main()
