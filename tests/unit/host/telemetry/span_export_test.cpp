#include "host/telemetry/span_export.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/manual_clock.hpp"

namespace slipway::telemetry {
namespace {

using testing::HasSubstr;

Span numbered(int number) {
  Span span{.trace = {std::string(32, '1'), std::string(16, '2'), 1}, .name = "span-" + std::to_string(number)};
  return span;
}

class SpanExportTest : public ::testing::Test {
 protected:
  void offer(int count) {
    for (int i = 0; i < count; ++i) queue.finished(numbered(++offered));
  }
  [[nodiscard]] std::string counted(const std::string& outcome) const {
    const std::string series = "slipway_otlp_spans_total{outcome=\"" + outcome + "\"} ";
    const std::string text = metrics.text();
    const auto at = text.find(series);
    if (at == std::string::npos) return "none";
    return text.substr(at + series.size(), text.find('\n', at) - at - series.size());
  }
  [[nodiscard]] Counter counter(const char* outcome) { return metrics.counter(metric::kOtlpSpans, {outcome}); }
  SpanExport::Next next() { return spans.next(now); }
  void answer(std::int32_t status, std::optional<Duration> retry_after = {}, std::string body = {}) {
    spans.answered(now, {.status = status, .retry_after = retry_after, .body = std::move(body)});
  }
  void no_answer() { spans.answered(now, {.fault = "nobody listens"}); }
  // To the moment before which there is nothing to do; how long that was.
  std::int64_t wait() {
    const auto step = next();
    EXPECT_EQ(step.body, nullptr);
    const std::int64_t waited = step.until - now;
    now = step.until;
    return waited;
  }

  test::ManualClock clock;
  base::SeededRandom random{3};
  Metrics metrics;
  std::vector<std::string> lines;
  Log log = Log::to([this](std::string_view line) { lines.emplace_back(line); }, {}, clock);
  SpanQueue queue{{.most = 6, .batch = 4}, counter("dropped")};
  SpanExport spans{queue,      {"slipwayd", "1", "one"},
                   seconds(5), {counter("sent"), counter("failed"), counter("rejected")},
                   random,     log};
  std::int64_t now = 1'000;
  int offered = 0;
};

TEST_F(SpanExportTest, FewSpansWaitForTheIntervalAndABatchDoesNot) {
  EXPECT_EQ(next().body, nullptr);
  offer(3);
  EXPECT_EQ(wait(), seconds(5).ns);
  const auto few = next();
  ASSERT_NE(few.body, nullptr);
  EXPECT_THAT(*few.body, HasSubstr("span-3"));
  answer(200);
  EXPECT_EQ(next().body, nullptr);
  offer(4);
  EXPECT_NE(next().body, nullptr);
  answer(202);
  EXPECT_EQ(counted("sent"), "7");
  EXPECT_TRUE(lines.empty());
}

TEST_F(SpanExportTest, AFullQueueDropsTheNewest) {
  offer(9);
  EXPECT_EQ(counted("dropped"), "3");
  EXPECT_THAT(*next().body, HasSubstr("span-1"));
  answer(200);
  now += seconds(5).ns;
  const auto last = next();
  EXPECT_THAT(*last.body, HasSubstr("span-6"));
  EXPECT_THAT(*last.body, Not(HasSubstr("span-7")));
}

TEST_F(SpanExportTest, WhoeverBringsTheLastSpanOfABatchWakesTheSender) {
  int woken = 0;
  queue.on_batch([&] { ++woken; });
  offer(3);
  EXPECT_EQ(woken, 0);
  offer(2);
  EXPECT_EQ(woken, 1);
}

TEST_F(SpanExportTest, ABatchIsTriedAgainAfterAGrowingTimeWithJitterAndGivenUpAtLast) {
  offer(4);
  int attempts = 0;
  while (counted("failed") == "0") {
    ASSERT_NE(next().body, nullptr);
    ++attempts;
    attempts % 2 == 0 ? answer(503) : no_answer();
    if (counted("failed") == "0") {
      EXPECT_LE(wait(), (seconds(1) * (1 << (attempts - 1))).ns) << attempts;
    }
  }
  EXPECT_EQ(attempts, SpanExport::kAttempts);
  EXPECT_EQ(counted("failed"), "4");
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0], HasSubstr("spans can't be exported; they are tried again"));
  EXPECT_THAT(lines[0], HasSubstr("nobody listens"));
}

