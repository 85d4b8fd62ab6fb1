"""The promise of the ABI: what was released stays. Fields and constants may be appended; a struct may grow; nothing moves
or becomes of another type.

usage: promise_test.py DESCRIBE plugin_1.txt DESCRIBE_1_0...: today's header, what was released, and the headers that plugins of
released SDKs are rebuilt against
"""

import pathlib
import subprocess
import sys
import unittest

GROWING = {"slipway_call", "slipway_host", "slipway_plugin"}  # they begin with their size


def faults(released, found):
    """What of the released description the found one breaks, as sentences."""
    problems = []
    known = {tuple(line.split()[:2]): line for line in found}
    for line in released:
        kind, name = line.split()[:2]
        now = known.get((kind, name))
        if now is None:
            problems.append(f"{kind} {name} is gone")
        elif kind == "struct" and name in GROWING:
            old, new = line.split(), now.split()
            if int(new[3]) < int(old[3]) or new[5] != old[5]:
                problems.append(f"{line} became {now}")
        elif now != line:
            problems.append(f"{line} became {now}")
    order = [line.split()[1] for line in released if line.startswith("field ")]
    position = {line.split()[1]: int(line.split()[3]) for line in found if line.startswith("field ")}
    for line in found:
        kind, name = line.split()[:2]
        if kind != "field" or name in order:
            continue
        struct = name.split(".")[0]
        end = max((position[field] for field in order if field.split(".")[0] == struct and field in position), default=-1)
        if struct not in GROWING:
            problems.append(f"{name} was added to a struct without a size")
        elif position[name] < end:
            problems.append(f"{name} was not appended")
    return problems


def undescribed(found):
    """Structs that go on behind the last field that is described."""
    end, names = {}, []
    for kind, name, _, first, _, second, *_ in (line.split() for line in found if not line.startswith("constant ")):
        if kind == "field":
            end[name.split(".")[0]] = int(first) + int(second)
        else:
            names.append((name, int(first)))
    return [name for name, size in names if end[name] != size]


def described_by(program):
    return subprocess.run([program], check=True, capture_output=True, text=True, timeout=10).stdout.splitlines()


class Promise(unittest.TestCase):
    describe, golden, *kept = sys.argv[1:]

    def setUp(self):
        self.released = pathlib.Path(self.golden).read_text().splitlines()

    def test_the_header_keeps_what_was_released(self):
        self.assertEqual(faults(self.released, described_by(self.describe)), [])

    def test_every_slot_is_described(self):
        self.assertEqual(undescribed(described_by(self.describe)), [])
        less = [line for line in self.released if "slipway_plugin.destroy" not in line]
        self.assertEqual(undescribed(less), ["slipway_plugin"])

    def test_the_kept_headers_are_those_that_were_released(self):
        self.assertGreater(len(self.kept), 0)
        for program in self.kept:
            with self.subTest(program):
                self.assertEqual(faults(described_by(program), self.released), [])

    def test_appending_is_allowed(self):
        grown = [line.replace("struct slipway_call size 112", "struct slipway_call size 128") for line in self.released]
        self.assertEqual(faults(self.released, grown + ["field slipway_call.region offset 112 size 16"]), [])

    def test_a_field_that_moves_is_told(self):
        moved = [line.replace("slipway_call.roles offset 96", "slipway_call.roles offset 104") for line in self.released]
        self.assertEqual(faults(self.released, moved), [
            "field slipway_call.roles offset 96 size 16 type slipway_span became "
            "field slipway_call.roles offset 104 size 16 type slipway_span"])

    def test_a_field_of_another_type_is_told_though_its_size_is_the_same(self):
        other = [line.replace("int64_t", "uint64_t") if "slipway_call.budget_ns" in line else line for line in self.released]
        self.assertEqual(faults(self.released, other), [
            "field slipway_call.budget_ns offset 24 size 8 type int64_t became "
            "field slipway_call.budget_ns offset 24 size 8 type uint64_t"])

    def test_a_field_that_goes_is_told(self):
        less = [line for line in self.released if "slipway_plugin.quiesce" not in line]
        self.assertEqual(faults(self.released, less), ["field slipway_plugin.quiesce is gone"])

    def test_a_field_in_the_middle_is_told(self):
        more = self.released + ["field slipway_host.peek offset 20 size 8"]
        self.assertEqual(faults(self.released, more), ["slipway_host.peek was not appended"])

    def test_a_struct_without_a_size_does_not_grow(self):
        more = self.released + ["field slipway_span.hash offset 16 size 8"]
        self.assertEqual(faults(self.released, more), ["slipway_span.hash was added to a struct without a size"])

    def test_a_constant_that_changes_is_told(self):
        other = [line.replace("SLIPWAY_UNAVAILABLE 14", "SLIPWAY_UNAVAILABLE 15") for line in self.released]
        self.assertEqual(faults(self.released, other),
                         ["constant SLIPWAY_UNAVAILABLE 14 became constant SLIPWAY_UNAVAILABLE 15"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
