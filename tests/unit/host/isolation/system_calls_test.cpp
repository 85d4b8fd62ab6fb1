// Everything that a worker may ask of the kernel, as system_calls.txt has it: a change of the list is a change of that
// file, which a person reads.
#include "host/isolation/system_calls.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <sstream>

#include "host/base/files.hpp"

namespace slipway::isolation {
namespace {

constexpr pid_t kWorker = 4242;

struct Granted {
  const char* name;
  SystemCalls calls;
};

// Each with what it brings beside what the first one has.
const Granted kGranted[] = {{"always", {.worker = kWorker}},
                            {"network", {.worker = kWorker, .network = Grant::yes}},
                            {"a socket among the files", {.worker = kWorker, .unix_sockets = Grant::yes}},
                            {"some files", {.worker = kWorker, .files = Files::some}},
                            {"all files", {.worker = kWorker, .files = Files::all}},
                            {"while loading", {.worker = kWorker, .loading = Grant::yes}}};

std::vector<std::string> sorted_rules(const SystemCalls& calls) {
  std::vector<std::string> rules = rules_of(calls);
  std::ranges::sort(rules);
  return rules;
}

std::string text_of_all() {
  const std::vector<std::string> always = sorted_rules(kGranted[0].calls);
  std::ostringstream text;
  for (const Granted& one : kGranted) {
    std::vector<std::string> more;
    std::ranges::set_difference(sorted_rules(one.calls), &one == kGranted ? std::vector<std::string>() : always,
                                std::back_inserter(more));
    text << '[' << one.name << "]\n";
    for (const std::string& rule : more) text << rule << '\n';
  }
  return text.str();
}

TEST(SystemCallList, is_the_one_that_was_read) {
  const std::string now = text_of_all();
  const auto read = base::read_file(SLIPWAY_SYSTEM_CALLS);
  ASSERT_TRUE(read.ok()) << to_string(read.status());
  EXPECT_EQ(now, *read) << "when each change is meant, the list now is to be that of " << SLIPWAY_SYSTEM_CALLS;
}

}  // namespace
}  // namespace slipway::isolation
