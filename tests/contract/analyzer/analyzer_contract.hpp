// What every analyzer must do. A new analyzer adds itself to plugins.cpp.
#pragma once

#include <gtest/gtest.h>

#include <ostream>
#include <slipway/interfaces/analyzer.hpp>

#include "tests/contract/hosted.hpp"

namespace slipway::test {

struct AnalyzerPlugin {
  std::string name;      // the plugin's id without "analyzer-"
  std::string settings;  // judge error_ratio of next, after `windows`
  std::string misspelt;  // with an unknown field
  int windows = 1;
  std::string reads = "version 1 only";                // of states
  analyzer::Verdict of_bad = analyzer::Verdict::fail;  // pass: it advises
};
inline void PrintTo(const AnalyzerPlugin& plugin, std::ostream* out) { *out << plugin.name; }
std::vector<AnalyzerPlugin> analyzer_plugins();

class AnalyzerContract : public ::testing::TestWithParam<AnalyzerPlugin> {
 protected:
  template <class Method>
  Result<typename Method::Reply> ask(const typename Method::Request& request) {
    return plugin_.host().call<analyzer::Interface, Method>(request);
  }
  // The answer to the last of the windows that it takes to decide.
  Result<analyzer::JudgeReply> decide(double next, double stable) {
    auto request = window(next, stable);
    for (int number = 1; number < GetParam().windows; ++number) {
      request.window.id = std::to_string(number);
      auto reply = ask<analyzer::Judge>(request);
      if (!reply.ok()) return reply;
      request.state = std::move(reply->state);
    }
    request.window.id = std::to_string(GetParam().windows);
    return ask<analyzer::Judge>(request);
  }
  // A window in which both groups had 1,000 requests, of which these parts failed.
  static analyzer::JudgeRequest window(double next, double stable) {
    analyzer::JudgeRequest request;
    request.settings = json_text(Json::parse(GetParam().settings));
    request.window.id = "1";
    const auto group = [](const char* role, double ratio) {
      return metrics::GroupSamples{.role = role,
                                   .values = {{"requests", 1000}, {"failures", 1000 * ratio}, {"error_ratio", ratio}}};
    };
    request.groups = {group("next", next), group("stable", stable)};
    return request;
  }

 private:
  Hosted plugin_{"analyzer-" + GetParam().name, Json::object()};
};

}  // namespace slipway::test
