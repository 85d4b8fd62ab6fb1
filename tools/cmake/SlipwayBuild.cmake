# What every target in this tree shares: language, warnings, sanitizers, linker, compiler cache, packages.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
# Quick to build; a debugger wants -DCMAKE_BUILD_TYPE=Debug.
set(CMAKE_CXX_FLAGS_DEV "-O0")
set(CMAKE_C_FLAGS_DEV "-O0")
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC collects its garbage from 128 MiB on, which takes a tenth of the time of a file that uses templates.
  add_compile_options(--param=ggc-min-heapsize=524288)
endif()

if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Coroutine frames hold types of unnamed namespaces, which GCC takes for a header's as soon as files are joined.
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wno-subobject-linkage>)
endif()

find_program(SLIPWAY_CCACHE ccache)
if(SLIPWAY_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER ${SLIPWAY_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros ${SLIPWAY_CCACHE})
endif()
find_program(SLIPWAY_MOLD mold)
if(SLIPWAY_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# Instances of templates that nobody calls are a quarter of a plugin.
add_link_options(-Wl,--gc-sections)

find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS filesystem system url)
find_package(nlohmann_json REQUIRED)
find_package(OpenSSL REQUIRED)

if(SLIPWAY_TIDY)
  set(CMAKE_CXX_CLANG_TIDY clang-tidy-19 --warnings-as-errors=*)
endif()
# How many times as long as a plain build's a test of this build may take.
set(SLIPWAY_SLOWNESS 1)
if(SLIPWAY_SANITIZE)
  add_compile_options(-g1)
  set(SLIPWAY_SLOWNESS 4)
endif()
if(SLIPWAY_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(SLIPWAY_SANITIZE STREQUAL "thread")
  # Asio's strands hold fences too, which GCC then warns of.
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer -Wno-tsan)
  add_link_options(-fsanitize=thread)
  # GCC's TSan does not model the standalone fences that Asio uses.
  add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK BOOST_ASIO_DISABLE_STD_ATOMIC)
endif()
if(SLIPWAY_FUZZ)
  # Every library reports its branches, so that libFuzzer is led by the parser and not by the harness alone.
  add_compile_options(-fsanitize=fuzzer-no-link -O1)
endif()

# Warnings of our own code; third-party headers come in as SYSTEM.
add_library(slipway_warnings INTERFACE)
target_compile_options(slipway_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wsign-conversion -Wcast-qual -Wformat=2 -Wundef -Wno-missing-field-initializers
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast -Wextra-semi>
  # GCC 12 reports false uninitialised and restrict findings in inlined standard library code, and a false mismatch
  # between the allocation functions of inlined Asio coroutine frames.
  $<$<AND:$<COMPILE_LANG_AND_ID:CXX,GNU>,$<NOT:$<CONFIG:Dev>>>:-Wno-maybe-uninitialized -Wno-restrict -Wno-mismatched-new-delete -Wno-array-bounds>
  # Clang takes what GCC 12's own std::stable_sort calls for a deprecated call of ours.
  $<$<COMPILE_LANG_AND_ID:CXX,Clang>:-Wno-deprecated-declarations>)

# slipway_library(NAME sources...): a static library of this tree.
function(slipway_library name)
  add_library(${name} STATIC ${ARGN})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE slipway_warnings)
endfunction()

# slipway_test(NAME SOURCES a.cpp … LIBRARIES … [LABELS …] [TIMEOUT s]): one GoogleTest program, one ctest entry a case.
function(slipway_test name)
  cmake_parse_arguments(ARG "SERIAL" "TIMEOUT" "SOURCES;LIBRARIES;LABELS;ENVIRONMENT;DEPENDS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 60)
  endif()
  math(EXPR ARG_TIMEOUT "${ARG_TIMEOUT} * ${SLIPWAY_SLOWNESS}")
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_LIBRARIES} slipway_warnings GTest::gmock GTest::gtest_main)
  target_precompile_headers(${name} REUSE_FROM slipway_test_headers)
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
  # TEST_PREFIX keeps equal sentences of two programs apart; values have names of their own.
  gtest_discover_tests(${name} TEST_PREFIX "${name}." NO_PRETTY_VALUES DISCOVERY_TIMEOUT 120
    PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}" ENVIRONMENT "${ARG_ENVIRONMENT}"
    RUN_SERIAL "$<BOOL:${ARG_SERIAL}>")
endfunction()
