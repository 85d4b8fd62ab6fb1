# tools/setup with stand-ins for dpkg-query, apt-get and sudo in front of the real ones.

setup() {
  cd "$BATS_TEST_DIRNAME/../../.." || return 1
  bin=$BATS_TEST_TMPDIR/bin log=$BATS_TEST_TMPDIR/log
  mkdir "$bin"
  : >"$log"
  export SETUP_ROOT=$BATS_TEST_TMPDIR/root SETUP_LOCK_PAUSE_S=0
  policy=$SETUP_ROOT/usr/sbin/policy-rc.d
  mkdir -p "${policy%/*}"
  PATH=$bin:$PATH
}

stand_in() { # name, body
  printf '#!/bin/sh\n%s\n' "$2" >"$bin/$1"
  chmod +x "$bin/$1"
}

@test "with everything installed it runs no apt-get" {
  stand_in dpkg-query 'printf installed'
  stand_in apt-get "echo \"\$@\" >>$log; exit 1"
  run tools/setup
  [ "$status" -eq 0 ]
  [[ $output == *"are installed"* ]]
  [ ! -s "$log" ]
}

@test "an unknown word is a usage error" {
  run tools/setup everything
  [ "$status" -eq 2 ]
  [[ $output == *"usage: tools/setup"* ]]
}

@test "a package that apt-get cannot install is named" {
  stand_in sudo 'exec "$@"'
  stand_in dpkg-query 'case "$*" in *haproxy) exit 1 ;; esac; printf installed'
  stand_in apt-get 'case "$*" in *install*) exit 100 ;; esac'
  run tools/setup test
  [ "$status" -eq 1 ]
  [[ $output == *"installing with apt-get: haproxy"* ]]
  [[ $output == *"could not install: haproxy"* ]]
}

@test "services may not start while packages are installed, and the rule for that is gone afterwards" {
  stand_in sudo 'exec "$@"'
  stand_in dpkg-query 'case "$*" in *bats) exit 1 ;; esac; printf installed'
  stand_in apt-get "case \"\$*\" in *install*) cat $policy >>$log ;; esac"
  run tools/setup test
  [ "$status" -eq 0 ]
  grep -q 'exit 101' "$log"
  [ ! -e "$policy" ]
}

@test "a rule about services that was there before is kept" {
  echo 'administrator' >"$policy"
  stand_in sudo 'exec "$@"'
  stand_in dpkg-query 'case "$*" in *bats) exit 1 ;; esac; printf installed'
  stand_in apt-get 'exit 0'
  run tools/setup test
  [ "$status" -eq 0 ]
  [ "$(cat "$policy")" = administrator ]
}

# Calls of apt-get with that word find the lock held before the fourth call.
hold_lock() { # word, lock
  stand_in sudo 'exec "$@"'
  stand_in dpkg-query 'case "$*" in *bats) exit 1 ;; esac; printf installed'
  stand_in apt-get "echo x >>$log
case \"\$*\" in *$1*) [ \$(wc -l <$log) -gt 3 ] || { echo 'E: Could not get lock $2.' >&2; exit 100; } ;; esac"
}

@test "another apt-get that holds the lists is waited for" {
  hold_lock update /var/lib/apt/lists/lock
  run tools/setup test
  [ "$status" -eq 0 ]
  [[ $output == *"waiting for another apt-get: E: Could not get lock /var/lib/apt/lists/lock"* ]]
  [ "$(wc -l <"$log")" -eq 5 ]
}

@test "another dpkg that installs is waited for, and said" {
  hold_lock install /var/lib/dpkg/lock-frontend
  run tools/setup test
  [ "$status" -eq 0 ]
  [[ $output == *"waiting for another apt-get: E: Could not get lock /var/lib/dpkg/lock-frontend"* ]]
  [ "$(wc -l <"$log")" -eq 4 ]
}

@test "lists that stay locked are an error with apt's own words" {
  stand_in sudo 'exec "$@"'
  stand_in dpkg-query 'case "$*" in *bats) exit 1 ;; esac; printf installed'
  stand_in apt-get "echo x >>$log; echo 'E: Could not get lock /var/lib/apt/lists/lock.' >&2; exit 100"
  run tools/setup test
  [ "$status" -eq 1 ]
  [[ $output == *"E: Could not get lock"*"apt-get update failed"* ]]
  [ "$(wc -l <"$log")" -eq 60 ]
}
