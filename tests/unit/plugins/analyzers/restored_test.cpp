// A history whose state goes through text at every look ends as one whose state object was never written: the same
// state and the same reply, to the bit.
#include <gtest/gtest.h>

#include <random>
#include <slipway/testing/fake_host.hpp>
#include <slipway/testing/library.hpp>

#include "plugins/analyzers/sequential/evidence.hpp"

namespace slipway {
namespace {

struct Asked {
  std::string name;
  std::string library;
  std::string settings;
};
void PrintTo(const Asked& asked, std::ostream* out) { *out << asked.name; }

class Restored : public testing::TestWithParam<Asked> {
 protected:
  Restored() { EXPECT_TRUE(host_.run().ok()); }

  // One window of numbers that have no short form; `state` is replaced by that of the reply.
  std::string look(std::int64_t number, std::string& state) {
    std::mt19937_64 random(static_cast<std::uint64_t>(number));
    analyzer::JudgeRequest request{.settings = {GetParam().settings}, .state = {state}};
    request.window = {"w" + std::to_string(number), Instant{} + seconds(60) * number,
                      Instant{} + seconds(60) * (number + 1)};
    request.weight = number < 20 ? 100'000U : 300'000U;
    const auto requests = static_cast<double>(1'000 + random() % 97);
    const auto group = [&](const char* role, double times) {
      const double failures = static_cast<double>(random() % 23) * times;
      metrics::GroupSamples samples{.role = role,
                                    .values = {{"requests", times * requests},
                                               {"failures", failures},
                                               {"cpu", static_cast<double>(random()) * 0x1.1p-64}}};
      samples.histograms["latency"] = {
          {1.0, std::int64_t{900}}, {2.0, static_cast<std::int64_t>(random() % 90)}, {std::nullopt, std::int64_t{7}}};
      return samples;
    };
    request.groups = {group("next", 1), group("stable", number < 20 ? 9 : 7.0 / 3)};
    request.groups[1].values["requests"] = std::round(request.groups[1].values["requests"]);
    request.groups[1].values["failures"] = std::round(request.groups[1].values["failures"]);
    auto reply = host_.call<analyzer::Interface, analyzer::Judge>(request);
    EXPECT_TRUE(reply.ok()) << to_string(reply.status());
    state = reply->state.text;
    return encode_text(*reply);
  }

 private:
  test::Library library_{GetParam().library};
  test::FakeHost host_{library_.table()};
};

// Rewritten as another program would: parsed, ordered and written anew, with spaces.
TEST_P(Restored, AStateThatWasReadAndWrittenAnewGoesOnTheSame) {
  std::string kept = "null";
  std::string rewritten = "null";
  for (std::int64_t number = 1; number <= 40; ++number) {
    const std::string one = look(number, kept);
    const std::string other = look(number, rewritten);
    ASSERT_EQ(one, other) << "window " << number;
    rewritten = Json::parse(rewritten).dump(2);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Plugins, Restored,
    testing::Values(
        Asked{"sequential", SEQUENTIAL, R"({"min_duration": "2h"})"},
        Asked{"sequential_slow", SEQUENTIAL, R"({"kind": "slow_ratio", "edges": [1, 2], "min_duration": "2h"})"},
        Asked{"judge", JUDGE, R"({"metrics": [{"name": "cpu"}], "windows": 40, "min_points": 5, "looks": 4})"},
        Asked{"threshold", THRESHOLD, R"({"success": "cpu < 0.9", "count": 100, "failure_limit": -1})"},
        Asked{"forecast", FORECAST, R"({"value": "cpu", "limit": 1, "windows": 100})"}),
    [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace slipway

namespace slipway::sequential {
namespace {

struct Written {
  std::string name;
  Settings settings;
};
void PrintTo(const Written& written, std::ostream* out) { *out << written.name; }

class WrittenEvidence : public testing::TestWithParam<Written> {};

void expect_same(const Strength& one, const Strength& other) {
  EXPECT_EQ(one.severe, other.severe);
  EXPECT_EQ(one.worse, other.worse);
  EXPECT_EQ(one.sign, other.sign);
  EXPECT_EQ(one.above, other.above);
  EXPECT_EQ(one.pass, other.pass);
}

// One object lives through the whole history; of the other only the text is left after each look.
TEST_P(WrittenEvidence, IsThatOfAnObjectThatWasNeverWritten) {
  const Settings& settings = GetParam().settings;
  Evidence never(settings);
  std::string text = encode_text(Evidence(settings).save());
  std::mt19937_64 random(7);
  const auto below = [&](std::uint64_t n) { return static_cast<std::int64_t>(random() % n); };
  for (std::int64_t number = 1; number <= 200; ++number) {
    const Pair pair{{600 + below(50), below(20)}, {5'400 + below(100), below(120)}};
    const double uniform = static_cast<double>(random() >> 11U) * 0x1.0p-53;
    const Moment moment{number, 120};
    never.add(pair, moment, uniform);
    Evidence again(settings);
    again.restore(value_or_throw(decode_text<Track>(text, "the track")));
    again.add(pair, moment, uniform);
    text = encode_text(again.save());
    expect_same(never.strength(moment), again.strength(moment));
    EXPECT_EQ(never.ratio(0.05).low, again.ratio(0.05).low);
    EXPECT_EQ(never.ratio(0.05).likeliest, again.ratio(0.05).likeliest);
    EXPECT_EQ(never.ratio(0.05).high, again.ratio(0.05).high);
    ASSERT_FALSE(HasFailure()) << "look " << number;
  }
  EXPECT_EQ(encode_text(never.save()), text);
}

INSTANTIATE_TEST_SUITE_P(Settings, WrittenEvidence,
                         testing::Values(Written{"defaults", {}}, Written{"absolute", {.kind = Kind::absolute}},
                                         Written{"no_guard", {.guard = Guard::none, .change_robust = false}},
                                         Written{"dispersion", {.guard = Guard::dispersion, .dispersion = 1.7}}),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace slipway::sequential
