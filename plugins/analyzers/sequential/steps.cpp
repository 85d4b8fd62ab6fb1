#include "plugins/analyzers/sequential/steps.hpp"

#include <algorithm>
#include <cmath>

namespace slipway::sequential {
namespace {

double log_factorial(std::int64_t n) {
  int sign = 0;
  return ::lgamma_r(static_cast<double>(n) + 1, &sign);
}
double log_choose(std::int64_t n, std::int64_t k) { return log_factorial(n) - log_factorial(k) - log_factorial(n - k); }

// The chance to draw `bad` bad requests among `kept`.
double chance(const Counts& counts, std::int64_t kept, std::int64_t bad) {
  return std::exp(log_choose(counts.bad, bad) + log_choose(counts.requests - counts.bad, kept - bad) -
                  log_choose(counts.requests, kept));
}

// chance(bad + 1) / chance(bad).
double upwards(const Counts& counts, std::int64_t kept, std::int64_t bad) {
  const auto number = [](std::int64_t n) { return static_cast<double>(n); };
  return number(counts.bad - bad) * number(kept - bad) /
         (number(bad + 1) * number(counts.requests - counts.bad - kept + bad + 1));
}

}  // namespace

Pair& operator+=(Pair& sum, const Pair& more) {
  sum.next.requests += more.next.requests;
  sum.next.bad += more.next.bad;
  sum.stable.requests += more.stable.requests;
  sum.stable.bad += more.stable.bad;
  return sum;
}

std::vector<double> factors(const Grid& grid) {
  std::vector<double> list(static_cast<std::size_t>(grid.points));
  const double span = std::log(grid.high / grid.low);
  for (std::size_t i = 0; i < list.size(); ++i)
    list[i] = grid.low * std::exp(span * static_cast<double>(i) / static_cast<double>(grid.points - 1));
  return list;
}

std::vector<double> ratios_above(double limit, const Grid& grid) {
  auto list = factors(grid);
  for (double& factor : list) factor *= limit;
  return list;
}

std::vector<double> ratios_below(double limit, const Grid& grid) {
  auto list = factors(grid);
  for (double& factor : list) factor = limit / factor;
  return list;
}

std::vector<double> ratio_steps(const Pair& pair, double limit, std::span<const double> ratios) {
  std::vector<double> steps(ratios.size(), 0.0);
  const auto bad = static_cast<double>(pair.next.bad + pair.stable.bad);
  if (bad == 0 || pair.next.requests == 0 || pair.stable.requests == 0) return steps;
  const auto requests = static_cast<double>(pair.next.requests);
  const double share = requests / (requests + static_cast<double>(pair.stable.requests));
  const double tolerated = std::log1p(share * (limit - 1));
  for (std::size_t i = 0; i < steps.size(); ++i)
    steps[i] = static_cast<double>(pair.next.bad) * std::log(ratios[i] / limit) -
               bad * (std::log1p(share * (ratios[i] - 1)) - tolerated);
  return steps;
}

std::vector<double> shares_above(double limit, const Grid& grid) {
  auto list = ratios_above(limit, grid);
  for (double& share : list) share = std::min(0.5, share);
  return list;
}

std::vector<double> shares_below(double limit, const Grid& grid) { return ratios_below(limit, grid); }

ShareOdds share_odds(double limit, std::span<const double> shares) {
  ShareOdds odds;
  for (const double share : shares) {
    odds.of_bad.push_back(std::log(share / limit));
    odds.of_good.push_back(std::log1p(-share) - std::log1p(-limit));
  }
  return odds;
}

std::vector<double> share_steps(const Counts& counts, const ShareOdds& odds) {
  std::vector<double> steps(odds.of_bad.size());
  const auto bad = static_cast<double>(counts.bad);
  const auto good = static_cast<double>(counts.requests - counts.bad);
  for (std::size_t i = 0; i < steps.size(); ++i) steps[i] = bad * odds.of_bad[i] + good * odds.of_good[i];
  return steps;
}

std::vector<double> sign_steps(Sign sign) {
  std::vector<double> steps(kSignGrid.size(), 0.0);
  if (sign == Sign::even) return steps;
  for (std::size_t i = 0; i < steps.size(); ++i)
    steps[i] = std::log(2 * (sign == Sign::worse ? kSignGrid[i] : 1 - kSignGrid[i]));
  return steps;
}

// Adds up the chances outwards from the likeliest outcome until they exceed the draw: any fixed order of the outcomes
// gives the right distribution, and this one is the shortest.
std::int64_t thinned(const Counts& counts, std::int64_t kept, double uniform) {
  const std::int64_t least = std::max<std::int64_t>(0, kept - (counts.requests - counts.bad));
  const std::int64_t most = std::min(kept, counts.bad);
  const double likeliest = (static_cast<double>(kept) + 1) * (static_cast<double>(counts.bad) + 1) /
                           (static_cast<double>(counts.requests) + 2);
  const std::int64_t mode = std::clamp(static_cast<std::int64_t>(likeliest), least, most);
  const double at_mode = chance(counts, kept, mode);
  double left = uniform - at_mode;
  std::int64_t up = mode;
  std::int64_t down = mode;
  double chance_up = at_mode;
  double chance_down = at_mode;
  while (left >= 0 && (up < most || down > least)) {
    if (up < most) {
      chance_up *= upwards(counts, kept, up++);
      left -= chance_up;
      if (left < 0) return up;
    }
    if (down > least) {
      chance_down /= upwards(counts, kept, --down);
      left -= chance_down;
      if (left < 0) return down;
    }
    if (chance_up + chance_down < 1e-300) break;
  }
  return mode;
}

Sign sign_of(const Pair& pair, double uniform) {
  const std::int64_t kept = std::min(pair.next.requests, pair.stable.requests);
  const bool next_is_larger = pair.next.requests > kept;
  const std::int64_t next = next_is_larger ? thinned(pair.next, kept, uniform) : pair.next.bad;
  const std::int64_t stable = next_is_larger ? pair.stable.bad : thinned(pair.stable, kept, uniform);
  if (next == stable) return Sign::even;
  return next > stable ? Sign::worse : Sign::better;
}

}  // namespace slipway::sequential
