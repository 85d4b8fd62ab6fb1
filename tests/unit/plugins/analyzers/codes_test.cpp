// The page's codes of the analyzers that weigh evidence, each by windows that come to it.
#include <gtest/gtest.h>

#include <slipway/interfaces/analyzer.hpp>
#include <slipway/interfaces/metrics.hpp>
#include <slipway/testing/fake_host.hpp>
#include <slipway/testing/library.hpp>
#include <sstream>

#include "tests/support/page_table.hpp"

namespace slipway {
namespace {

// What a letter of the page stands for, as both groups' numbers in window `number`.
analyzer::JudgeRequest window_of(char letter, std::int64_t number) {
  analyzer::JudgeRequest request;
  request.window = {"w" + std::to_string(number), Instant{} + seconds(60) * (number - 1),
                    Instant{} + seconds(60) * number};
  request.weight = 100'000U;
  if (letter == 'e') request.source_error = "timeout";
  if (letter == 'e' || letter == 'n') return request;
  const bool strays = letter == 'r';
  const double at = 10 + static_cast<double>(number % 7);
  metrics::GroupSamples next{.role = "next",
                             .values = {{"requests", strays ? 5'000 : 1'000}, {"failures", strays ? 50 : 10}}};
  metrics::GroupSamples stable{.role = "stable",
                               .values = {{"requests", strays ? 5'000 : 9'000}, {"failures", strays ? 50 : 90}}};
  for (const char* name : {"a", "b", "c", "d", "e"}) next.values[name] = stable.values[name] = at;
  if (letter == 'm') next.values["e"] = 3 * at;
  if (letter == 'u') next.values["a"] = 10 * static_cast<double>(number);
  if (letter == 'b') {
    next.values["failures"] = 100;
    for (const char* name : {"a", "b", "c", "d", "e"}) next.values[name] = 3 * at;
  }
  return {.window = request.window, .groups = {next, stable}, .weight = request.weight};
}

// What each analyzer is asked on the page, but for the row's own settings.
Json settings_of(const std::string& analyzer) {
  if (analyzer == "sequential") return Json::object();
  if (analyzer == "forecast") return {{"value", "a"}, {"limit", 1'000}, {"windows", 20}};
  Json metrics = Json::array();
  for (const char* name : {"a", "b", "c", "d", "e"}) metrics.push_back({{"name", name}, {"direction", "increase"}});
  return {{"metrics", metrics}, {"windows", 20}, {"min_points", 10}};
}

// The last reply to windows like "4g 1e": four good ones, then an error of the source.
analyzer::JudgeReply reply_to(const std::string& analyzer, const Json& more, const std::string& windows) {
  const test::Library library(analyzer == "judge" ? JUDGE : analyzer == "forecast" ? FORECAST : SEQUENTIAL);
  test::FakeHost host(library.table());
  if (const Status status = host.run(); !status.ok()) throw Error(status);
  Json settings = settings_of(analyzer);
  settings.update(more);
  analyzer::JudgeReply reply;
  std::int64_t number = 0;
  std::istringstream words(windows);
  for (int count = 0; words >> count;) {
    char letter = 0;
    words >> letter;
    for (; count > 0; --count) {
      analyzer::JudgeRequest request = window_of(letter, ++number);
      request.settings = json_text(settings);
      request.state = reply.state;
      reply = value_or_throw(host.call<analyzer::Interface, analyzer::Judge>(request));
    }
  }
  return reply;
}

TEST(Codes, AreThoseOfThePage) {
  const auto rows = test::table_in("docs/reference/verdicts.md", "Evidence becomes a verdict");
  ASSERT_GE(rows.size(), 15U);
  for (const auto& row : rows) {
    const auto reply = reply_to(row.at("analyzer"), Json::parse(row.at("settings")), row.at("windows"));
    const std::string of = row.at("analyzer") + " " + row.at("settings") + " " + row.at("windows");
    EXPECT_EQ(to_name(reply.verdict), row.at("verdict")) << of << ": " << reply.reason;
    EXPECT_EQ(reply.code, row.at("code")) << of << ": " << reply.reason;
  }
}

}  // namespace
}  // namespace slipway