TEST_F(SpanExportTest, RetryAfterIsHonouredUpToABound) {
  for (const auto& [wanted, waited] :
       {std::pair{seconds(7), seconds(7)}, {seconds(86'400), SpanExport::kLongestRetryAfter}}) {
    offer(4);
    ASSERT_NE(next().body, nullptr);
    answer(429, wanted);
    EXPECT_EQ(wait(), waited.ns);
    ASSERT_NE(next().body, nullptr);
    answer(200);
  }
}

TEST_F(SpanExportTest, ARefusalIsNotTriedAgain) {
  int refused = 0;
  for (const int status : {400, 401, 404, 413, 500, 302}) {
    offer(4);
    ASSERT_NE(next().body, nullptr);
    answer(status);
    EXPECT_EQ(counted("failed"), std::to_string(refused += 4)) << status;
  }
  offer(4);
  ASSERT_NE(next().body, nullptr);
  spans.answered(now, {.fault = "no URL", .lasting = true});
  EXPECT_EQ(counted("failed"), "28");
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0], HasSubstr("these are given up"));
  EXPECT_THAT(lines[0], HasSubstr("the collector answered 400"));
}

TEST_F(SpanExportTest, ACollectorThatRefusesIsAskedOnceAnInterval) {
  EXPECT_EQ(wait(), seconds(5).ns);
  offer(1);
  ASSERT_NE(next().body, nullptr);
  answer(400);
  offer(1);
  EXPECT_EQ(wait(), seconds(5).ns);
  EXPECT_NE(next().body, nullptr);
}

TEST_F(SpanExportTest, TheLogTellsOnceThatItFailsAndOnceThatItHeals) {
  for (int round = 1; round <= 2; ++round) {
    offer(4);
    for (int i = 0; i < 3; ++i) {
      ASSERT_NE(next().body, nullptr);
      no_answer();
      wait();
    }
    ASSERT_NE(next().body, nullptr);
    answer(200);
    EXPECT_EQ(lines.size(), 2U * static_cast<unsigned>(round));
    EXPECT_THAT(lines.back(), HasSubstr("spans are exported again"));
  }
}

TEST_F(SpanExportTest, WhatACollectorRejectsIsCountedApart) {
  offer(4);
  ASSERT_NE(next().body, nullptr);
  answer(200, {}, R"({"partialSuccess":{"rejectedSpans":"3","errorMessage":"too old"}})");
  EXPECT_EQ(counted("sent"), "1");
  EXPECT_EQ(counted("rejected"), "3");
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0], HasSubstr("too old"));
  offer(4);
  ASSERT_NE(next().body, nullptr);
  answer(200, {}, R"({"partialSuccess":{"rejectedSpans":"99"}})");
  EXPECT_EQ(counted("rejected"), "7");
}

TEST_F(SpanExportTest, AtTheEndEachBatchIsSentOnceAtOnce) {
  offer(6);
  spans.close();
  ASSERT_NE(next().body, nullptr);
  answer(200);
  ASSERT_NE(next().body, nullptr);
  answer(200);
  EXPECT_TRUE(next().done);
  EXPECT_EQ(counted("sent"), "6");
}

TEST_F(SpanExportTest, AtTheEndNoMoreTimeIsTakenThanTheStopHasLeft) {
  const auto of_four = [](Duration left) { return patience_at_end(seconds(4), left); };
  EXPECT_EQ(of_four(seconds(4)), seconds(1));
  EXPECT_EQ(of_four(milliseconds(600)), milliseconds(500));
  EXPECT_EQ(of_four(milliseconds(50)), seconds(0));
  EXPECT_EQ(of_four(seconds(-1)), seconds(0));
}

TEST_F(SpanExportTest, AtTheEndACollectorThatIsAwayIsAskedOnce) {
  offer(4);
  ASSERT_NE(next().body, nullptr);
  no_answer();
  offer(6);
  spans.close();
  ASSERT_NE(next().body, nullptr);
  no_answer();
  EXPECT_TRUE(next().done);
  EXPECT_EQ(counted("failed"), "10");
}

}  // namespace
}  // namespace slipway::telemetry
