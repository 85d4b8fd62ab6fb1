#include <gtest/gtest.h>

#include <slipway/settings.hpp>

namespace slipway {
namespace {

struct Fragment {
  Share weight;
  Names names;
  std::optional<Duration> pause;
  static constexpr auto fields() {
    return slipway::fields(required("weight", &Fragment::weight, "A share."),
                           field("names", &Fragment::names, "Names.", at_most(2)),
                           field("pause", &Fragment::pause, "A time."));
  }
};

std::string text_of(const Result<Fragment>& result) {
  return result.ok() ? encode_text(*result) : to_string(result.status());
}

TEST(Settings, AShareIsAPercentageWithOrWithoutItsSign) {
  EXPECT_EQ(parse_share("5%")->ppm, 50'000U);
  EXPECT_EQ(parse_share("12.5")->ppm, 125'000U);
  EXPECT_EQ(parse_share("0.0001%")->ppm, 1U);
  EXPECT_EQ(parse_share("100%")->ppm, kAllTraffic);
  EXPECT_EQ(to_string(Share{333'333}), "33.3333%");
  for (const char* wrong : {"", "%", "-1%", "100.1%", "0.00001%", "5 %", "1e1", "nan", "0x5", "5%%", "-0%", ".5", "5.",
                            "5.%", "100.0001", "5.-1", "12.50000000000000001"}) {
    EXPECT_EQ(parse_share(wrong).status().message,
              "want a percentage from 0 to 100 with at most four decimals, like \"12.5%\"")
        << wrong;
  }
}

TEST(Settings, ARequestIsMergedOverTheDefaults) {
  const Json defaults = Json::parse(R"({"weight": "5%", "names": ["a", "b"], "pause": "1m"})");
  EXPECT_EQ(text_of(settings_over<Fragment>(defaults, nullptr)), R"({"weight":"5%","names":["a","b"],"pause":"1m"})");
  EXPECT_EQ(text_of(settings_over<Fragment>(defaults, Json::parse(R"({"names": "c", "pause": null, "weight": 7.5})"))),
            R"({"weight":"7.5%","names":["c"]})");
}

TEST(Settings, EveryFaultIsReportedUnknownFieldsAmongThem) {
  EXPECT_EQ(text_of(settings_over<Fragment>(Json::object(), Json::parse(R"({"wieght": 5, "names": ["a", "b", "c"]})"))),
            "INVALID_ARGUMENT: the settings document is not valid; /weight: is missing; /names: want a list with a "
            "number of entries of at most 2; "
            "/wieght: is no field here; there are weight, names, pause (was 5)");
}

TEST(Settings, DefaultsMayLeaveOutWhatARequestMustSayButNothingMayBeWrong) {
  EXPECT_TRUE(check_defaults<Fragment>(Json::object()).ok());
  EXPECT_FALSE(check_defaults<Fragment>({{"weight", "many"}}).ok());
  EXPECT_FALSE(check_defaults<Fragment>({{"wait", "1m"}}).ok());
  EXPECT_FALSE(check_defaults<Fragment>(Json::array()).ok());
}

TEST(Settings, TheSchemaOfDefaultsAsksForNothingAndRefusesTheUnknown) {
  const Json schema = schema_of_defaults<Fragment>();
  EXPECT_FALSE(schema.contains("required"));
  EXPECT_EQ(schema["additionalProperties"], false);
  EXPECT_TRUE(schema["properties"].contains("weight"));
}

}  // namespace
}  // namespace slipway
