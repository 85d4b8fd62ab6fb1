# The demonstration's arithmetic, and that its parts read each other's formats.

setup() { root=$BATS_TEST_DIRNAME/../../..; }

@test "the demonstration adds up its witnesses and notices what is wrong" {
  run /usr/bin/python3 "$BATS_TEST_DIRNAME/demo_test.py"
  [ "$status" -eq 0 ]
}

@test "it reads the count file that the example application writes" {
  program=${TEST_BUILD:-$root/build/dev}/bin/slipway-example
  mkdir "$BATS_TEST_TMPDIR/counts"
  "$program" --port 0 --version 1.7 --count-dir "$BATS_TEST_TMPDIR/counts" --exit-after 10ms || true
  cd "$root/tools/demo.d"
  run /usr/bin/python3 -c 'import counts, sys; print(counts.counts_by_version(sys.argv[1]))' "$BATS_TEST_TMPDIR/counts"
  [[ $output == "{'1.7': AppCounts(received=0, "* ]]
}

@test "a recording is cut by characters, not by bytes" {
  run env LC_ALL=C /usr/bin/python3 "$root/tools/demo.d/cut_lines.py" 4 <<<'ab→→ef
1234
→'
  [ "$status" -eq 0 ]
  [ "$output" = 'ab→→
1234
→' ]
}

@test "an option that it does not have is refused before anything is installed" {
  for options in --kepp "--record --keep" --stop; do
    # shellcheck disable=SC2086 # words
    run "$root/tools/demo" $options
    [ "$status" -eq 2 ]
    [ "${lines[0]}" = "tools/demo: unknown options: $options" ]
  done
}
