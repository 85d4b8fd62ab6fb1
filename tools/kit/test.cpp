#include "tools/kit/test.hpp"

namespace slipway::kit {

const Tests& all_tests() {
  static const Tests all = [] {
    Tests tests;
    for (const auto add : {add_static_tests, add_entry_tests, add_lifecycle_tests, add_calls_tests, add_threading_tests,
                           add_state_tests, add_swap_tests, add_placement_tests, add_boundary_tests, add_unload_tests,
                           add_hygiene_tests, add_benchmark_tests})
      add(tests);
    return tests;
  }();
  return all;
}

Tests select(Level level, std::string_view only) {
  Tests chosen;
  for (const Test& test : all_tests()) {
    const bool in_group = (only.empty() || only == test.group) && test.level <= level;
    if (in_group || only == test.full_name()) chosen.push_back(test);
  }
  return chosen;
}

}  // namespace slipway::kit
