#include "plugins/metrics/haproxy/record.hpp"

#include <gtest/gtest.h>

namespace slipway::haproxy {
namespace {

constexpr char kLine[] = "acme.shop.a 1.4.0-17 200 1234 -- 0 1 0 42 1795248637205313";

TEST(HaproxyRecord, HasEveryFieldOfTheLine) {
  const auto record = parse_record(kLine);
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->backend, "acme.shop.a");
  EXPECT_EQ(record->server, "1.4.0-17");
  EXPECT_EQ(record->status, 200);
  EXPECT_EQ(record->total_us, 1234U);
  EXPECT_EQ(record->termination, "--");
  EXPECT_EQ(record->number, 42U);
  EXPECT_EQ(record->ended, Instant{1795248637205313000});
}

TEST(HaproxyRecord, ItsMarkMayFollow) { EXPECT_EQ(parse_record(std::string(kLine) + " 815")->mark, 815U); }

TEST(HaproxyRecord, WithoutItsTimeItHasNone) {
  const auto record = parse_record("acme.shop.a 1.4.0-17 200 1234 -- 0 1 0 42");
  ASSERT_TRUE(record.has_value());
  EXPECT_FALSE(record->ended.has_value());
}

TEST(HaproxyRecord, ARequestThatNoServerTookHasNoDurationWhenItWasNone) {
  const auto record = parse_record("edge <NOSRV> 400 - PR -1 -1 0 3 1795248637207606");
  ASSERT_TRUE(record.has_value());
  EXPECT_FALSE(record->total_us.has_value());
  EXPECT_EQ(release_of(record->server), "");
}

TEST(HaproxyRecord, ARedispatchIsARetryToo) {
  EXPECT_EQ(parse_record("acme.shop.a 1-1 200 5 -- 0 1 +3 42 1")->retries, 3U);
}

TEST(HaproxyRecord, ADurationBelowZeroIsUnknown) {
  EXPECT_FALSE(parse_record("acme.shop.a 1-1 200 -5 -- 0 1 0 42 1")->total_us.has_value());
}

TEST(HaproxyRecord, OtherLinesAreNoRecords) {
  for (const char* line : {"", " ", "5 events dropped", "a b c d e f g h i", "acme.shop.a 1-1 200 5 -- 0 1 0 -1",
                           "acme.shop.a 1-1 200 5 -- 0 1 0 x 1", "acme.shop.a 1-1 200 5 --- 0 1 0 1 1",
                           "acme.shop.a 1-1 200 5 -- 0 1 0 1 1 x", "acme.shop.a 1-1 200 5 -- 0 1 0 1 1 1 1",
                           "acme.shop.a  200 5 -- 0 1 0 1 1", "acme.shop.a 1-1 2000000000000 5 -- 0 1 0 1 1",
                           "acme.shop.a 1-1 200 5 -- 0 1 0 1 99999999999999999"}) {
    EXPECT_FALSE(parse_record(line).has_value()) << line;
  }
}

TEST(HaproxyRecord, EveryCutOfALineIsARecordOrNone) {
  const std::string line = kLine;
  for (std::size_t size = 0; size <= line.size(); ++size) {
    const auto record = parse_record(std::string_view(line).substr(0, size));
    EXPECT_TRUE(!record || record->backend == "acme.shop.a") << size;
  }
}

TEST(HaproxyNames, TheReleaseIsBeforeTheLastDash) {
  EXPECT_EQ(release_of("1.4.0-17"), "1.4.0");
  EXPECT_EQ(release_of("2.0.0-rc.1-3"), "2.0.0-rc.1");
  for (const char* name : {"", "<NOSRV>", "web", "-1", "web-", "web-x"}) EXPECT_EQ(release_of(name), "") << name;
  EXPECT_EQ(server_form("1.0+build.5"), "1.0_build.5");
}

TEST(HaproxyNames, TheApplicationIsTheBackendWithoutItsSlot) {
  EXPECT_EQ(application_of("acme.shop.a"), "acme.shop");
  EXPECT_EQ(application_of("acme.shop.b"), "acme.shop");
  EXPECT_EQ(application_of("acme.shop.c"), "acme.shop");
  for (const char* name : {"", ".a", "edge", "acme.shop", "acme.shop.d"}) EXPECT_EQ(application_of(name), "") << name;
  EXPECT_EQ(application_key("acme", "shop"), "acme.shop");
}

}  // namespace
}  // namespace slipway::haproxy
