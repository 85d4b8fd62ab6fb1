#include "host/telemetry/otlp.hpp"

#include <gtest/gtest.h>

#include <array>

namespace slipway::telemetry {
namespace {

const Resource kHost{"slipwayd", "1.2.3", "dock/01"};

Span request() {
  return {.trace = {"4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", 1},
          .parent_id = "b7ad6b7169203331",
          .name = "GET /api/rollouts/{id}",
          .kind = SpanKind::server,
          .begin = {1'700'000'000'123'456'789},
          .end = {1'700'000'000'223'456'789},
          .attributes = {{"http.route", "/api/rollouts/{id}"}, {"http.response.status_code", std::int64_t{500}}},
          .link = Trace{"0af7651916cd43dd8448eb211c80319c", "b9c7c989f97918e1", 1},
          .error = "the answer is 500"};
}

TEST(Otlp, ASpanIsWrittenAsTheSpecificationSpellsIt) {
  EXPECT_EQ(
      otlp_traces(kHost, std::array{request()}),
      R"({"resourceSpans":[{"resource":{"attributes":[)"
      R"({"key":"service.name","value":{"stringValue":"slipwayd"}},)"
      R"({"key":"service.version","value":{"stringValue":"1.2.3"}},)"
      R"({"key":"service.instance.id","value":{"stringValue":"dock/01"}}]},)"
      R"("scopeSpans":[{"scope":{"name":"slipway","version":"1.2.3"},"spans":[)"
      R"({"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00f067aa0ba902b7","parentSpanId":"b7ad6b7169203331",)"
      R"("flags":1,"name":"GET /api/rollouts/{id}","kind":2,)"
      R"("startTimeUnixNano":"1700000000123456789","endTimeUnixNano":"1700000000223456789","attributes":[)"
      R"({"key":"http.route","value":{"stringValue":"/api/rollouts/{id}"}},)"
      R"({"key":"http.response.status_code","value":{"intValue":"500"}}],)"
      R"("links":[{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b9c7c989f97918e1"}],)"
      R"("status":{"code":2,"message":"the answer is 500"}}]}]}]})");
}

TEST(Otlp, ASpanWithoutParentLinkAndErrorHasNoneOfThem) {
  Span span = request();
  span.parent_id.clear();
  span.link.reset();
  span.error.reset();
  span.attributes.clear();
  const std::string text = otlp_traces(kHost, std::array{span});
  EXPECT_EQ(text.find("parentSpanId"), std::string::npos) << text;
  EXPECT_EQ(text.find("links"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("attributes":[],"status":{}})"), std::string::npos) << text;
}

TEST(Otlp, ALongTextIsCutBetweenTwoCharactersAndWhatIsNoUtf8IsReplaced) {
  EXPECT_EQ(cut_attribute(std::string(1'023, 'a') + "\xC3\xA4"), std::string(1'023, 'a'));
  EXPECT_EQ(cut_attribute(std::string(1'022, 'a') + "\xC3\xA4" + "b"), std::string(1'022, 'a') + "\xC3\xA4");
  Span span = request();
  span.attributes = {{"url.path", "/\xFF"}};
  EXPECT_NE(otlp_traces(kHost, std::array{span}).find("\"/\xEF\xBF\xBD\""), std::string::npos);
}

TEST(Otlp, WhatACollectorRejectsIsReadAsTextAndAsNumber) {
  const auto text = partial_success(R"({"partialSuccess":{"rejectedSpans":"3","errorMessage":"too old"}})");
  EXPECT_EQ(text.rejected, 3);
  EXPECT_EQ(text.message, "too old");
  EXPECT_EQ(partial_success(R"({"partialSuccess":{"rejectedSpans":2}})").rejected, 2);
  for (const char* none :
       {"", "{}", "[]", "no", R"({"partialSuccess":{}})", R"({"partialSuccess":3})",
        R"({"partialSuccess":{"rejectedSpans":"-1"}})", R"({"partialSuccess":{"rejectedSpans":{}}})"})
    EXPECT_EQ(partial_success(none).rejected, 0) << none;
}

}  // namespace
}  // namespace slipway::telemetry
