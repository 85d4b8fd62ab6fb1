#include "tests/simulation/plan.hpp"

#include <algorithm>

#include "host/base/random.hpp"

namespace slipway::sim {
namespace {

Json canary(Json steps) { return {{"steps", std::move(steps)}, {"scale_down_delay", "2s"}}; }

// The ways of releasing that the shipped strategies offer, each with its settings.
std::vector<std::pair<std::string, Json>> strategies() {
  return {
      {"canary", canary({{{"weight", "5%"}}, {{"analysis", "errors"}}, {{"weight", "50%"}}, {{"analysis", "errors"}}})},
      {"canary", canary({{{"scale", {{"replicas", 2}}}},
                         {{"route", {{"header", "x-beta"}, {"value", "yes"}}}},
                         {{"gate", "freeze"}},
                         {{"weight", "25%"}},
                         {{"approval", {{"message", "Tried it?"}}}},
                         {{"pause", {{"duration", "3s"}}}}})},
      {"canary", {{"linear", {{"step", "25%"}, {"interval", "2s"}}}, {"analyses", "errors"}}},
      {"canary", {{"exponential", {{"start", "5%"}, {"factor", 4}, {"interval", "2s"}}}, {"analyses", "errors"}}},
      {"canary",
       {{"automatic",
         {{"step", "30%"}, {"max", "60%"}, {"interval", "2s"}, {"threshold", 2}, {"analyses", "errors"}}}}},
      {"blue-green",
       {{"smoke", "errors"},
        {"switch_steps", {{{"weight", "10%"}, {"pause", "2s"}, {"analyses", "errors"}}}},
        {"keep_blue", "3s"}}},
      {"blue-green", {{"preview_replicas", 1}, {"approval", {{"message", "Switch?"}}}, {"verify", "errors"}}},
      {"rolling", {{"max_surge", 1}, {"max_unavailable", 0}, {"min_ready", "1s"}, {"analyses", "errors"}}},
      {"rolling", {{"max_surge", "50%"}, {"max_unavailable", 0}}},
      {"rolling", {{"max_surge", 0}, {"max_unavailable", 1}, {"analyses", "errors"}}},
      {"rolling", {{"max_surge", "25%"}, {"max_unavailable", "50%"}, {"min_ready", "1s"}}},
  };
}

Going going(base::Random& dice) {
  return {milliseconds(static_cast<std::int64_t>(dice.below(static_cast<std::uint64_t>(kMostSkew.ns / 1'000'000)))),
          static_cast<std::int64_t>(dice.below(2 * kMostDrift)) - kMostDrift};
}

std::string_view analyzer_of(base::Random& dice) {
  const auto roll = dice.below(5);
  return roll < 3 ? "threshold" : roll < 4 ? "sequential" : "judge";
}

rollout::ApplicationSpec spec_of(base::Random& dice, bool with_baseline) {
  const auto known = strategies();
  rollout::ApplicationSpec spec{.name = "shop", .replicas = 2 + static_cast<std::int32_t>(dice.below(3))};
  auto [strategy, settings] = known[dice.below(known.size())];
  settings["progress_deadline"] = "40s";
  if (strategy == "canary" && with_baseline) settings["baseline"] = true;
  spec.strategy = {strategy, json_text(settings)};
  rollout::AnalysisSpec errors{.name = "errors", .metrics = "sim", .analyzer = "threshold", .interval = seconds(1)};
  errors.analyzer = analyzer_of(dice);
  errors.settings = json_text(settings_of(errors.analyzer));
  spec.analyses.push_back(std::move(errors));
  if (dice.below(2) == 0) spec.rollback = {.mode = rollout::RollbackMode::gradual, .over = seconds(5)};
  if (dice.below(3) == 0) spec.verification.period = seconds(4);
  if (dice.below(8) == 0) spec.gates.push_back({.gate = "freeze", .at = rollout::GateMoment::start});
  if (dice.below(8) == 0) spec.gates.push_back({.gate = "approval", .at = rollout::GateMoment::promote});
  return spec;
}

Quality quality_of(base::Random& dice) {
  const auto roll = dice.below(10);
  return roll < 5 ? Quality::good : roll < 8 ? Quality::bad : roll < 9 ? Quality::never_ready : Quality::slow_to_start;
}

Mischief one_of(base::Random& dice, Mischief first, Mischief last) {
  const auto from = static_cast<std::uint64_t>(first);
  return static_cast<Mischief>(from + dice.below(static_cast<std::uint64_t>(last) - from + 1));
}

// Calls, hosts, the world and people each get their share.
Mischief mischief_of(base::Random& dice) {
  const auto roll = dice.below(10);
  if (roll < 3) return one_of(dice, Mischief::fail_before, Mischief::torn_order);
  if (roll < 5) return one_of(dice, Mischief::crash, Mischief::lose_lease);
  if (roll < 7) return one_of(dice, Mischief::clock_forward, Mischief::shut_gate);
  return one_of(dice, Mischief::deploy, Mischief::approve);
}

Duration in_the_storm(base::Random& dice) {
  return milliseconds(static_cast<std::int64_t>(dice.below(static_cast<std::uint64_t>(kStorm.ns / 1'000'000))));
}

// Wherever the strategy runs an analysis, it runs both.
void add_analysis(rollout::ApplicationSpec& spec, base::Random& dice) {
  rollout::AnalysisSpec more = spec.analyses.front();
  more.name = "failures";
  more.analyzer = analyzer_of(dice);
  more.settings = json_text(settings_of(more.analyzer));
  spec.analyses.push_back(std::move(more));
  std::string& text = spec.strategy.settings.text;
  const std::string one = R"("errors")";
  const std::string both = R"(["errors","failures"])";
  for (std::size_t at = text.find(one); at != std::string::npos; at = text.find(one, at + both.size()))
    text.replace(at, one.size(), both);
}

// What befalls hosts and applications as a whole, and what undoes it, as a rule.
void trouble(Plan& plan, base::Random& dice) {
  Mishap mishap{in_the_storm(dice), one_of(dice, Mischief::drain, Mischief::remove), dice.next(),
                dice.below(plan.products.size())};
  if (mishap.kind == Mischief::undrain) mishap.kind = Mischief::drain;
  plan.mishaps.push_back(mishap);
  mishap.at = std::min(kStorm, mishap.at + milliseconds(static_cast<std::int64_t>(1'000 + dice.below(20'000))));
  const bool undone = dice.below(4) != 0;
  if (undone && mishap.kind == Mischief::drain) mishap.kind = Mischief::undrain;
  if (undone && mishap.kind == Mischief::remove) mishap.kind = Mischief::make;
  if (mishap.kind == Mischief::undrain || mishap.kind == Mischief::make) plan.mishaps.push_back(mishap);
}

// A second application on the same hosts, and what befalls it.
void add_product(Plan& plan, base::Random& dice) {
  const bool with_baseline = dice.below(3) == 0;
  Product product{.spec = spec_of(dice, with_baseline), .releases = {}};
  product.spec.name = "blog";
  for (int i = 0; i < 2; ++i) product.releases.push_back(quality_of(dice));
  if (dice.below(2) == 0) add_analysis(product.spec, dice);
  plan.products.push_back(std::move(product));
  plan.mishaps.push_back(
      {milliseconds(static_cast<std::int64_t>(dice.below(10'000))), Mischief::deploy, dice.next(), 1});
  const auto many = 1 + dice.below(5);
  for (std::uint64_t i = 0; i < many; ++i) {
    const Duration at = in_the_storm(dice);
    const Mischief kind = dice.below(3) == 0 ? one_of(dice, Mischief::kill_replica, Mischief::swap_strategy)
                                             : one_of(dice, Mischief::deploy, Mischief::approve);
    plan.mishaps.push_back({at, kind, dice.next(), 1});
  }
}

// From dice of its own, so that a seed keeps what it says of all else.
void add_more(Plan& plan) {
  base::SeededRandom dice(plan.seed * 15'485'863 + 1);
  if (dice.below(3) == 0) add_analysis(plan.products.front().spec, dice);
  if (dice.below(4) == 0) add_product(plan, dice);
  const auto many = dice.below(4);
  for (std::uint64_t i = 0; i < many; ++i) trouble(plan, dice);
}

}  // namespace

std::string release_name(std::size_t product, std::uint64_t number) {
  return std::to_string(product + 1) + "." + std::to_string(number);
}

Json settings_of(std::string_view analyzer) {
  if (analyzer == "sequential") return {{"min_duration", "5s"}, {"absolute_floor", 0.04}, {"seed", 7}};
  if (analyzer == "judge") return {{"metrics", {{{"name", "error_ratio"}}}}, {"windows", 5}, {"min_points", 5}};
  return {{"success", "error_ratio <= 5%"}, {"count", 2}, {"min_requests", 10}};
}

Plan plan_of(std::uint64_t seed) {
  base::SeededRandom dice(seed * 7919 + 1);
  base::SeededRandom more_dice(seed * 104'729 + 1);
  Plan plan{.seed = seed};
  const bool with_baseline = more_dice.below(3) == 0;
  plan.products.push_back({.spec = spec_of(dice, with_baseline)});
  plan.first = going(more_dice);
  plan.second = going(more_dice);
  plan.store = going(more_dice);
  for (int i = 0; i < 3; ++i) plan.products.front().releases.push_back(quality_of(dice));
  plan.two_hosts = dice.below(3) != 0;
  plan.mishaps.push_back({{}, Mischief::deploy, dice.next()});
  const auto many = 4 + dice.below(12);
  for (std::uint64_t i = 0; i < many; ++i) {
    const Duration at = in_the_storm(dice);
    const Mischief kind = mischief_of(dice);
    plan.mishaps.push_back({at, kind, dice.next()});
  }
  add_more(plan);
  std::stable_sort(plan.mishaps.begin(), plan.mishaps.end(),
                   [](const Mishap& a, const Mishap& b) { return a.at < b.at; });
  return plan;
}

std::string text_of(const Mishap& mishap) {
  return to_string(mishap.at) + " " + std::string(to_name(mishap.kind)) +
         (mishap.application == 0 ? "" : " (second application)");
}

}  // namespace slipway::sim
