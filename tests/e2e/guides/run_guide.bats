# The program that runs guides: what it runs, what it writes, and that a failing command is not overlooked.

setup() {
  program=$BATS_TEST_DIRNAME/run_guide.py
  export SLIPWAY_URL=http://127.0.0.1:1 EDGE=http://127.0.0.1:1
  cd "$BATS_TEST_TMPDIR" || return 1
}

# One that has ended and that nobody waits for is gone too.
ends() {
  # shellcheck disable=SC2016 # the inner bash expands it
  timeout 20 bash -c 'while grep -qs "^State:[[:space:]]*[^ZX]" "/proc/$1/status"; do sleep 0.05; done' bash "$1"
}

@test "blocks run in order in one shell, and files that the guide shows are there" {
  # shellcheck disable=SC2016 # the guide expands them, not this script
  printf '%s\n' '```yaml a.yaml' 'name: a' '```' '```sh' 'word=$(cat a.yaml)' '```' '```console' 'exit 1' '```' \
    '```sh' 'echo "read $word"' '```' >guide.md
  run "$program" guide.md
  [[ $status == 0 && $output == *'read name: a'* ]]
}

@test "a command that fails ends the guide and names its block" {
  printf '%s\n' 'text' '```sh' 'false' 'echo not here' '```' >guide.md
  run "$program" guide.md
  [[ $status == 1 && $output == *'guide.md:2: a command of this block failed'* && $output != *'not here'* ]]
}

@test "a guide without anything to run is refused" {
  echo 'only words' >guide.md
  run "$program" guide.md
  [[ $status == 1 && $output == *'has no block that can be run'* ]]
}

@test "without a running stack it says what it wants" {
  echo '```sh' >guide.md
  EDGE='' run "$program" guide.md
  [[ $status == 1 && $output == *'wants EDGE'* ]]
}

@test "a guide that is not done in time is ended, with what it started" {
  # shellcheck disable=SC2016 # the guide expands them, not this script
  printf '%s\n' '```sh' 'sleep 300 >/dev/null 2>&1 3>&- & echo "$!" >"$STARTED"' 'until false; do sleep 0.1; done' '```' >guide.md
  STARTED=$PWD/started run timeout 60 "$program" --limit 2 guide.md
  [[ $status == 1 && $output == *'guide.md: not done after 2.0 s'* ]]
  ends "$(cat started)"
}

@test "a guide ends with the program that runs it, also when that is killed" {
  mkfifo said
  # shellcheck disable=SC2016 # the guide expands them, not this script
  printf '%s\n' '```sh' 'echo "$$" >"$SAID"' 'until false; do sleep 0.1; done' '```' >guide.md
  SAID=$PWD/said "$program" guide.md 3>&- &
  local runner=$! shell
  read -r shell <said
  kill -KILL "$runner"
  wait "$runner" || true
  ends "$shell"
}
