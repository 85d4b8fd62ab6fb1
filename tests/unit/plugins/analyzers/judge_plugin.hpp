// The judge as a plugin, with a series of windows fed to it.
#pragma once

#include <gtest/gtest.h>

#include <slipway/interfaces/analyzer.hpp>
#include <slipway/testing/fake_host.hpp>
#include <slipway/testing/library.hpp>

namespace slipway::judge {

using analyzer::Verdict;

// A series that repeats with small steps around its level.
inline double around(double level, std::int64_t window) { return level * (1 + 0.01 * static_cast<double>(window % 7)); }

class JudgePlugin : public ::testing::Test {
 protected:
  JudgePlugin() {
    EXPECT_TRUE(host.run().ok());
    settings = {{"metrics", {{{"name", "cpu"}}}}, {"windows", 20}, {"min_points", 10}};
  }

  analyzer::JudgeReply ask(std::map<std::string, double> next, std::map<std::string, double> stable,
                           const std::string& source_error = "") {
    return ask(
        {.groups = {{.role = "next", .values = std::move(next)}, {.role = "stable", .values = std::move(stable)}},
         .source_error = source_error});
  }
  analyzer::JudgeReply ask(analyzer::JudgeRequest request) {
    if (!again) ++number;
    request.settings = json_text(settings);
    request.state = json_text(state);
    request.window.id = "w" + std::to_string(number);
    auto reply = host.call<analyzer::Interface, analyzer::Judge>(request);
    last = reply.status();
    if (!reply.ok()) return {};
    state = Json::parse(reply->state.text);
    return *reply;
  }
  // The state after one more window, of the next number.
  Json ask_after(Json before) {
    state = std::move(before);
    ask({{"cpu", 20 / 7.0}}, {{"cpu", 20 / 9.0}});
    EXPECT_TRUE(last.ok()) << to_string(last);
    --number;
    return state;
  }
  // All windows with these levels; the last answer.
  analyzer::JudgeReply run(const std::map<std::string, double>& next, const std::map<std::string, double>& stable) {
    analyzer::JudgeReply reply;
    const auto noisy = [&](std::map<std::string, double> values) {
      for (auto& [name, value] : values) value = around(value, number);
      return values;
    };
    while (number < 20 && reply.verdict == Verdict::proceed) reply = ask(noisy(next), noisy(stable));
    return reply;
  }
  // Windows of these values, one of each series, until it is decided; a series that is over has no value.
  using Series = std::map<std::string, std::vector<double>>;
  analyzer::JudgeReply follow(const Series& next, const Series& stable) {
    const auto at = [&](const Series& all) {
      std::map<std::string, double> values;
      for (const auto& [name, series] : all)
        if (static_cast<std::size_t>(number) < series.size()) values[name] = series[static_cast<std::size_t>(number)];
      return values;
    };
    state = {}, number = 0;
    analyzer::JudgeReply reply;
    while (number < 100 && reply.verdict == Verdict::proceed && last.ok()) reply = ask(at(next), at(stable));
    EXPECT_TRUE(last.ok()) << to_string(last);
    return reply;
  }
  Problems problems() {
    const auto reply = host.call<analyzer::Interface, analyzer::Validate>({.settings = json_text(settings)});
    Problems list;
    for (const auto& fault : reply->problems) list.push_back({fault.path, fault.value, fault.message});
    return list;
  }
  std::vector<std::string> paths() {
    std::vector<std::string> list;
    for (const Problem& problem : problems()) list.push_back(problem.path);
    return list;
  }

  test::Library library{PLUGIN};
  test::FakeHost host{library.table()};
  Json settings;
  Json state;
  std::int64_t number = 0;
  bool again = false;
  Status last;
};

}  // namespace slipway::judge
