"""Reads file names from standard input and reports source files of more lines than the argument allows."""

import pathlib
import sys

SOURCES = {".c", ".h", ".cpp", ".hpp", ".py", ".js", ".ts", ".lua", ".cmake", ".bats", ".sh", ""}


def main():
    most = int(sys.argv[1])
    names = [name for name in sys.stdin.read().splitlines() if pathlib.Path(name).suffix in SOURCES]
    lines = {name: len(pathlib.Path(name).read_bytes().splitlines()) for name in names}
    too_long = {name: count for name, count in lines.items() if count > most}
    for name, count in sorted(too_long.items()):
        print(f"{name}: {count} lines, at most {most}: split it by idea")
    print(f"{len(names)} files, the longest of {max(lines.values(), default=0)} lines")
    return 1 if too_long else 0


if __name__ == "__main__":
    sys.exit(main())
