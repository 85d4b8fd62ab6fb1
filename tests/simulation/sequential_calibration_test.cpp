// The sequential analyzer's promises, held against simulated traffic: how often it cries wolf over two equal groups,
// and how soon it sees a difference. Each run has a seed of its own, so the figures are the same each time.
//
// A look every minute at 6,000 requests, 120 looks, unless a test says otherwise. Wanted figures: at most alpha and
// three standard errors of false alarms; medians within one look of those that were computed apart from this code.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "tests/simulation/calibration.hpp"
#include "tests/simulation/calibration_world.hpp"

namespace slipway::sequential {
namespace {

using calibration::note;
using calibration::number;
using calibration::percent;

void expect_at_most(const std::string& of, const std::vector<Alarms>& runs, Level level, double alpha) {
  const double error = std::sqrt(alpha * (1 - alpha) / static_cast<double>(runs.size()));
  EXPECT_LE(part_of(runs, level), alpha + 3 * error) << "at alpha " << alpha;
  note("False alarms over two equal releases", of, "at most " + percent(alpha), percent(part_of(runs, level)));
}

void expect_median(const std::string& method, const std::string& of, double alpha, double looks, double wanted,
                   double part = 0.05) {
  const double within = std::max(1.0, part * wanted);
  EXPECT_NEAR(looks, wanted, within);
  note("Looks until a worse release has failed, the median", method + ": " + of + ", alpha " + percent(alpha),
       number(wanted) + ", within " + number(within), number(looks));
}

struct Named {
  std::string name;
  MakeMethod make;
};
const std::vector<Named>& methods() {
  static const std::vector<Named> list{{"ratio", ratio_method(1, Onset::first_interval)},
                                       {"change_robust", ratio_method(1, Onset::any_interval)},
                                       {"sign", sign_method()},
                                       {"guarded", guarded_method()}};
  return list;
}

class EqualGroups : public testing::TestWithParam<Named> {};

TEST_P(EqualGroups, RaiseNoMoreAlarmsThanAlphaAllows) {
  for (const Traffic& traffic : {Traffic{}, Traffic{.share = 0.5}, Traffic{.errors = 0.001},
                                 Traffic{.errors = 0.001, .share = 0.5}, Traffic{.incident = true}}) {
    const std::string of = GetParam().name + ": " + words(traffic);
    SCOPED_TRACE(of);
    const auto runs = runs_of(traffic, GetParam().make);
    expect_at_most(of, runs, &Alarms::usual, kUsual);
    expect_at_most(of, runs, &Alarms::strict, kStrict);
  }
}

// The errors of both change while the share does: added up over all looks, the groups' errors differ.
TEST_P(EqualGroups, MayBeLookedAtWhileTheWeightsChange) {
  for (const Traffic& traffic : {Traffic{.grows = true}, Traffic{.grows = true, .incident = true}}) {
    const std::string of = GetParam().name + ": " + words(traffic);
    SCOPED_TRACE(of);
    const auto runs = runs_of(traffic, GetParam().make);
    expect_at_most(of, runs, &Alarms::usual, kUsual);
    expect_at_most(of, runs, &Alarms::strict, kStrict);
  }
}

TEST_P(EqualGroups, MayBeLookedAtEverySecondForAnHour) {
  const Traffic traffic{.requests = 100, .looks = 3'600};
  const std::string of = GetParam().name + ": " + words(traffic);
  const auto runs = runs_of(traffic, GetParam().make);
  expect_at_most(of, runs, &Alarms::usual, kUsual);
  expect_at_most(of, runs, &Alarms::strict, kStrict);
}

// What the check of the routing stands on.
TEST(EqualSplits, RaiseNoMoreAlarmsThanAlphaAllows) {
  for (const Traffic& traffic :
       {Traffic{}, Traffic{.share = 0.5}, Traffic{.errors = 0.001}, Traffic{.errors = 0.001, .share = 0.5},
        Traffic{.incident = true}, Traffic{.requests = 100, .looks = 3'600}}) {
    const std::string of = "lindon_malek: " + words(traffic);
    SCOPED_TRACE(of);
    const auto runs = runs_of(traffic, split_method(traffic.share));
    expect_at_most(of, runs, &Alarms::usual, kUsual);
    expect_at_most(of, runs, &Alarms::strict, kStrict);
  }
}

INSTANTIATE_TEST_SUITE_P(Methods, EqualGroups, testing::ValuesIn(methods()),
                         [](const auto& method) { return method.param.name; });

TEST(GuardedRule, SeesADoubledRateThroughThatNoise) {
  for (const auto& [traffic, wanted] : std::vector<std::pair<Traffic, double>>{
           {{.ratio = 2, .noise = 0.3}, 14}, {{.share = 0.5, .ratio = 2, .noise = 0.3}, 8}}) {
    const auto runs = runs_of(traffic, guarded_method());
    expect_median("guarded", words(traffic), kUsual, median_of(runs, &Alarms::usual), wanted);
  }
}

struct Wanted {
  Traffic traffic;
  double usual;  // looks until the alarm, the median
  double strict;
};

void expect_medians(const std::string& method, const std::vector<Wanted>& list, const MakeMethod& make) {
  for (const auto& [traffic, usual, strict] : list) {
    SCOPED_TRACE(words(traffic));
    const double part = traffic.requests < 1'000 ? 0.1 : 0.05;
    const auto runs = runs_of(traffic, make);
    expect_median(method, words(traffic), kUsual, median_of(runs, &Alarms::usual), usual, part);
    expect_median(method, words(traffic), kStrict, median_of(runs, &Alarms::strict), strict, part);
  }
}

// The cells that every method has: 1 % to 2 %, 1 % to 5 % and 0.1 % to 1 %, each at a share of a tenth and of half.
std::vector<Traffic> worse(std::int64_t requests, std::int64_t looks) {
  std::vector<Traffic> list;
  for (const auto& [errors, ratio] : std::vector<std::pair<double, double>>{{0.01, 2}, {0.01, 5}, {0.001, 10}})
    for (const double share : {0.1, 0.5})
      list.push_back({.errors = errors, .share = share, .ratio = ratio, .requests = requests, .looks = looks});
  return list;
}

struct Medians {
  std::string name;
  MakeMethod tenth;  // at a share of a tenth
  MakeMethod half;
  std::vector<std::pair<double, double>> wanted;  // at alpha 5 % and 1 %, of each cell
};
Medians of(const std::string& name, const MakeMethod& make, std::vector<std::pair<double, double>> wanted) {
  return {name, make, make, std::move(wanted)};
}
std::string name_of(const testing::TestParamInfo<Medians>& info) { return info.param.name; }
void PrintTo(const Medians& medians, std::ostream* out) { *out << medians.name; }

void expect_all(const Medians& row, const std::vector<Traffic>& cells) {
  for (std::size_t i = 0; i < cells.size(); ++i)
    expect_medians(row.name, {{cells[i], row.wanted[i].first, row.wanted[i].second}},
                   cells[i].share < 0.3 ? row.tenth : row.half);
}

class Detection : public testing::TestWithParam<Medians> {};
TEST_P(Detection, TakesTheLooksThatWereComputedApart) { expect_all(GetParam(), worse(6'000, 120)); }
INSTANTIATE_TEST_SUITE_P(
    Methods, Detection,
    testing::Values(
        of("ratio", ratio_method(1, Onset::first_interval), {{3, 4}, {1, 2}, {1, 1}, {1, 1}, {1, 1}, {1, 1}}),
        of("change_robust", ratio_method(1, Onset::any_interval), {{3, 4}, {2, 2}, {1, 1}, {1, 1}, {1, 1}, {1, 1}}),
        of("ratio_above_1_25", ratio_method(1.25, Onset::first_interval),
           {{5, 7}, {3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}}),
        of("sign", sign_method(), {{8, 11}, {7, 10}, {7, 10}, {7, 10}, {7, 10}, {7, 10}}),
        of("guarded", guarded_method(), {{9, 16}, {8, 11}, {1, 2}, {1, 1}, {2, 2}, {1, 2}}),
        Medians{
            "lindon_malek", split_method(0.1), split_method(0.5), {{3, 4}, {2, 2}, {1, 1}, {1, 1}, {2, 3}, {2, 2}}}),
    name_of);

// With so many looks a median is known to some of them, of 1,000 runs that were computed apart: a tenth.
class DetectionBySeconds : public testing::TestWithParam<Medians> {};
TEST_P(DetectionBySeconds, TakesTheLooksThatWereComputedApart) { expect_all(GetParam(), worse(100, 3'600)); }
INSTANTIATE_TEST_SUITE_P(Methods, DetectionBySeconds,
                         testing::Values(of("ratio", ratio_method(1, Onset::first_interval),
                                            {{112, 168}, {38, 60}, {10, 16}, {5, 7}, {33, 47}, {15, 24}}),
                                         of("guarded", guarded_method(),
                                            {{334, 443}, {92, 123}, {31, 45}, {11, 17}, {77, 108}, {29, 40}}),
                                         Medians{"lindon_malek",
                                                 split_method(0.1),
                                                 split_method(0.5),
                                                 {{150, 208}, {71, 98}, {28, 36}, {16, 20}, {120, 151}, {64, 82}}}),
                         name_of);

void expect_part(const std::string& title, const std::string& of, const std::vector<Alarms>& runs, Level level,
                 double wanted) {
  const double n = static_cast<double>(runs.size());
  // Four standard errors of both: 4,000 runs were computed apart, to a tenth of a point.
  const double error = std::sqrt(wanted * (1 - wanted) * (1 / n + 1.0 / 4'000));
  EXPECT_NEAR(part_of(runs, level), wanted, 4 * error + 0.003) << of;
  note(title, of, percent(wanted) + ", within " + percent(4 * error + 0.003), percent(part_of(runs, level)));
}

TEST(SmallEffects, AreSeenAsOftenAsWasComputedApart) {
  struct Row {
    std::string name;
    MakeMethod make;
    double usual;  // parts that fail within two hours
    double strict;
  };
  const std::vector<Row> rows{{"ratio", ratio_method(1, Onset::first_interval), 0.94, 0.85},
                              {"change_robust", ratio_method(1, Onset::any_interval), 0.93, 0.84},
                              {"ratio_above_1_25", ratio_method(1.25, Onset::first_interval), 0.002, 0},
                              {"sign", sign_method(), 0.67, 0.42},
                              {"guarded", guarded_method(), 0.11, 0.04},
                              {"lindon_malek", split_method(0.1), 0.97, 0.93}};
  const Traffic traffic{.ratio = 1.2};
  for (const auto& [name, make, usual, strict] : rows) {
    const auto runs = runs_of(traffic, make);
    const std::string title = "A release that is 1.2 times as bad fails within two hours";
    expect_part(title, name + ": " + words(traffic) + ", alpha 5 %", runs, &Alarms::usual, usual);
    expect_part(title, name + ": " + words(traffic) + ", alpha 1 %", runs, &Alarms::strict, strict);
  }
}

TEST(Noise, RaisesTheAlarmsThatWereComputedApart) {
  struct Row {
    std::string name;
    std::function<MakeMethod(const Traffic&)> make;
    std::array<double, 4> alarms;  // noise 0.1 at a tenth and a half, 0.3 at both
  };
  const auto always = [](const MakeMethod& make) { return [=](const Traffic&) { return make; }; };
  const auto tempered = [](const Traffic& traffic) {
    const double errors = traffic.errors * static_cast<double>(traffic.requests);
    return ratio_method(1, Onset::first_interval,
                        1 + 2 * traffic.noise * traffic.noise * traffic.share * (1 - traffic.share) * errors);
  };
  const std::vector<Row> rows{
      {"lindon_malek", [](const Traffic& traffic) { return split_method(traffic.share); }, {.036, .07, .218, .588}},
      {"ratio", always(ratio_method(1, Onset::first_interval)), {.014, .019, .102, .269}},
      {"change_robust", always(ratio_method(1, Onset::any_interval)), {.015, .03, .379, .91}},
      {"change_robust_above_2", always(ratio_method(2, Onset::any_interval)), {0, 0, .004, .01}},
      {"sign", always(sign_method()), {.033, .033, .027, .025}},
      {"ratio, guard: dispersion", tempered, {.009, .007, .015, .01}},
      {"guarded", always(guarded_method()), {0, 0, .003, .011}}};
  for (const auto& [name, make, alarms] : rows) {
    std::size_t at = 0;
    for (const double noise : {0.1, 0.3}) {
      for (const double share : {0.1, 0.5}) {
        const Traffic traffic{.share = share, .noise = noise};
        expect_part("False alarms through noise, alpha 5 %", name + ": " + words(traffic),
                    runs_of(traffic, make(traffic)), &Alarms::usual, alarms.at(at++));
      }
    }
  }
}

TEST(LateEffects, AreNotSlowedByWhatWasBeforeWhereThatIsLookedFor) {
  const std::vector<Medians> rows{
      of("ratio", ratio_method(1, Onset::first_interval), {{0, 22}, {0, 13}, {0, 6}, {0, 3}}),
      of("ratio_above_1_25", ratio_method(1.25, Onset::first_interval), {{0, 77}, {0, 64}, {0, 15}, {0, 12}}),
      of("change_robust", ratio_method(1, Onset::any_interval), {{0, 6}, {0, 3}, {0, 1}, {0, 1}}),
      of("change_robust_above_1_1", ratio_method(1.1, Onset::any_interval), {{0, 8}, {0, 4}, {0, 1}, {0, 1}}),
      {"lindon_malek", split_method(0.1), split_method(0.5), {{0, 20}, {0, 12}, {0, 5}, {0, 3}}},
      of("guarded", guarded_method(), {{0, 22}, {0, 17}, {0, 2}, {0, 2}})};
  auto cells = worse(6'000, 240);
  cells.resize(4);
  for (const Medians& row : rows) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      cells[i].clean_looks = 120;
      SCOPED_TRACE(row.name + ": " + words(cells[i]));
      const auto runs = runs_of(cells[i], cells[i].share < 0.3 ? row.tenth : row.half);
      expect_median(row.name, words(cells[i]) + ", from look 121 on", kStrict, median_of(runs, &Alarms::strict) - 120,
                    row.wanted[i].second);
    }
  }
}

struct Outcome {
  double fails = 0;
  double passes = 0;
  double median = 0;  // looks to the more frequent of the two
};

// `pass_shift` is added to the evidence to pass.
Outcome outcome_of(const Traffic& traffic, const Settings& settings, double pass_shift) {
  std::vector<std::int64_t> failed;
  std::vector<std::int64_t> passed;
  for (int run = 0; run < calibration::runs(); ++run) {
    World world(traffic, run);
    Evidence evidence(settings);
    Ruling ruling;
    std::int64_t number = 0;
    while (number < traffic.looks && ruling.verdict == analyzer::Verdict::proceed) {
      const Moment moment{++number, traffic.looks};
      const Pair pair = world.look(number);
      evidence.add(pair, moment, world.uniform());
      Strength strength = evidence.strength(moment);
      strength.pass += pass_shift;
      ruling = rule(settings, strength, slipway::seconds(60) * number);
    }
    if (ruling.verdict == analyzer::Verdict::fail) failed.push_back(number);
    if (ruling.verdict == analyzer::Verdict::pass) passed.push_back(number);
  }
  auto& more = failed.size() > passed.size() ? failed : passed;
  std::sort(more.begin(), more.end());
  const double all = calibration::runs();
  return {static_cast<double>(failed.size()) / all, static_cast<double>(passed.size()) / all,
          more.empty() ? 0 : static_cast<double>(more[more.size() / 2])};
}

std::string words_of(const Outcome& outcome) {
  return percent(outcome.fails) + ", " + percent(outcome.passes) + ", " + number(outcome.median);
}

constexpr std::array kRatios{1.0, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0};
const std::vector<Traffic>& bases() {
  static const std::vector<Traffic> list{{}, {.share = 0.5}, {.errors = 0.001}, {.errors = 0.001, .share = 0.5}};
  return list;
}

// Alpha 0.01, max_ratio 1.1, severe_ratio 2, pass_ratio 1.5 at beta 0.05 after ten looks. The figures computed apart
// had no floor on the passing side, which takes half of its evidence and never speaks here: that half is given back. At
// a ratio between max_ratio and pass_ratio both verdicts are near, and which comes first differs in up to 5 of 100
// runs. Of medians, the two tables that were computed apart differ by two looks for the same rule (14 and 16 looks at 1
// % against 2 %, share 10 %); one of 0 was not computed.
TEST(Defaults, WithoutAFloorFailAndPassAsOftenAsWasComputedApart) {
  const std::vector<std::array<Outcome, 7>> wanted{
      {{{0, 1, 11}, {0, 1, 17}, {.11, .89, 40}, {.997, .003, 37}, {1, 0, 14}, {1, 0, 8}, {1, 0, 2}}},
      {{{0, 1, 10}, {0, 1, 10}, {.15, .85, 17}, {.998, .002, 12}, {1, 0, 11}, {1, 0, 5}, {1, 0, 1}}},
      {{{0, .71, 54}, {0, .46, 0}, {.001, .15, 0}, {.08, .01, 0}, {.79, 0, 71}, {1, 0, 29}, {1, 0, 10}}},
      {{{0, .99, 36}, {0, .86, 53}, {.03, .31, 0}, {.75, .006, 75}, {1, 0, 25}, {1, 0, 11}, {1, 0, 6}}}};
  Settings settings;
  settings.absolute_floor = 1e-6;
  const auto expect = [&](Traffic traffic, double ratio, const Outcome& want) {
    traffic.ratio = ratio;
    const Outcome outcome = outcome_of(traffic, settings, std::log(2.0));
    SCOPED_TRACE(words(traffic));
    EXPECT_NEAR(outcome.fails, want.fails, 0.05);
    EXPECT_NEAR(outcome.passes, want.passes, 0.05);
    if (want.median > 0) {
      EXPECT_NEAR(outcome.median, want.median, std::max(2.0, 0.1 * want.median));
    }
    note("The defaults without a floor, over two hours: fails, passes, median of looks", words(traffic), words_of(want),
         words_of(outcome));
  };
  for (std::size_t base = 0; base < bases().size(); ++base)
    for (std::size_t i = 0; i < kRatios.size(); ++i) expect(bases()[base], kRatios.at(i), wanted[base].at(i));
  expect({.noise = 0.3}, 1, {0, 1, 0});
  expect({.noise = 0.3}, 2, {1, 0, 0});
}

// As shipped, with the floor of 0.1 %: nothing was computed apart, and what is promised is held.
TEST(Defaults, AsShippedKeepAlphaAndBeta) {
  const double runs = calibration::runs();
  for (const Traffic& base : bases()) {
    for (const double ratio : kRatios) {
      Traffic traffic = base;
      traffic.ratio = ratio;
      const Outcome outcome = outcome_of(traffic, {}, 0);
      SCOPED_TRACE(words(traffic));
      const auto most = [&](double p) { return p + 3 * std::sqrt(p * (1 - p) / runs); };
      std::string promised = "–";
      if (ratio <= 1.1) {
        promised = "fails at most " + percent(kStrict);
        EXPECT_LE(outcome.fails, most(kStrict));
      }
      if (ratio >= 1.5) {
        promised = "passes at most " + percent(kUsual);
        EXPECT_LE(outcome.passes, most(kUsual));
      }
      note("The defaults as shipped, over two hours: fails, passes, median of looks", words(traffic), promised,
           words_of(outcome));
    }
  }
}

}  // namespace
}  // namespace slipway::sequential
