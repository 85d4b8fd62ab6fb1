#include <gtest/gtest.h>

#include <slipway/interfaces/analyzer.hpp>
#include <slipway/testing/fake_host.hpp>
#include <slipway/testing/library.hpp>

namespace {

using namespace slipway;
using analyzer::Verdict;

class Analyzer : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(host_.run({{"windows", 2}}).ok()); }

  // One more window in which next had these numbers; the state goes from one to the next as the engine carries it.
  analyzer::JudgeReply judge(std::map<std::string, double> values) {
    metrics::GroupSamples samples;
    samples.role = "next";
    samples.values = std::move(values);
    analyzer::JudgeRequest request;
    request.settings = {"{}"};
    request.state = state_;
    request.window.id = "w";
    request.groups = {samples};
    auto reply = value_or_throw(host_.call<analyzer::Interface, analyzer::Judge>(request));
    state_ = reply.state;
    return reply;
  }

  JsonText state_;
  test::Library library_{PLUGIN_LIBRARY};
  test::FakeHost host_{library_.table()};
};

TEST_F(Analyzer, passes_after_enough_good_windows) {
  EXPECT_EQ(judge({{"error_ratio", 0.01}}).verdict, Verdict::proceed);
  EXPECT_EQ(judge({{"error_ratio", 0.02}}).verdict, Verdict::pass);
}

TEST_F(Analyzer, fails_above_the_limit_and_tells_the_numbers) {
  const auto reply = judge({{"error_ratio", 0.5}});
  EXPECT_EQ(reply.verdict, Verdict::fail);
  EXPECT_EQ(reply.reason, "error_ratio is 0.5, more than 0.05");
}

TEST_F(Analyzer, takes_missing_data_for_neither_success_nor_failure) {
  EXPECT_EQ(judge({}).verdict, Verdict::insufficient_data);
  EXPECT_EQ(judge({{"error_ratio", 0.01}}).verdict, Verdict::proceed);
}

TEST_F(Analyzer, names_the_fault_in_its_settings) {
  const auto reply = host_.call<analyzer::Interface, analyzer::Validate>({{R"({"windows":0})"}});
  ASSERT_TRUE(reply.ok());
  ASSERT_EQ(reply->problems.size(), 1U);
  EXPECT_EQ(reply->problems[0].path, "/windows");
}

}  // namespace
