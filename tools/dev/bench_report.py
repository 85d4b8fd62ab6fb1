"""Runs the benchmark programs named on standard input and prints their figures as a table or as JSON lines.

Each line that a program prints is one figure: {"id", "value", "unit", "goal", "holds"} and, where it was measured against
something in the same run, "reference" and "ratio". Exits 1 when a figure misses its goal or a program fails.
"""

import argparse
import datetime
import json
import os
import pathlib
import subprocess
import sys

COLUMNS = ("id", "value", "unit", "reference", "ratio", "goal", "holds")
DEADLINE_S = 600


def figures_of(program):
    run = subprocess.run([program], stdout=subprocess.PIPE, text=True, timeout=DEADLINE_S, check=True)
    return [{column: json.loads(line).get(column) for column in COLUMNS} for line in run.stdout.splitlines()]


def try_figures_of(program):
    try:
        return figures_of(program)
    except (OSError, ValueError, AttributeError, subprocess.SubprocessError) as error:
        print(f"{program}: {error}", file=sys.stderr)
        return [dict.fromkeys(COLUMNS) | {"id": program, "goal": "runs", "holds": False}]


def cell(value):
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "NO"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def print_table(figures):
    rows = [COLUMNS] + [tuple(cell(figure[column]) for column in COLUMNS) for figure in figures]
    widths = [max(len(row[index]) for row in rows) for index in range(len(COLUMNS))]
    for row in rows:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip())


def processor():
    models = [line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    return f"{os.cpu_count()} x {models[0] if models else os.uname().machine}"


def write_page(path, figures):
    command = ["git", "describe", "--always", "--dirty"]
    commit = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    load = os.getloadavg()[2]
    rows = [COLUMNS, ("---",) * len(COLUMNS)] + [tuple(cell(figure[column]) for column in COLUMNS) for figure in figures]
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    path.write_text(f"""# Benchmarks

Written by `tools/bench --page`. A figure's goal is compared with its ratio where it has a reference, which was measured in
the same run, else with its value.

{datetime.date.today()}, {commit}, release preset, {processor()}, load of the last 15 minutes {load:.1f}.

{table}
""")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--page", type=pathlib.Path)
    parser.add_argument("--list", action="store_true")
    arguments = parser.parse_args()
    programs = sys.stdin.read().split()
    if arguments.list:
        print("\n".join(programs))
        return 0
    figures = []
    for program in programs:
        new = try_figures_of(program)
        figures += new
        if arguments.json:
            print("\n".join(json.dumps(figure) for figure in new), flush=True)
    if not arguments.json:
        print_table(figures)
    if arguments.page:
        write_page(arguments.page, figures)
    return 0 if figures and all(figure["holds"] is True for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
