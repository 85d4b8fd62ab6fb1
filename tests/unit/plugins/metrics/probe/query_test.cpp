#include "plugins/metrics/probe/query.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::probe {
namespace {

Json with_check(Json check) {
  check.emplace("name", "alive");
  return {{"checks", {std::move(check)}}};
}

std::string refusal(const Json& query) { return to_string(read_query(query).status()); }

TEST(ProbeQuery, ACheckNeedsOnlyAName) {
  const auto query = read_query(with_check({}));
  ASSERT_TRUE(query.ok()) << to_string(query.status());
  EXPECT_EQ(query->checks[0].kind, Kind::http);
  EXPECT_EQ(query->checks[0].expect.status, (std::vector<StatusRange>{{200, 399}}));
}

TEST(ProbeQuery, StatusesAreNumbersOrRanges) {
  const auto query = read_query(with_check({{"expect", {{"status", {204, "300-303"}}}}}));
  ASSERT_TRUE(query.ok()) << to_string(query.status());
  EXPECT_EQ(query->checks[0].expect.status, (std::vector<StatusRange>{{204, 204}, {300, 303}}));
}

TEST(ProbeQuery, AStatusThatIsNoneIsRefusedWithWhatIsAllowed) {
  for (const char* text : {"99", "600", "200-", "-300", "300-200", "2xx", "", "200-299-300"}) {
    EXPECT_EQ(refusal(with_check({{"expect", {{"status", {text}}}}})),
              "INVALID_ARGUMENT: the query is not valid; /checks/0/expect/status/0: want a status such as 200 or a "
              "range such as "
              "\"200-299\", from 100 to 599 (was \"" +
                  std::string(text) + "\")");
  }
}

TEST(ProbeQuery, EveryMisfitOfEveryCheckIsNamed) {
  const Json query{{"pause", "2m"},
                   {"checks",
                    {{{"name", "a"}, {"path", "healthz"}, {"command", {"true"}}},
                     {{"name", "a"}, {"kind", "command"}, {"timeout", "0"}},
                     {{"name", "b"}, {"expect", {{"json", {{"status", "up"}}}}}}}}};
  EXPECT_EQ(refusal(query),
            "INVALID_ARGUMENT: the query is not valid; /pause: want a duration from 0s to 1m (was \"2m\"); "
            "/checks/0/path: want a path that begins with / (was \"healthz\"); "
            "/checks/0/command: is for checks of kind command only; "
            "/checks/1/name: another check has this name (was \"a\"); "
            "/checks/1/command: is missing; a command check wants a program; "
            "/checks/1/timeout: want a duration from 1ms to 1m (was \"0s\"); "
            "/checks/2/expect/json: want JSON pointers such as \"/status\" (was \"status\")");
}

TEST(ProbeQuery, ATypingErrorIsRefused) {
  EXPECT_THAT(refusal(with_check({{"expect", {{"statuses", {200}}}}})),
              testing::HasSubstr("/checks/0/expect/statuses: is no field here"));
}

TEST(ProbeQuery, ThereIsAtLeastOneCheck) {
  EXPECT_THAT(refusal(Json::object()), testing::HasSubstr("/checks: is missing"));
  EXPECT_THAT(refusal({{"checks", Json::array()}}), testing::HasSubstr("/checks: want a list"));
}

}  // namespace
}  // namespace slipway::probe
