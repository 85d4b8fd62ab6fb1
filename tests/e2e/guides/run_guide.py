#!/usr/bin/env python3
"""Runs a guide as a reader would: files that it shows are written, its `sh` blocks run in order in one shell.

usage: run_guide.py [--limit SECONDS] GUIDE.md...

Wants a running stack: SLIPWAY_URL, SLIPWAY_TOKEN_FILE (or SLIPWAY_TOKEN), EDGE (where traffic comes in), and the
programs in PATH. Each guide runs in an empty folder of its own. Ends with 1 at the first command that fails, and names
the block by its line. A guide that is not done after --limit (100) is ended
with all that it started; let a caller's own limit be longer. Its shell also ends when run_guide.py was killed.
A block is ```sh; a file is ```yaml NAME, or any language and a name. Other blocks are only shown.
"""

import argparse
import contextlib
import ctypes
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

FENCE = re.compile(r"^```(\w+)?[ ]*(\S+)?\s*$")
WANTED = ("SLIPWAY_URL", "EDGE")
_DEATH_SIGNAL = 1
_libc = ctypes.CDLL(None)


def blocks_of(text):
    """(language, name, line, content) of each fenced block, in order."""
    blocks, opened, content = [], None, []
    for number, line in enumerate(text.splitlines(), 1):
        fence = FENCE.match(line)
        if opened is None and fence:
            opened, content = (fence[1] or "", fence[2] or "", number), []
        elif opened is not None and line.rstrip() == "```":
            blocks.append((*opened, "\n".join(content) + "\n"))
            opened = None
        elif opened is not None:
            content.append(line)
    if opened is not None:
        raise SystemExit(f"the block at line {opened[2]} has no end")
    return blocks


def script_of(name, blocks, folder):
    """One script for the shell; writes the files that the guide shows, in front of the blocks that use them."""
    parts = ["set -euo pipefail"]
    for language, file, line, content in blocks:
        if file and "/" not in file:
            shown = folder / ".shown" / f"{line}"
            shown.parent.mkdir(exist_ok=True)
            shown.write_text(content)
            parts.append(f"cp '{shown}' '{file}'")
        elif language == "sh":
            where = f"{name}:{line}"
            parts.append(f"echo '== {where}'\ntrap 'echo \"{where}: a command of this block failed\" >&2' ERR\n{content}")
    return "\n".join(parts)


def end_with(parent):
    """In the shell's process: its end is not left to a caller that may be killed."""
    _libc.prctl(_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def run(guide, limit_s):
    blocks = blocks_of(guide.read_text())
    if not any(language == "sh" for language, *_ in blocks):
        raise SystemExit(f"{guide}: has no block that can be run")
    with tempfile.TemporaryDirectory(prefix="slipway-guide-") as place:
        folder = pathlib.Path(place)
        script = script_of(guide.name, blocks, folder)
        own = os.getpid()
        shell = subprocess.Popen(["bash", "-c", script], cwd=folder, stdin=subprocess.DEVNULL, start_new_session=True,
                                 preexec_fn=lambda: end_with(own))
        try:
            return shell.wait(limit_s)
        except subprocess.TimeoutExpired:
            print(f"{guide}: not done after {limit_s} s", file=sys.stderr)
            return 1
        finally:
            # What a block started in the background and a later one would have ended.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGKILL)
            shell.wait()


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limit", type=float, default=100, metavar="SECONDS")
    parser.add_argument("guides", nargs="+", type=pathlib.Path, metavar="GUIDE.md")
    options = parser.parse_args(arguments)
    missing = [name for name in WANTED if not os.environ.get(name)]
    if missing:
        raise SystemExit(f"run_guide.py wants {', '.join(missing)} in the environment: a running stack")
    return max(run(guide, options.limit) for guide in options.guides)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
