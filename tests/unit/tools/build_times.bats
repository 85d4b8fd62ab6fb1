# The measurement of build times, with programs that only say what they were asked.

setup() {
  root=$(cd "$BATS_TEST_DIRNAME/../../.." && pwd)
  export BUILD_TIMES_TOUCHED=$BATS_TEST_TMPDIR/rolling.cpp
  echo 'int x;' >"$BUILD_TIMES_TOUCHED"
  mkdir "$BATS_TEST_TMPDIR/bin"
  for program in cmake ctest; do
    # shellcheck disable=SC2016 # the written script expands them
    printf '#!/bin/sh\necho "%s $*: $(wc -l <%s) lines" >>"%s/asked"\n' "$program" "$BUILD_TIMES_TOUCHED" \
      "$BATS_TEST_TMPDIR" >"$BATS_TEST_TMPDIR/bin/$program"
    chmod +x "$BATS_TEST_TMPDIR/bin/$program"
  done
  PATH=$BATS_TEST_TMPDIR/bin:$PATH
}

@test "both times are printed with their limits, and the touched source is as before" {
  run "$root/tools/dev/build_times"
  [ "$status" -eq 0 ]
  [[ ${lines[0]} == 'clean dev build '*' s   at most 720 s: holds' ]]
  [[ ${lines[1]} == 'one plugin touched, rebuilt, its tests run '*' s   at most 30 s: holds' ]]
  [ "$(cat "$BUILD_TIMES_TOUCHED")" = 'int x;' ]
}

@test "the source is changed when it is built again, and its tests run" {
  run "$root/tools/dev/build_times" --touched
  [ "$status" -eq 0 ]
  [ "$(grep -c '^cmake --build build/dev: 1 lines' "$BATS_TEST_TMPDIR/asked")" -eq 1 ]
  [ "$(grep -c '^cmake --build build/dev: 2 lines' "$BATS_TEST_TMPDIR/asked")" -eq 1 ]
  grep -q '^ctest .*-R \[Rr\]olling' "$BATS_TEST_TMPDIR/asked"
}

@test "an unknown word is refused with the usage" {
  run "$root/tools/dev/build_times" --quick
  [[ $status == 2 && $output == 'usage: '* ]]
}
