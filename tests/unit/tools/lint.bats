# shellcheck disable=SC2016 # the dollar signs are JSON's
# The checks of tools/lint, each on a file that it must refuse.

setup() {
  root=$BATS_TEST_DIRNAME/../../..
  cd "$BATS_TEST_TMPDIR" || return 1
}

file() { # path, text
  mkdir -p "$(dirname "$1")"
  printf '%s\n' "$2" >"$1"
}

includes() { run /usr/bin/python3 "$root/tools/lint.d/includes.py" "$root/tools/lint.d/includes.txt" <<<"$1"; }

refused_include() { # path, include directive, words of the finding
  file "$1" "#include $2"
  includes "$1"
  [ "$status" -eq 1 ] && [[ $output == *"$3"* ]]
}

accepted_include() { # path, include directive
  file "$1" "#include $2"
  includes "$1"
  [ "$status" -eq 0 ]
}

@test "the ABI includes nothing of C++" {
  accepted_include sdk/include/slipway/abi/plugin.h '<stdint.h>'
  refused_include sdk/include/slipway/abi/plugin.h '<string>' 'string (std)'
}

@test "the SDK includes neither Boost nor the host" {
  accepted_include sdk/include/slipway/task.hpp '<coroutine>'
  refused_include sdk/include/slipway/task.hpp '<boost/asio.hpp>' '(boost)'
  refused_include sdk/include/slipway/task.hpp '"host/base/clock.hpp"' '(host)'
}

@test "a plugin includes neither the host nor another plugin" {
  accepted_include plugins/strategies/canary/canary.cpp '"plugins/strategies/canary/steps.hpp"'
  refused_include plugins/strategies/canary/canary.cpp '"plugins/strategies/rolling/rolling.hpp"' '(plugins)'
  refused_include plugins/strategies/canary/canary.cpp '"host/base/clock.hpp"' '(host)'
}

@test "a host folder includes only those before it" {
  accepted_include host/runtime/pool.cpp '"host/base/clock.hpp"'
  accepted_include host/main.cpp '"host/app/app.hpp"'
  refused_include host/runtime/pool.cpp '"host/app/app.hpp"' 'host folder that comes later'
}

@test "the command line and the tests of the whole product do not include the host" {
  refused_include tools/cli/main.cpp '"host/base/clock.hpp"' '(host)'
  refused_include tests/e2e/demo_test.cpp '"host/base/clock.hpp"' '(host)'
  accepted_include tests/unit/host/base/clock_test.cpp '"host/base/clock.hpp"'
}

@test "a file of 401 lines is too long" {
  seq 401 >long.cpp
  run /usr/bin/python3 "$root/tools/lint.d/length.py" 400 <<<long.cpp
  [ "$status" -eq 1 ]
  [[ $output == *"long.cpp: 401 lines, at most 400"* ]]
}

openapi() { # paths object, schemas object
  printf '{"openapi": "3.1.0", "paths": %s, "components": {"schemas": %s}}' "$1" "$2" >api.json
  run /usr/bin/python3 "$root/tools/lint.d/openapi.py" api.json
}

@test "a sound OpenAPI document passes" {
  openapi '{"/a": {"get": {"operationId": "a", "summary": "s", "responses": {"200": {"description": "d"}}}}}' '{}'
  [ "$status" -eq 0 ]
  [ "$output" = "1 operations" ]
}

@test "a reference that leads nowhere is found" {
  openapi '{"/a": {"get": {"$ref": "#/components/schemas/Missing"}}}' '{}'
  [ "$status" -eq 1 ]
  [[ $output == *"#/components/schemas/Missing"*"does not resolve"* ]]
}

@test "an operation without id, success or its path parameter is found" {
  openapi '{"/a/{id}": {"get": {"summary": "s", "responses": {"404": {"description": "d"}}}}}' '{}'
  [[ $output == *"GET /a/{id}: no operationId"* ]]
  [[ $output == *"no response for success"* ]]
  [[ $output == *"the path names ['id']"* ]]
}

@test "an example that does not fit its schema is found" {
  openapi '{}' '{"A": {"type": "integer", "examples": ["one"]}}'
  [ "$status" -eq 1 ]
  [[ $output == *"'one' is not of type 'integer'"* ]]
}

@test "a key that appears twice is found" {
  openapi '{"/a": {}, "/a": {}}' '{}'
  [ "$status" -eq 1 ]
  [[ $output == *"duplicate key '/a'"* ]]
}

checkout() { # the script in a repository of its own, with nothing to install
  mkdir tools && cp "$root/tools/lint" tools/lint
  printf '#!/bin/sh\n' >tools/setup && chmod +x tools/setup
  git init -q . && git add . && git -c user.name=a -c user.email=a@b commit -qm first
}

@test "a file that is no script may be the last of all" {
  checkout
  touch zzz.txt
  run tools/lint shellcheck
  [ "$status" -eq 0 ]
  [ "${lines[-1]}" = "1 passed, 0 failed" ]
}

@test "a script that shellcheck does not like is found" {
  checkout
  file zzz '#!/bin/sh
echo $1'
  run tools/lint shellcheck
  [ "$status" -eq 1 ]
  [[ $output == *"FAILED  shellcheck"*SC2086* ]]
}

@test "a pattern in place of a list of sources is found" {
  checkout
  run tools/lint globs
  [ "$status" -eq 0 ]
  file CMakeLists.txt 'file(GLOB sources *.cpp)'
  git add .
  run tools/lint globs
  [ "$status" -eq 1 ]
  [[ $output == *"FAILED  globs"*"CMakeLists.txt:1"* ]]
}

@test "where git knows no files nothing passes" {
  checkout
  rm -rf .git
  GIT_CEILING_DIRECTORIES=$BATS_TEST_TMPDIR/.. run tools/lint globs
  [ "$status" -eq 1 ]
  [[ $output == *"run it in a clone"* ]]
}
