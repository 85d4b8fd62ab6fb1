"""What every other test here relies on."""

import subprocess
import unittest
from unittest import mock

import harness

REPORT = "==7==ERROR: AddressSanitizer: heap-use-after-free on address 0x1"


class HarnessTest(unittest.TestCase):
    def test_a_program_that_a_sanitizer_ended_fails_its_test_also_where_it_may_fail(self):
        with self.assertRaisesRegex(AssertionError, f"^{REPORT}\n"):
            harness.run(["sh", "-c", f"echo begin >&2; echo '{REPORT}' >&2; exit 1"])
        self.assertEqual(harness.run(["sh", "-c", "echo no >&2; exit 1"]).returncode, 1)

    def test_a_program_of_a_slower_build_has_more_time(self):
        asked = mock.Mock(return_value=subprocess.CompletedProcess([], 0, "", ""))
        with mock.patch("subprocess.run", asked), mock.patch("harness.SLOWNESS", 4):
            harness.run(["true"], 30)
        self.assertEqual(asked.call_args.kwargs["timeout"], 120)


if __name__ == "__main__":
    unittest.main()
