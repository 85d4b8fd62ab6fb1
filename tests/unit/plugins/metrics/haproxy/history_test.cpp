#include "plugins/metrics/haproxy/history.hpp"

#include <gtest/gtest.h>

namespace slipway::haproxy {
namespace {

constexpr Instant kStart{1'700'000'000'000'000'000};
Instant at(std::int64_t ms) { return kStart + milliseconds(ms); }

Record record(std::int32_t status, std::string_view termination = "--", std::string_view server = "1.0-1",
              std::string_view backend = "acme.shop.a") {
  return {.backend = backend, .server = server, .status = status, .total_us = 1000, .termination = termination};
}

class HaproxyHistory : public testing::Test {
 protected:
  Counts counts(std::int64_t from, std::int64_t to, const std::string& release = "1.0") {
    return history_.count("acme.shop", release, at(from), at(to)).counts;
  }
  History history_{{.age = seconds(60), .records = 1000}};
};

TEST_F(HaproxyHistory, AWindowHasItsBeginAndNotItsEnd) {
  for (const std::int64_t ms : {99, 100, 150, 199, 200}) history_.add(record(200), at(ms));
  EXPECT_EQ(counts(100, 200).requests, 3);
}

TEST_F(HaproxyHistory, WindowsThatTouchCountEachRecordOnce) {
  for (int ms = 0; ms < 900; ++ms) history_.add(record(200), at(ms));
  std::int64_t sum = 0;
  for (int from = 0; from < 900; from += 7) sum += counts(from, from + 7).requests;
  EXPECT_EQ(sum, 900);
}

TEST_F(HaproxyHistory, RecordsOutOfOrderAreCountedWhereTheyBelong) {
  for (const std::int64_t ms : {300, 100, 200, 250, 50}) history_.add(record(200), at(ms));
  EXPECT_EQ(counts(0, 200).requests, 2);
  EXPECT_EQ(counts(200, 400).requests, 3);
}

TEST_F(HaproxyHistory, FailuresAreErrorsOfTheServer) {
  for (const std::int32_t status : {200, 302, 404, 500, 503}) history_.add(record(status), at(1));
  history_.add(record(200, "SD"), at(1));  // broken off in the middle
  history_.add(record(0, "CR"), at(1));    // the client left
  const Counts all = counts(0, 10);
  EXPECT_EQ(all.requests, 7);
  EXPECT_EQ(all.failures, 3);
  EXPECT_EQ(all.aborted, 1);
  EXPECT_EQ(all.by_class[1], 2);
  EXPECT_EQ(all.by_class[4], 2);
}

TEST_F(HaproxyHistory, ReleasesAreToldApartByTheirServers) {
  history_.add(record(200, "--", "1.0-1"), at(1));
  history_.add(record(200, "--", "2.0-2", "acme.shop.b"), at(1));
  history_.add(record(200, "--", "1.0-1", "acme.other.a"), at(1));
  EXPECT_EQ(counts(0, 10, "1.0").requests, 1);
  EXPECT_EQ(counts(0, 10, "2.0").requests, 1);
}

TEST_F(HaproxyHistory, ARequestThatNoServerTookCountsForTheReleaseOfItsBackend) {
  history_.add(record(503, "SC", "<NOSRV>"), at(1));  // nobody knows whose
  history_.add(record(200), at(2));
  history_.add(record(503, "SC", "<NOSRV>"), at(3));
  history_.serves("acme.shop.a", "3.0");
  history_.add(record(503, "SC", "<NOSRV>"), at(4));
  EXPECT_EQ(counts(0, 10, "1.0").failures, 1);
  EXPECT_EQ(counts(0, 10, "3.0").failures, 1);
}

TEST_F(HaproxyHistory, OldRecordsAreForgotten) {
  history_.add(record(200), at(0));
  history_.add(record(200), at(70'000));
  history_.forget(at(70'000));
  EXPECT_EQ(history_.size(), 1U);
  EXPECT_EQ(history_.horizon(), at(10'000));
}

TEST_F(HaproxyHistory, TooManyRecordsPushOutTheOldest) {
  for (int i = 0; i < 5000; ++i) history_.add(record(200, "--", i % 2 == 0 ? "1.0-1" : "2.0-1"), at(i));
  EXPECT_LE(history_.size(), 1000U);
  EXPECT_GE(history_.size(), 850U);
  EXPECT_GT(history_.horizon(), at(3900));
  EXPECT_EQ(counts(4500, 5000, "1.0").requests, 250);
}

TEST_F(HaproxyHistory, AfterTheClockWasSetBackOnlyWhatIsNewCounts) {
  for (const std::int64_t ms : {5000, 5100}) history_.add(record(200), at(ms));
  history_.begin_anew(at(1000));
  history_.add(record(200), at(1001));
  EXPECT_EQ(counts(0, 9000).requests, 1);
  EXPECT_EQ(history_.size(), 1U);
}

}  // namespace
}  // namespace slipway::haproxy
