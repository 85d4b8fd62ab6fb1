#include <gtest/gtest.h>

#include <slipway/values.hpp>

namespace slipway {
namespace {

TEST(Duration, is_read_in_any_unit_and_written_in_the_largest) {
  EXPECT_EQ(parse_duration("1m30s").value(), seconds(90));
  EXPECT_EQ(parse_duration("250ms").value(), milliseconds(250));
  EXPECT_EQ(parse_duration("0").value(), Duration{});
  EXPECT_EQ(to_string(seconds(90)), "1m30s");
  EXPECT_EQ(to_string(milliseconds(1250)), "1s250ms");
  EXPECT_EQ(to_string(Duration{}), "0s");
  EXPECT_EQ(to_string(seconds(-2)), "-2s");
}

TEST(Duration, is_refused_without_unit_with_a_sign_or_when_it_overflows) {
  for (const char* text : {"", "5", "-1s", "1x", "s", "1s ", "1.5s", "99999999999999h", "9223372036854775807ns1ns"}) {
    EXPECT_FALSE(parse_duration(text).ok()) << text;
  }
  EXPECT_EQ(parse_duration("5").status().message, "want a duration like \"30s\", \"1m30s\" or \"250ms\"");
}

TEST(Duration, survives_writing_and_reading_at_its_extremes) {
  for (const std::int64_t ns :
       {std::int64_t{0}, std::int64_t{1}, std::int64_t{999}, std::int64_t{3'600'000'000'001}, INT64_MAX}) {
    EXPECT_EQ(parse_duration(to_string(Duration{ns})).value().ns, ns);
  }
  EXPECT_EQ(to_string(Duration{INT64_MIN}).front(), '-');
}

TEST(Instant, is_rfc_3339_in_utc) {
  EXPECT_EQ(to_string(Instant{0}), "1970-01-01T00:00:00Z");
  EXPECT_EQ(to_string(Instant{1'800'000'000'250'000'000}), "2027-01-15T08:00:00.25Z");
  EXPECT_EQ(parse_instant("2027-01-15T08:00:00.25Z").value().ns, 1'800'000'000'250'000'000);
  EXPECT_EQ(parse_instant("2024-02-29T23:59:59Z").value().ns, 1'709'251'199'000'000'000);
}

TEST(Instant, is_refused_when_the_day_does_not_exist_or_another_zone_is_given) {
  for (const char* text :
       {"2023-02-29T00:00:00Z", "2024-13-01T00:00:00Z", "2024-01-01T24:00:00Z", "2024-01-01T00:00:00+01:00",
        "2024-01-01T00:00:00", "2024-01-01", "2024-01-01T00:00:00.Z", ""}) {
    EXPECT_FALSE(parse_instant(text).ok()) << text;
  }
}

// Kubernetes: a surge rounds up, an unavailability down.
TEST(Count, rounds_as_asked) {
  EXPECT_EQ(percent(25).of(4, Round::up), 1);
  EXPECT_EQ(percent(25).of(5, Round::up), 2);
  EXPECT_EQ(percent(25).of(5, Round::down), 1);
  EXPECT_EQ(percent(25).of(1, Round::up), 1);
  EXPECT_EQ(percent(25).of(1, Round::down), 0);
  EXPECT_EQ(replicas(3).of(100, Round::down), 3);
}

TEST(Count, is_a_number_or_a_percentage) {
  EXPECT_EQ(parse_count("25%").value(), percent(25));
  EXPECT_EQ(parse_count("3").value(), replicas(3));
  for (const char* text : {"", "%", "-1", "2.5%", "25 %", "1000001", "3x"})
    EXPECT_FALSE(parse_count(text).ok()) << text;
}

TEST(Share, is_shown_with_the_digits_that_it_has) {
  EXPECT_EQ(share_to_string(250'000), "25%");
  EXPECT_EQ(share_to_string(1), "0.0001%");
  EXPECT_EQ(share_to_string(1'000'000), "100%");
  EXPECT_EQ(share_to_string(125'000), "12.5%");
}

}  // namespace
}  // namespace slipway
