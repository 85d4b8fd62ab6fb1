#include "host/telemetry/tracer.hpp"

#include <gtest/gtest.h>

#include "host/telemetry/otlp.hpp"
#include "tests/support/manual_clock.hpp"

namespace slipway::telemetry {
namespace {

constexpr const char* kSampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

struct KeptSpans final : SpanSink {
  void finished(Span span) override { spans.push_back(std::move(span)); }
  std::vector<Span> spans;
};

class TracerTest : public ::testing::Test {
 protected:
  Tracer with_ratio(std::uint32_t ratio) { return {sink, clock, random, ratio}; }

  KeptSpans sink;
  test::ManualClock clock;
  base::SeededRandom random{7};
};

TEST_F(TracerTest, AChildHasItsParentsTraceAndATimeThatNoSetClockChanges) {
  Tracer tracer = with_ratio(1'000'000);
  const Instant begin = clock.now();
  std::string handed_on;
  {
    OpenSpan span = tracer.child(kSampled, SpanKind::client, "work");
    ASSERT_TRUE(span);
    handed_on = span.traceparent();
    clock.advance(milliseconds(5));
    clock.step_wall({1});
    span.set("empty", "");
    span.set("count", 3);
    span.fail("UNAVAILABLE");
  }
  ASSERT_EQ(sink.spans.size(), 1U);
  const Span& span = sink.spans[0];
  EXPECT_EQ(span.trace.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(span.parent_id, "00f067aa0ba902b7");
  EXPECT_NE(span.trace.span_id, span.parent_id);
  EXPECT_EQ(handed_on, to_traceparent(span.trace));
  EXPECT_EQ(span.begin, begin);
  EXPECT_EQ(span.end, begin + milliseconds(5));
  EXPECT_EQ(span.attributes.size(), 1U);
  EXPECT_EQ(span.error, "UNAVAILABLE");
}

TEST_F(TracerTest, WhatIsNotSampledOrNoTraceparentIsNotTold) {
  Tracer tracer = with_ratio(1'000'000);
  for (const char* parent : {"", "rubbish", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"}) {
    OpenSpan span = tracer.child(parent, SpanKind::client, "work");
    EXPECT_FALSE(span) << parent;
    span.set("name", "value");
    span.link(kSampled);
    span.fail("no");
  }
  EXPECT_TRUE(sink.spans.empty());
}

TEST_F(TracerTest, TheRatioIsOfTracesThatBeginHereAndNotOfThoseThatCome) {
  EXPECT_TRUE(with_ratio(1'000'000).begin_trace().sampled());
  Tracer none = with_ratio(0);
  Tracer quarter = with_ratio(250'000);
  int sampled = 0;
  for (int i = 0; i < 4'000; ++i) {
    EXPECT_FALSE(none.begin_trace().sampled());
    sampled += quarter.begin_trace().sampled() ? 1 : 0;
  }
  EXPECT_NEAR(sampled, 1'000, 100);
  EXPECT_TRUE(none.child(kSampled, SpanKind::client, "work"));
}

TEST_F(TracerTest, ASpanThatWaitsHoldsNoLongText) {
  Tracer tracer = with_ratio(1'000'000);
  const std::string huge(1 << 20, 'x');
  {
    OpenSpan span = tracer.child(kSampled, SpanKind::client, "work");
    span.rename(huge);
    span.set("path", huge);
    span.fail(huge);
  }
  ASSERT_EQ(sink.spans.size(), 1U);
  const Span& span = sink.spans[0];
  EXPECT_EQ(span.name.size(), kLongestAttribute);
  EXPECT_EQ(std::get<std::string>(span.attributes.at(0).second).size(), kLongestAttribute);
  EXPECT_EQ(span.error->size(), kLongestAttribute);
}

TEST_F(TracerTest, ASpanIsToldOnceThoughItMoves) {
  Tracer tracer = with_ratio(1'000'000);
  {
    OpenSpan first = tracer.child(kSampled, SpanKind::client, "work");
    OpenSpan second = std::move(first);
    first = OpenSpan();
    EXPECT_TRUE(sink.spans.empty());
  }
  EXPECT_EQ(sink.spans.size(), 1U);
}

}  // namespace
}  // namespace slipway::telemetry
