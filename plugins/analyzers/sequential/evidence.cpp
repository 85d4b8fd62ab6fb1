#include "plugins/analyzers/sequential/evidence.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "plugins/analyzers/common/packed.hpp"
#include "plugins/analyzers/sequential/logs.hpp"

namespace slipway::sequential {
namespace {

constexpr Grid kGrid{};

bool compares(const Settings& settings) { return settings.kind != Kind::absolute; }
bool has_signs(const Settings& settings) { return compares(settings) && settings.guard == Guard::sign; }
Onset onset_of(const Settings& settings) {
  return settings.change_robust ? Onset::any_interval : Onset::first_interval;
}

std::vector<double> over(std::vector<double> steps, double divisor) {
  for (double& step : steps) step /= divisor;
  return steps;
}

// The tests that a failure must pass, as the log of what is left of them: the weakest decides.
double evidence_to_fail(const Settings& settings, const Strength& strength) {
  if (!compares(settings)) return strength.above;
  if (!has_signs(settings)) return std::min(strength.worse, strength.above);
  return std::max(std::min(strength.severe, strength.above), std::min({strength.worse, strength.sign, strength.above}));
}

}  // namespace

Evidence::Tier Evidence::tier(double limit, std::vector<double> alternatives, Onset onset) {
  const std::size_t points = alternatives.size();
  return {limit, std::move(alternatives), Mixture(points, onset)};
}

Evidence::ShareTier Evidence::share_tier(double limit, const std::vector<double>& alternatives, Onset onset) {
  return {share_odds(limit, alternatives), Mixture(alternatives.size(), onset, Sums::told)};
}

Evidence::Evidence(const Settings& settings)
    : dispersion_(settings.guard == Guard::dispersion ? settings.dispersion : 1),
      above_(share_tier(settings.absolute_floor, shares_above(settings.absolute_floor, kGrid), onset_of(settings))),
      pass_floor_(
          share_tier(settings.absolute_floor, shares_below(settings.absolute_floor, kGrid), Onset::first_interval)) {
  if (!compares(settings)) return;
  worse_ = tier(settings.max_ratio, ratios_above(settings.max_ratio, kGrid), onset_of(settings));
  pass_ratio_ = tier(settings.pass_ratio, ratios_below(settings.pass_ratio, kGrid), Onset::first_interval);
  if (!has_signs(settings)) return;
  severe_ = tier(settings.severe_ratio, ratios_above(settings.severe_ratio, kGrid), onset_of(settings));
  sign_ = Mixture(kSignGrid.size(), onset_of(settings));
}

void Evidence::add(const Pair& pair, Moment moment, double uniform) {
  totals_ += pair;
  for (Tier* tier : {&severe_, &worse_, &pass_ratio_})
    tier->mixture.add(over(ratio_steps(pair, tier->limit, tier->alternatives), dispersion_), moment);
  for (ShareTier* tier : {&above_, &pass_floor_}) tier->mixture.add(share_steps(pair.next, tier->odds), moment);
  tell();
  if (sign_.size() > 0) sign_.add(sign_steps(sign_of(pair, uniform)), moment);
  curve_.add(pair);
}

// Sums of steps are rounded at each of them, so that they would not be the same after a restart.
void Evidence::tell() {
  for (ShareTier* tier : {&above_, &pass_floor_}) tier->mixture.tell(share_steps(totals_.next, tier->odds));
}

Strength Evidence::strength(Moment moment) const {
  const double floor = pass_floor_.mixture.log_value(moment);
  const bool alone = pass_ratio_.mixture.size() == 0;
  return {severe_.mixture.log_value(moment), worse_.mixture.log_value(moment), sign_.log_value(moment),
          above_.mixture.log_value(moment),
          alone ? floor : log_add(pass_ratio_.mixture.log_value(moment), floor) - std::log(2.0)};
}

std::vector<Mixture*> Evidence::mixtures() {
  return {&severe_.mixture, &worse_.mixture, &above_.mixture, &pass_ratio_.mixture, &pass_floor_.mixture, &sign_};
}
std::vector<const Mixture*> Evidence::mixtures() const {
  return {&severe_.mixture, &worse_.mixture, &above_.mixture, &pass_ratio_.mixture, &pass_floor_.mixture, &sign_};
}

Track Evidence::save() const {
  std::vector<double> numbers;
  for (const Mixture* mixture : mixtures()) mixture->save(numbers);
  curve_.save(numbers);
  return {totals_.next.requests, totals_.next.bad, totals_.stable.requests, totals_.stable.bad,
          packed::pack<double>(numbers)};
}

void Evidence::restore(const Track& track) {
  std::size_t size = RatioCurve::kPoints;
  for (const Mixture* mixture : mixtures()) size += track.has_sums ? mixture->size_with_sums() : mixture->size();
  constexpr std::string_view kEvidence = "the evidence of the state";
  const std::vector<double> numbers = packed::unpack<double>(track.evidence, kEvidence);
  // Its logarithm may be that of zero, and nothing else that is not finite.
  if (std::ranges::any_of(numbers, [](double n) { return std::isnan(n) || n == INFINITY; }))
    packed::damaged(kEvidence, "it has a number that is not finite");
  if (numbers.size() != size)
    throw Error(Code::invalid_argument, "the state keeps " + std::to_string(numbers.size()) +
                                            " numbers where these settings have " + std::to_string(size) +
                                            ": it was written with other settings");
  std::span<const double> left(numbers);
  for (Mixture* mixture : mixtures()) track.has_sums ? mixture->restore_with_sums(left) : mixture->restore(left);
  curve_.restore(left);
  totals_ = {{track.next_requests, track.next_bad}, {track.stable_requests, track.stable_bad}};
  tell();
}

// What is worse must itself be above the floor, and have its own guard's word: what one edge shows says nothing of
// another.
Strength together(const Settings& settings, const std::vector<Strength>& tracks) {
  const auto mean = [&](const auto& part) {
    std::vector<double> values;
    for (const Strength& track : tracks) values.push_back(part(track));
    return log_mean(values);
  };
  const auto worse = [&](const Strength& track) {
    return has_signs(settings) ? std::min({track.worse, track.sign, track.above}) : std::min(track.worse, track.above);
  };
  const auto least = std::min_element(tracks.begin(), tracks.end(),
                                      [](const Strength& a, const Strength& b) { return a.pass < b.pass; });
  return {mean([](const Strength& track) { return std::min(track.severe, track.above); }), mean(worse),
          mean(std::mem_fn(&Strength::sign)), mean(std::mem_fn(&Strength::above)), least->pass};
}

Ruling rule(const Settings& settings, const Strength& strength, Duration elapsed) {
  using analyzer::Verdict;
  const double alone = -std::log(settings.alpha);
  Ruling ruling{.code = "measuring",
                .evidence = evidence_to_fail(settings, strength),
                .threshold = has_signs(settings) ? alone + std::log(2.0) : alone};
  const bool certain = strength.pass >= -std::log(settings.beta) && ruling.evidence < alone / 2;
  if (ruling.evidence >= ruling.threshold) {
    ruling.verdict = Verdict::fail;
    ruling.code = settings.kind == Kind::absolute ? "above_the_floor" : "worse_than_baseline";
  } else if (certain && elapsed >= settings.min_duration) {
    ruling.verdict = Verdict::pass;
    ruling.code = "certified";
  } else if (elapsed >= settings.max_duration) {
    ruling.verdict = Verdict::inconclusive;
    ruling.code = "max_duration";
  } else if (certain) {
    ruling.code = "min_duration";
  }
  return ruling;
}

}  // namespace slipway::sequential
