"""Holds the includes of the files named on standard input to the table given as argument (see includes.txt)."""

import fnmatch
import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
C_HEADERS = set("""assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg
stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath threads time uchar wchar wctype""".split())
SYSTEM_FOLDERS = ("sys/", "arpa/", "net/", "netinet/", "linux/", "bits/")
SYSTEM_HEADERS = set("""dirent dlfcn elf fcntl fnmatch ftw getopt glob grp ifaddrs langinfo libgen link netdb poll pthread
pwd regex sched semaphore spawn strings syslog termios unistd utime wordexp""".split())


def read_table(path):
    order, rules = [], []
    for line in path.read_text().splitlines():
        words = line.split("#", 1)[0].split()
        if words and words[0] == "order":
            order = words[1:]
        elif words:
            rules.append((words[0], set(words[1:])))
    return order, rules


def rule_of(name, rules):
    return next(((folder, kinds) for folder, kinds in rules if fnmatch.fnmatchcase(name, f"{folder}/*")), None)


def kind_of_library(header):
    stem = header.removesuffix(".h")
    if header.startswith("slipway/abi/"):
        return "abi"
    if header.startswith("slipway/testing/"):
        return "testing"
    for start, kind in (("slipway/", "sdk"), ("boost/", "boost"), ("nlohmann/", "nlohmann")):
        if header.startswith(start):
            return kind
    if header.endswith(".h") and stem in C_HEADERS:
        return "c"
    if header.startswith(SYSTEM_FOLDERS) or (header.endswith(".h") and stem in SYSTEM_HEADERS):
        return "system"
    return "third" if "/" in header or "." in header else "std"


def unit_of(path):
    """What counts as one unit: a host folder, a plugin, and so on; a file may always include its own unit's."""
    parts = pathlib.PurePath(path).parts[:-1]
    depth = {"host": 2, "plugins": 3, "tools": 2}.get(parts[0] if parts else "", 2)
    return parts[:depth]


def shared_by(name):
    """What plugins of one kind have in common: plugins/storage/common for those beneath plugins/storage."""
    parts = pathlib.PurePath(name).parts
    return (*parts[:2], "common") if parts[0] == "plugins" else None


def kind_of_project_file(name, header, order):
    root = header.split("/", 1)[0]
    if "/" not in header or unit_of(header) in (unit_of(name), shared_by(name)):
        return "own"
    if root == "host" and name.startswith("host/"):
        mine, its = (unit_of(path)[1:] for path in (name, header))
        place = {folder: position for position, folder in enumerate(order)}
        earlier = place.get(its[0] if its else "", len(order)) < place.get(mine[0] if mine else "", len(order))
        return "before" if earlier else "host folder that comes later"
    return {"sdk": "sdk-source"}.get(root, root)


def findings_of(name, order, rules):
    rule = rule_of(name, rules)
    if rule is None:
        yield f"{name}: no line of the table speaks of this folder"
        return
    folder, allowed = rule
    for number, line in enumerate(pathlib.Path(name).read_text(errors="replace").splitlines(), 1):
        if match := INCLUDE.match(line):
            bracket, header = match.groups()
            kind = kind_of_library(header) if bracket == "<" else kind_of_project_file(name, header, order)
            if kind not in allowed:
                yield f"{name}:{number}: {header} ({kind}); {folder} may include: {' '.join(sorted(allowed))}"


def main():
    order, rules = read_table(pathlib.Path(sys.argv[1]))
    names = sys.stdin.read().splitlines()
    findings = [finding for name in names for finding in findings_of(name, order, rules)]
    print("\n".join(findings) or f"{len(names)} files hold to the table")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
