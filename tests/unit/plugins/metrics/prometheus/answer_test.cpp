#include "plugins/metrics/prometheus/answer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::prometheus {
namespace {

services::HttpReply reply(std::string body, std::int32_t status = 200) {
  return {.status = status, .body = std::move(body)};
}

std::string vector_of(const std::string& values) {
  return R"({"status":"success","data":{"resultType":"vector","result":[)" + values + "]}}";
}

std::string told(const std::string& body, Reduce reduce = Reduce::avg) {
  const auto found = parse_answer(reply(body));
  if (!found.ok()) return to_string(found.status());
  const auto value = number_of(*found, reduce);
  return value.ok() ? std::to_string(*value) : value.status().message;
}

TEST(PrometheusAnswer, OneSeriesIsANumber) {
  EXPECT_EQ(told(vector_of(R"({"metric":{"a":"b"},"value":[1700000000,"0.25"]})")), "0.250000");
  EXPECT_EQ(told(R"({"status":"success","data":{"resultType":"scalar","result":[1700000000,"7"]}})"), "7.000000");
}

TEST(PrometheusAnswer, WhatIsNoNumberIsAbsent) {
  EXPECT_EQ(told(vector_of("")), "no series");
  EXPECT_EQ(told(vector_of(R"({"metric":{},"value":[1,"NaN"]})")), "no number (NaN or infinite)");
  EXPECT_EQ(told(vector_of(R"({"metric":{},"value":[1,"+Inf"]})")), "no number (NaN or infinite)");
  EXPECT_EQ(told(vector_of(R"({"metric":{},"value":[1,"1"]},{"metric":{},"value":[1,"2"]})")),
            "2 series, want one: aggregate them");
}

TEST(PrometheusAnswer, PointsOfARangeAreReducedWithoutTheGaps) {
  const std::string matrix =
      R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"1"],[2,"NaN"],[3,"5"],[4,"3"]]}]}})";
  EXPECT_EQ(told(matrix, Reduce::avg), "3.000000");
  EXPECT_EQ(told(matrix, Reduce::min), "1.000000");
  EXPECT_EQ(told(matrix, Reduce::max), "5.000000");
  EXPECT_EQ(told(matrix, Reduce::sum), "9.000000");
  EXPECT_EQ(told(matrix, Reduce::last), "3.000000");
}

TEST(PrometheusAnswer, BucketsThatCountUpBecomeCountsOfTheirOwn) {
  const auto found = parse_answer(reply(vector_of(
      R"({"metric":{"le":"+Inf"},"value":[1,"10"]},{"metric":{"le":"0.1"},"value":[1,"4"]},{"metric":{"le":"0.5"},"value":[1,"9"]})")));
  ASSERT_TRUE(found.ok());
  const auto buckets = histogram_of(*found, Reduce::avg);
  ASSERT_TRUE(buckets.ok()) << to_string(buckets.status());
  ASSERT_EQ(buckets->size(), 3U);
  EXPECT_EQ((*buckets)[0].upper, 0.1);
  EXPECT_EQ((*buckets)[0].count, 4);
  EXPECT_EQ((*buckets)[1].count, 5);
  EXPECT_FALSE((*buckets)[2].upper.has_value());
  EXPECT_EQ((*buckets)[2].count, 1);
}

TEST(PrometheusAnswer, ANativeHistogramHasBucketsOfItsOwnAndIsNoNumber) {
  const std::string body = vector_of(
      R"({"metric":{},"histogram":[1,{"count":"2.2","sum":"9","buckets":[[3,"-0.1","0.1","0.4"],[0,"1","2","0.4"],[0,"2","+Inf","1.4"]]}]})");
  const auto found = parse_answer(reply(body));
  ASSERT_TRUE(found.ok()) << to_string(found.status());
  const auto buckets = histogram_of(*found, Reduce::avg);
  ASSERT_TRUE(buckets.ok()) << to_string(buckets.status());
  ASSERT_EQ(buckets->size(), 3U);
  EXPECT_EQ((*buckets)[0].upper, 0.1);
  EXPECT_EQ((*buckets)[0].count, 0);
  EXPECT_EQ((*buckets)[1].count, 1) << "parts add up";
  EXPECT_FALSE((*buckets)[2].upper);
  EXPECT_EQ((*buckets)[2].count, 1);
  EXPECT_EQ(told(body), "no number (NaN or infinite)");
}

