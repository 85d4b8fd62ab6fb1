#include "host/telemetry/trace.hpp"

#include <gtest/gtest.h>

namespace slipway::telemetry {
namespace {

constexpr auto kHeader = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(Trace, AWellFormedHeaderIsReadAndSpelledAgain) {
  const auto trace = parse_traceparent(kHeader);
  ASSERT_TRUE(trace.ok());
  EXPECT_EQ(trace->trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(trace->span_id, "00f067aa0ba902b7");
  EXPECT_TRUE(trace->sampled());
  EXPECT_EQ(to_traceparent(*trace), kHeader);
}

TEST(Trace, ALaterVersionIsReadByItsFirstFourFields) {
  EXPECT_TRUE(parse_traceparent("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00").ok());
  EXPECT_TRUE(
      parse_traceparent("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00-what-the-future-will-be").ok());
}

TEST(Trace, AHeaderThatIsNotWellFormedIsRefused) {
  for (const auto* header : {"", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
                             "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
                             "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                             "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                             "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                             "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                             "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
                             "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.x",
                             "0x-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}) {
    EXPECT_EQ(parse_traceparent(header).status().message,
              "want a traceparent like \"00-<32 hexadecimal digits>-<16 hexadecimal digits>-01\"")
        << header;
  }
}

TEST(Trace, ANewTraceIsWellFormedAndAChildKeepsItsTraceUnderAnotherSpan) {
  base::SeededRandom random(1);
  const Trace parent = make_trace(random);
  EXPECT_EQ(*parse_traceparent(to_traceparent(parent)), parent);
  EXPECT_TRUE(parent.sampled());
  const Trace child = child_of(parent, random);
  EXPECT_EQ(child.trace_id, parent.trace_id);
  EXPECT_EQ(child.flags, parent.flags);
  EXPECT_NE(child.span_id, parent.span_id);
}

TEST(Trace, ZerosFromTheGeneratorNeverBecomeAnId) {
  class Zeros final : public base::Random {
   public:
    std::uint64_t next() override { return ++calls_ % 4 == 0 ? 1 : 0; }

   private:
    int calls_ = 0;
  };
  Zeros random;
  EXPECT_TRUE(parse_traceparent(to_traceparent(make_trace(random))).ok());
}

}  // namespace
}  // namespace slipway::telemetry
