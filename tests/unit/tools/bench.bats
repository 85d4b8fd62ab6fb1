# The report that tools/bench makes of the figures that benchmark programs print.

setup() {
  root=$BATS_TEST_DIRNAME/../../..
  cd "$BATS_TEST_TMPDIR" || return 1
}

program() { # name, body
  printf '#!/bin/sh\n%s\n' "$2" >"$1"
  chmod +x "$1"
}

report() { # options..., programs on standard input
  run /usr/bin/python3 "$root/tools/dev/bench_report.py" "$@" <<<"$PWD/bench-one"
}

@test "figures that hold their goals are a table and a success" {
  program bench-one 'echo "{\"id\": \"call\", \"value\": 12.3, \"unit\": \"ns\", \"goal\": \"<= 25\", \"holds\": true}"'
  report
  [ "$status" -eq 0 ]
  [[ ${lines[0]} =~ ^id\ +value\ +unit\ +reference\ +ratio\ +goal\ +holds$ ]]
  [[ ${lines[1]} =~ ^call\ +12.3\ +ns\ +–\ +–\ +"<= 25"\ +yes$ ]]
}

@test "a figure that misses its goal fails the run" {
  program bench-one 'echo "{\"id\": \"call\", \"value\": 99, \"unit\": \"ns\", \"goal\": \"<= 25\", \"holds\": false}"'
  report --json
  [ "$status" -eq 1 ]
  [[ $output == *'"holds": false'* ]]
}

@test "a program that fails is a figure that misses its goal" {
  program bench-one 'exit 3'
  report
  [ "$status" -eq 1 ]
  [[ $output == *"returned non-zero exit status 3"* ]]
}

@test "a line that is no figure is a failure of its program" {
  program bench-one 'echo faster than ever'
  report
  [ "$status" -eq 1 ]
}

@test "the table is a page too, with what it was measured on" {
  program bench-one 'echo "{\"id\": \"call\", \"value\": 12.3, \"unit\": \"ns\", \"goal\": \"<= 25\", \"holds\": true}"'
  cd "$root" || return 1 # the page names the commit
  run /usr/bin/python3 tools/dev/bench_report.py --page "$BATS_TEST_TMPDIR/page.md" <<<"$BATS_TEST_TMPDIR/bench-one"
  [ "$status" -eq 0 ]
  grep -qxF '| call | 12.3 | ns | – | – | <= 25 | yes |' "$BATS_TEST_TMPDIR/page.md"
  grep -qE 'release preset, [0-9]+ x ' "$BATS_TEST_TMPDIR/page.md"
}
