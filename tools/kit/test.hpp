// A test of the kit, as data.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/kit/context.hpp"

namespace slipway::kit {

// Each level has the tests of those before it. At `pedantic` a warning fails too.
enum class Level : std::uint8_t { core, swap, isolated, pedantic };
inline constexpr std::array<std::string_view, 4> kLevelNames{"core", "swap", "isolated", "pedantic"};

struct Test {
  std::string group;
  std::string name;
  std::string what;  // what is right, as a sentence
  std::function<void(Context&)> run;
  Level level = Level::core;
  std::chrono::seconds limit{60};  // generous: a loaded machine is no defect
  std::string needs{};             // a test that must not have failed for this one to be tried

  [[nodiscard]] std::string full_name() const { return group + "." + name; }
};
using Tests = std::vector<Test>;

// One function for each group.
void add_static_tests(Tests& tests);
void add_entry_tests(Tests& tests);
void add_lifecycle_tests(Tests& tests);
void add_calls_tests(Tests& tests);
void add_threading_tests(Tests& tests);
void add_state_tests(Tests& tests);
void add_swap_tests(Tests& tests);
void add_placement_tests(Tests& tests);
void add_boundary_tests(Tests& tests);
void add_unload_tests(Tests& tests);
void add_hygiene_tests(Tests& tests);
void add_benchmark_tests(Tests& tests);

// All of them, in the order in which they run.
const Tests& all_tests();

// `only`: "calls", "calls.completes_once", or empty for all of the level. A test named in full is there whatever its
// level.
Tests select(Level level, std::string_view only);

}  // namespace slipway::kit