TEST(PrometheusAnswer, OfARangeOfNativeHistogramsTheNewestStands) {
  const auto found = parse_answer(reply(
      R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"histograms":[[1,{"count":"0"}],[2,{"count":"3","buckets":[[0,"1","2","3"]]}]]}]}})"));
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(histogram_of(*found, Reduce::avg)->at(0).count, 3);
}

TEST(PrometheusAnswer, NativeHistogramsThatAreNoneOrSeveralAreRefused) {
  for (const char* wrong :
       {R"([1,{"buckets":[[0,"1","2"]]}])", R"([1,{"buckets":[[0,"1","2","NaN"]]}])", R"([1,"7"])"}) {
    const auto found = parse_answer(reply(vector_of(R"({"metric":{},"histogram":)" + std::string(wrong) + "}")));
    EXPECT_EQ(found.status().message, "Prometheus answered nonsense: a series that is none") << wrong;
  }
  const std::string one = R"({"metric":{},"histogram":[1,{"count":"0"}]})";
  const auto several = parse_answer(reply(vector_of(one + "," + one)));
  EXPECT_EQ(histogram_of(*several, Reduce::avg).status().message,
            "several series, one of them a native histogram: aggregate them");
}

TEST(PrometheusAnswer, SeriesThatAreNoBucketsAreNoHistogram) {
  const auto plain = parse_answer(reply(vector_of(R"({"metric":{},"value":[1,"4"]})")));
  EXPECT_EQ(histogram_of(*plain, Reduce::avg).status().message, "a series without a number as its label \"le\"");
  const auto twice =
      parse_answer(reply(vector_of(R"({"metric":{"le":"1"},"value":[1,"4"]},{"metric":{"le":"1"},"value":[1,"4"]})")));
  EXPECT_EQ(histogram_of(*twice, Reduce::avg).status().message, "two series for one bucket: aggregate them by (le)");
}

TEST(PrometheusAnswer, WarningsArePassedOn) {
  const auto found = parse_answer(reply(
      R"({"status":"success","warnings":["partial"],"infos":["not a counter"],"data":{"resultType":"vector","result":[]}})"));
  EXPECT_EQ(found->warnings, (std::vector<std::string>{"partial", "not a counter"}));
}

TEST(PrometheusAnswer, FailuresHaveTheirStatus) {
  const auto code = [](std::int32_t status, const std::string& body) {
    return parse_answer(reply(body, status)).status().code;
  };
  EXPECT_EQ(code(400, R"({"status":"error","errorType":"bad_data","error":"parse error"})"), Code::invalid_argument);
  EXPECT_EQ(code(422, R"({"status":"error","errorType":"execution","error":"many-to-many"})"), Code::invalid_argument);
  EXPECT_EQ(code(503, R"({"status":"error","errorType":"timeout","error":"query timed out"})"),
            Code::deadline_exceeded);
  EXPECT_EQ(code(401, "Unauthorized"), Code::unauthenticated);
  EXPECT_EQ(code(403, "Forbidden"), Code::permission_denied);
  EXPECT_EQ(code(502, "<html>"), Code::unavailable);
  EXPECT_EQ(
      to_string(
          parse_answer(reply(R"({"status":"error","errorType":"bad_data","error":"parse error"})", 400)).status()),
      "INVALID_ARGUMENT: Prometheus answered with status 400: parse error");
}

TEST(PrometheusAnswer, NonsenseIsUnavailable) {
  for (const char* body :
       {"", "[]", "{}", "<html>", R"({"status":"success"})",
        R"({"status":"success","data":{"resultType":"string","result":[1,"x"]}})",
        R"({"status":"success","data":{"resultType":"vector","result":[7]}})", R"({"status":7})",
        R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1]}]}})",
        R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":[],"values":{}}]}})"}) {
    EXPECT_EQ(parse_answer(reply(body)).status().code, Code::unavailable) << body;
  }
}

}  // namespace
}  // namespace slipway::prometheus
