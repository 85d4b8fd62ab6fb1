// How long a call takes here: information, never a verdict.
#include <algorithm>
#include <cstdio>

#include "tools/kit/loaded.hpp"
#include "tools/kit/scenario.hpp"
#include "tools/kit/test.hpp"

namespace slipway::kit {
namespace {

constexpr int kCalls = 500;

// With the pages that every call is given here; the host itself is faster.
void call_latency(Context& context) {
  const Loaded loaded(context, context.package.library);
  const Method called = health(loaded.table());
  Subject subject(context, loaded.table());
  subject.host().release_at_once();
  subject.run();
  std::vector<std::int64_t> times;
  for (int i = 0; i < kCalls; ++i) {
    const auto begin = Clock::now();
    subject.call(called, "{}");
    times.push_back(std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin).count());
  }
  subject.quiesce();
  subject.destroy();
  std::ranges::sort(times);
  char text[100];
  std::snprintf(text, sizeof text, "health takes %lld us in the kit, 99 %% of the calls at most %lld us",
                static_cast<long long>(times[kCalls / 2]), static_cast<long long>(times[kCalls * 99 / 100]));
  context.note = text;
}

}  // namespace

void add_benchmark_tests(Tests& tests) {
  tests.push_back({.group = "benchmark",
                   .name = "call_latency",
                   .what = "How long health takes, with this kit's checks around it.",
                   .run = call_latency,
                   .needs = "lifecycle.create_start_call_destroy"});
}

}  // namespace slipway::kit
