"""What the load generator and the application counted: the two witnesses that the demonstration's summary rests on."""

import collections
import dataclasses
import pathlib
import re
import struct

# CountPage of tools/example/counts.hpp.
PAGE = struct.Struct("=8s56sQQ6QQQqQ")
MAGIC = b"SLWCNT1\0"


@dataclasses.dataclass(frozen=True)
class AppCounts:
    """One version of the application, all its processes together. `last_s`: when its last request arrived."""

    received: int = 0
    ok: int = 0
    failed: int = 0
    injected: int = 0
    unsent: int = 0
    last_s: float = 0.0
    slow: int = 0

    def __add__(self, other):
        sums = {f.name: getattr(self, f.name) + getattr(other, f.name) for f in dataclasses.fields(self)}
        return AppCounts(**{**sums, "last_s": max(self.last_s, other.last_s)})


def read_page(path):
    """(version, counts) of one process, alive or dead; None while it has not written its page yet."""
    data = path.read_bytes()
    if len(data) < PAGE.size or not data.startswith(MAGIC):
        return None
    _, version, _, received, *classes, injected, unsent, last_us, slow = PAGE.unpack(data[: PAGE.size])
    ok = classes[1] + classes[2] + classes[3]
    failed = classes[4] + classes[5]
    return version.rstrip(b"\0").decode(), AppCounts(received, ok, failed, injected, unsent, last_us / 1e6, slow)


def counts_by_version(folder):
    totals = collections.defaultdict(AppCounts)
    for path in pathlib.Path(folder).iterdir():
        if page := read_page(path):
            version, counts = page
            totals[version] += counts
    return dict(totals)


@dataclasses.dataclass(frozen=True)
class LoadReport:
    """What hey saw: answers by status, and requests that got no answer by the reason."""

    by_status: dict
    errors: dict

    @property
    def requests(self):
        return sum(self.by_status.values()) + sum(self.errors.values())

    @property
    def ok(self):
        return sum(count for status, count in self.by_status.items() if status < 400)

    @property
    def failed(self):
        return self.requests - self.ok


def parse_hey(text):
    statuses = re.findall(r"^\s+\[(\d+)\]\s+(\d+) responses", text, re.MULTILINE)
    _, _, tail = text.partition("Error distribution:")
    errors = re.findall(r"^\s+\[(\d+)\]\s+(.+)$", tail, re.MULTILINE)
    return LoadReport({int(status): int(count) for status, count in statuses},
                      {reason.strip(): int(count) for count, reason in errors})
