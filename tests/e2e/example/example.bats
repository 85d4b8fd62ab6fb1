# The example application as a process: what it answers, and that its own counts can be relied on.

setup() {
  program=${TEST_BUILD:-$BATS_TEST_DIRNAME/../../../build/dev}/bin/slipway-example
  counts=$BATS_TEST_TMPDIR/counts
  mkdir "$counts"
  pid=
}

teardown() {
  [[ -n $pid ]] || return 0
  { kill -KILL "$pid" && wait "$pid"; } 2>/dev/null || true
}

# Starts it on a free port and returns when it listens; sets pid and url.
start() { # options...
  local said=$BATS_TEST_TMPDIR/said line=
  rm -f "$said"
  mkfifo "$said"
  "$program" --port 0 --version 1.0 --count-dir "$counts" "$@" >"$said" 3>&- &
  pid=$!
  exec 4<"$said"
  read -r -t 10 -u 4 line
  url=http://${line##* }
}

fetch() { curl -s -m 10 "$url$1" "${@:2}"; }
status_of() { curl -s -m 10 -o /dev/null -w '%{http_code}' "$url$1" "${@:2}"; }
finish() { # expects it to end; sets status
  status=0
  wait "$pid" || status=$?
  pid=
}
count() { # name
  "$program" --show-counts "$counts"/1.0-* | /usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"
}

@test "it answers with its version and process id" {
  start
  [ "$(fetch /)" = "version 1.0 pid $pid" ]
}

@test "several requests go over one connection" {
  start
  run curl -s -m 10 -w '%{num_connects} ' -o /dev/null "$url/" -o /dev/null "$url/" -o /dev/null "$url/echo" -d text
  [ "$output" = "1 0 0 " ]
}

@test "it gives a request's body back, and refuses one that is too large" {
  start
  [ "$(fetch /echo -d 'some text')" = "some text" ]
  head -c 70000 /dev/zero >"$BATS_TEST_TMPDIR/large"
  run fetch /echo --data-binary "@$BATS_TEST_TMPDIR/large"
  [ "$status" -ne 0 ]
  [ "$(status_of /)" = 200 ]
}

@test "an unknown path is 404" {
  start
  [ "$(status_of /nowhere)" = 404 ]
}

@test "it is alive at once and ready when told" {
  start --ready-after 60m
  [ "$(status_of /livez)" = 200 ]
  [ "$(status_of /healthz)" = 503 ]
}

@test "every request fails with a fail ratio of 1, but no probe" {
  start --fail-ratio 1
  [ "$(status_of /)" = 500 ]
  [ "$(status_of /healthz)" = 200 ]
}

@test "the share of failures is the one asked for, and load generator and application agree on it" {
  EXAMPLE_FAIL_RATIO=0.2 start --seed 7
  hey -n 1000 -c 1 "$url/" >"$BATS_TEST_TMPDIR/hey"
  failed=$(count 5xx)
  ((failed > 150 && failed < 250))
  [ "$(count injected)" -eq "$failed" ]
  [ "$(count 2xx)" -eq $((1000 - failed)) ]
  grep -qE "\[500\]\s+$failed responses" "$BATS_TEST_TMPDIR/hey"
}

@test "latency is added to each request" {
  start --latency 120ms
  run curl -s -m 10 -o /dev/null -w '%{time_total}' "$url/"
  [ "$(/usr/bin/python3 -c "print($output >= 0.12)")" = True ]
}

@test "Prometheus is told each answer by its class and by how long it took" {
  start --latency 60ms
  fetch / && fetch /nowhere
  fetch /metrics >"$BATS_TEST_TMPDIR/metrics"
  for line in 'requests_total{version="1.0",code="2xx"} 1' 'requests_total{version="1.0",code="4xx"} 1' \
    'request_duration_seconds_bucket{version="1.0",le="0.05"} 0' 'request_duration_seconds_bucket{version="1.0",le="+Inf"} 2'; do
    grep -qxF "example_$line" "$BATS_TEST_TMPDIR/metrics"
  done
}

@test "a secret is shown as its SHA-256 and never as itself" {
  TOKEN=hunter2 start
  [ "$(fetch '/secret-digest?name=TOKEN')" = "$(printf hunter2 | sha256sum | cut -d ' ' -f 1)" ]
  [ "$(status_of '/secret-digest?name=NO_SUCH')" = 404 ]
}

@test "the count file is exact after SIGKILL under load" {
  start
  hey -n 5000 -c 8 "$url/" >/dev/null
  fetch /counts >/dev/null
  kill -KILL "$pid"
  finish
  [ "$(count 2xx)" -eq 5000 ]
  [ "$(count unsent)" -eq 0 ]
}

@test "SIGTERM lets an open request finish and then ends with success" {
  start
  fetch '/sleep?ms=700' >"$BATS_TEST_TMPDIR/answer" &
  local client=$!
  local tries=0
  until [[ $(fetch /counts) == *'"received":1,'* ]]; do ((++tries < 500)); done
  kill -TERM "$pid"
  finish
  [ "$status" -eq 0 ]
  wait "$client"
  [[ $(cat "$BATS_TEST_TMPDIR/answer") == "version 1.0"* ]]
}

@test "after SIGTERM it takes no new connection" {
  start
  kill -TERM "$pid"
  finish
  run fetch /
  [ "$status" -eq 7 ]
}

@test "told to ignore SIGTERM it serves on" {
  start --ignore-sigterm
  kill -TERM "$pid"
  [ "$(status_of /)" = 200 ]
  [ "$(status_of /)" = 200 ]
}

@test "told to exit it ends with status 1" {
  start --exit-after 50ms
  finish
  [ "$status" -eq 1 ]
}

@test "told to crash it never listens" {
  run "$program" --crash-on-start
  [ "$status" -eq 1 ]
  [ "$output" = "slipway-example: crashes on start, as told" ]
}

@test "a ratio above 1 and a duration without a unit are refused" {
  run "$program" --fail-ratio 1.5
  [ "$status" -eq 2 ]
  [[ $output == *"--fail-ratio"* ]]
  run "$program" --latency 5
  [ "$status" -eq 2 ]
  [[ $output == *"--latency"* ]]
}

@test "a file that is no count file is refused by name" {
  echo text >"$BATS_TEST_TMPDIR/text"
  run "$program" --show-counts "$BATS_TEST_TMPDIR/text"
  [ "$status" -eq 1 ]
  [[ $output == *"$BATS_TEST_TMPDIR/text is not a count file"* ]]
}
