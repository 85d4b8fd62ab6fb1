#include "plugins/metrics/probe/expectation.hpp"

#include <gtest/gtest.h>

namespace slipway::probe {
namespace {

services::HttpReply reply(std::int32_t status, std::string body = "") {
  return {.status = status,
          .headers = {{"content-type", "text/plain"}},
          .body = std::move(body),
          .elapsed = milliseconds(20)};
}

TEST(ProbeExpectation, RangesOfStatusesIncludeTheirEnds) {
  const Expect expect{.status = {{200, 204}, {301, 301}}};
  EXPECT_EQ(mismatch(expect, reply(200)), "");
  EXPECT_EQ(mismatch(expect, reply(204)), "");
  EXPECT_EQ(mismatch(expect, reply(301)), "");
  EXPECT_EQ(mismatch(expect, reply(205)), "status 205, want 200-204, 301");
}

TEST(ProbeExpectation, HeaderNamesAreFoundInAnyCase) {
  EXPECT_EQ(mismatch({.headers = {{"Content-Type", "text/plain"}}}, reply(200)), "");
  EXPECT_EQ(mismatch({.headers = {{"Content-Type", "text/html"}}}, reply(200)),
            "header Content-Type is \"text/plain\", want \"text/html\"");
  EXPECT_EQ(mismatch({.headers = {{"X-Version", "1"}}}, reply(200)), "there is no header X-Version");
}

TEST(ProbeExpectation, TheBodyHasTheTextInIt) {
  EXPECT_EQ(mismatch({.body_contains = "ok"}, reply(200, "all is ok here")), "");
  EXPECT_EQ(mismatch({.body_contains = "ok"}, reply(200, "down")), "the body does not contain \"ok\"");
}

TEST(ProbeExpectation, ValuesInAJsonBodyAreComparedByPointer) {
  const Expect expect{.json = {{"/db/state", "up"}, {"/workers", 4}}};
  EXPECT_EQ(mismatch(expect, reply(200, R"({"db":{"state":"up"},"workers":4})")), "");
  EXPECT_EQ(mismatch(expect, reply(200, R"({"db":{"state":"down"},"workers":4})")),
            "/db/state is \"down\", want \"up\"");
  EXPECT_EQ(mismatch(expect, reply(200, R"({"db":{"state":"up"}})")), "the body has no /workers");
  EXPECT_EQ(mismatch(expect, reply(200, "<html>")).substr(0, 24), "the body is not JSON at ");
}

TEST(ProbeExpectation, AnAnswerMayBeTooSlow) {
  EXPECT_EQ(mismatch({.max_latency = milliseconds(20)}, reply(200)), "");
  EXPECT_EQ(mismatch({.max_latency = milliseconds(19)}, reply(200)), "took 20ms, want at most 19ms");
}

TEST(ProbeExpectation, LongTextsAreShownShortened) {
  const std::string shown = mismatch({.body_contains = std::string(1000, 'x')}, reply(200));
  EXPECT_LT(shown.size(), 200U);
}

}  // namespace
}  // namespace slipway::probe
