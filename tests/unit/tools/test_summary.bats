# The totals that tools/test prints last.

setup() {
  cd "$BATS_TEST_DIRNAME/../../.." || return 1
  reports=$BATS_TEST_TMPDIR/reports skips=$BATS_TEST_TMPDIR/skips.txt
  mkdir "$reports"
  : >"$skips"
}

ctest_report() { # name status...
  {
    echo '<testsuite>'
    while (($#)); do
      printf '<testcase name="%s" status="%s">' "$1" "$2"
      [[ $2 == fail ]] && printf '<failure message=""/>'
      [[ $2 == notrun ]] && printf '<skipped message=""/>'
      echo '</testcase>'
      shift 2
    done
    echo '</testsuite>'
  } >"$reports/${report:-ctest}.xml"
}

summary() { run /usr/bin/python3 tools/dev/test_summary.py --skips "$skips" "$reports"; }

last_line() { printf '%s\n' "${lines[@]: -1}"; }

@test "results of ctest and bats are added up" {
  ctest_report one run two run
  printf '1..1\nok 1 three\n' >"$reports/bats.tap"
  summary
  [ "$status" -eq 0 ]
  [ "$(last_line)" = "3 passed, 0 failed" ]
}

@test "a failure is named and fails the run" {
  ctest_report one run two fail
  summary
  [ "$status" -eq 1 ]
  [[ $output == *"failed: two"* ]]
  [ "$(last_line)" = "1 passed, 1 failed" ]
}

@test "a test that passes when it is run again is named as unstable and counts as passed" {
  ctest_report one run two fail
  report=ctest-again ctest_report two run
  summary
  [ "$status" -eq 0 ]
  [[ $output == *"unstable: two"* ]]
  [ "$(last_line)" = "2 passed, 0 failed" ]
}

@test "a test that fails again is a failure, counted once" {
  ctest_report one run two fail
  report=ctest-again ctest_report two fail
  summary
  [ "$status" -eq 1 ]
  [ "$(last_line)" = "1 passed, 1 failed" ]
}

@test "the end of what a failed test printed is shown beside its name" {
  echo '<testsuite><testcase name="two" status="fail"><failure/><system-out>the reason</system-out></testcase></testsuite>' \
    >"$reports/ctest.xml"
  summary
  [[ $output == *"failed: two"*"the reason"* ]]
}

@test "a run without tests is not a success" {
  summary
  [ "$status" -eq 1 ]
  [ "$(last_line)" = "0 passed, 0 failed" ]
}

@test "a skipped test without a listed reason counts as failed" {
  ctest_report one run two notrun
  summary
  [ "$status" -eq 1 ]
  [ "$(last_line)" = "1 passed, 1 failed" ]
}

@test "a skipped test with a listed reason is counted and its reason printed" {
  ctest_report one run two notrun
  echo 't?o  needs a second disk' >"$skips"
  summary
  [ "$status" -eq 0 ]
  [[ $output == *"skipped: two (needs a second disk)"*"1 skipped"* ]]
  [ "$(last_line)" = "1 passed, 0 failed" ]
}

@test "a list of skips without a reason is refused" {
  ctest_report one run
  echo 'two' >"$skips"
  summary
  [ "$status" -eq 1 ]
  [[ $output == *"'two' has no reason"* ]]
}

@test "tests that bats planned and never reported are failures" {
  printf '1..2\nok 1 three\n' >"$reports/bats.tap"
  summary
  [ "$status" -eq 1 ]
  [[ $output == *"1 of 2 tests did not report"* ]]
}
