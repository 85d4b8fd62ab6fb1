// The process belongs to the host: what a plugin changes in it, it changes for everybody.
#include <algorithm>

#include "tools/kit/loaded.hpp"
#include "tools/kit/process_state.hpp"
#include "tools/kit/scenario.hpp"
#include "tools/kit/test.hpp"

namespace slipway::kit {
namespace {

constexpr std::uint64_t kMostLogs = 500;
constexpr std::uint64_t kMostLogBytes = std::uint64_t{256} << 10;

// From the first difference on.
std::string excerpt(const std::string& text, const std::string& other) {
  const auto same = std::ranges::mismatch(text, other).in1 - text.begin();
  const std::string rest = text.substr(static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, same - 40)));
  return (rest.size() < text.size() ? "…" : "") + (rest.size() > 200 ? rest.substr(0, 200) + "…" : rest);
}

void leaves_alone(Context& context, const Property& property) {
  const std::string before_loading = property.capture();
  const Loaded loaded(context, context.package.library);
  const auto look = [&, before = before_loading](const std::string& part) {
    const std::string now = property.capture();
    if (now == before) return;
    fail("changes " + std::string(property.what) + " in " + (part.empty() ? "its constructors" : part) + ": \"" +
         excerpt(now, before) + "\" instead of \"" + excerpt(before, now) + "\"");
  };
  live(context, loaded.table(), look);
}

void logs_with_measure(Context& context) {
  const Loaded loaded(context, context.package.library);
  Subject subject(context, loaded.table());
  subject.run();
  call_everything(context, subject, methods_of(loaded.table()));
  subject.quiesce();
  const Told told = subject.host().told();
  if (told.logs > kMostLogs || told.log_bytes > kMostLogBytes)
    fail("logs " + std::to_string(told.logs) + " records of " + std::to_string(told.log_bytes) +
         " bytes in one life with one call of each method; at most " + std::to_string(kMostLogs) + " and " +
         std::to_string(kMostLogBytes) + " are allowed");
  subject.destroy();
}

}  // namespace

void add_hygiene_tests(Tests& tests) {
  for (const Property& property : kProperties) {
    tests.push_back({.group = "hygiene",
                     .name = std::string(property.name),
                     .what = "A plugin leaves " + std::string(property.what) + " alone.",
                     .run = [&property](Context& context) { leaves_alone(context, property); },
                     .needs = "lifecycle.create_start_call_destroy"});
  }
  tests.push_back({.group = "hygiene",
                   .name = "logs_with_measure",
                   .what = "A life with one call of each method logs at most 500 records.",
                   .run = logs_with_measure,
                   .needs = "lifecycle.create_start_call_destroy"});
}

}  // namespace slipway::kit
