@test "the analyzers' figures are made of the ends of backtests" {
  run /usr/bin/python3 -B "$BATS_TEST_DIRNAME/characteristics_test.py"
  [ "$status" -eq 0 ]
}
