#include "plugins/metrics/prometheus/query.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugins/metrics/prometheus/base64.hpp"

namespace slipway::prometheus {
namespace {

const Names kNames{"acme", "shop", "1.4.0", "next", seconds(90)};

std::string made(std::string_view promql, const Names& names = kNames) {
  const auto text = substituted(promql, names);
  return text.ok() ? *text : text.status().message;
}

TEST(PrometheusQuery, NamesOfTheGroupStandInLabels) {
  EXPECT_EQ(made(R"(rate(hits{app="${application}", release='${release}', role="${role}"}[${window}]))"),
            R"(rate(hits{app="shop", release='1.4.0', role="next"}[90000ms]))");
}

TEST(PrometheusQuery, NamesCannotEndTheirQuotes) {
  EXPECT_EQ(made(R"(up{a="${application}"})", {"t", R"(x"} or vector(1) or up{a="\)", "r", "next", seconds(1)}),
            R"(up{a="x\"} or vector(1) or up{a=\"\\"})");
}

TEST(PrometheusQuery, InARegularExpressionTheyMeanThemselves) {
  EXPECT_EQ(made(R"(up{release=~"${release}-.*"})"), R"(up{release=~"1\\.4\\.0-.*"})");
  EXPECT_EQ(made(R"(up{release !~ "${release}", x="${release}"})"), R"(up{release !~ "1\\.4\\.0", x="1.4.0"})");
}

TEST(PrometheusQuery, NamesOutsideOfQuotesAreRefused) {
  EXPECT_EQ(made("up{release=${release}}"),
            "${release} stands outside of quotes; write it as a label's value: \"${release}\"");
  EXPECT_EQ(made(R"("${role}" + ${role})").substr(0, 34), "${role} stands outside of quotes; ");
  EXPECT_EQ(made("up{release=`${release}`}"), "${release} stands in backquotes, which have no escapes; use \"...\"");
}

TEST(PrometheusQuery, AnEscapedQuoteDoesNotEndAText) { EXPECT_EQ(made(R"(up{a="\"${role}"})"), R"(up{a="\"next"})"); }

TEST(PrometheusQuery, UnknownNamesAreRefusedWithTheKnownOnes) {
  EXPECT_EQ(made("up{a=\"${app}\"}"),
            "${app} is unknown; want ${application}, ${release}, ${role}, ${tenant} or ${window}");
  EXPECT_THAT(made("up{a=\"${role"), testing::HasSubstr("has no \"}\""));
}

TEST(PrometheusQuery, EveryFaultIsNamed) {
  const auto query = read_query({{"queries", {{"a", "${x}"}, {"b", ""}}}, {"step", "0"}});
  EXPECT_EQ(to_string(query.status()),
            "INVALID_ARGUMENT: the query is not valid; /queries/a: ${x} is unknown; want ${application}, ${release}, "
            "${role}, "
            "${tenant} or ${window} (was \"${x}\"); /queries/b: want PromQL of 1 to 8192 bytes; "
            "/step: want a duration of at least 1ms (was \"0s\")");
  EXPECT_THAT(to_string(read_query(Json::object()).status()), testing::HasSubstr("/queries: is missing"));
}

TEST(PrometheusQuery, FormValuesAreEncoded) { EXPECT_EQ(url_encoded("a+b c=\"é\"&~"), "a%2Bb%20c%3D%22%C3%A9%22%26~"); }

TEST(PrometheusBase64, HasTheVectorsOfTheRfc) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xff\xff\xff"), "////");
}

TEST(PrometheusQuery, TargetsAreSelectedByTheirWholeNames) {
  EXPECT_EQ(up_of({"10.0.0.1:80", "a\"b"}), R"(up{instance=~"10\\.0\\.0\\.1:80|a\"b"})");
}

}  // namespace
}  // namespace slipway::prometheus
