// The log-likelihood ratios of one interval, for each alternative of a grid. Pure functions.
//
// Ratio of two groups. For a candidate ratio r against a tolerated ratio r0, with w the share of the requests that the
// judged group had, e its bad requests and N those of both groups:
//   l(r) = e log(r / r0) - N [log(1 + w (r - 1)) - log(1 + w (r0 - 1))]
// exp(l) has a mean of at most 1 whenever the group's requests fail at most r0 times as often as the baseline's,
// whatever that rate is and however it and w change from interval to interval. Intervals without requests of both
// groups, or without a bad one, say nothing: 0.
//
// Share of one group against a limit p0, for a candidate share p, of n requests:
//   l(p) = e log(p / p0) + (n - e) [log(1 - p) - log(1 - p0)]
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace slipway::sequential {

// What a group did in an interval; 0 <= bad <= requests.
struct Counts {
  std::int64_t requests = 0;
  std::int64_t bad = 0;
  bool operator==(const Counts&) const = default;
};
struct Pair {
  Counts next;
  Counts stable;
  bool operator==(const Pair&) const = default;
};
Pair& operator+=(Pair& sum, const Pair& more);

// Factors of the grids: `points` of them from `low` to `high`, evenly spaced on the log scale.
struct Grid {
  double low = 1.1;
  double high = 20;
  std::int32_t points = 24;
};
std::vector<double> factors(const Grid& grid);

// Against "at most `limit` times as often": candidates above it. Against "at least": below it.
std::vector<double> ratios_above(double limit, const Grid& grid);
std::vector<double> ratios_below(double limit, const Grid& grid);
std::vector<double> ratio_steps(const Pair& pair, double limit, std::span<const double> ratios);

std::vector<double> shares_above(double limit, const Grid& grid);
std::vector<double> shares_below(double limit, const Grid& grid);
// What each bad request and each good one says for each candidate.
struct ShareOdds {
  std::vector<double> of_bad;
  std::vector<double> of_good;
};
ShareOdds share_odds(double limit, std::span<const double> shares);
std::vector<double> share_steps(const Counts& counts, const ShareOdds& odds);

// Sign test: in which of two equally large samples more requests were bad. Needs only that the groups can be exchanged
// within an interval, whatever the requests of a group share there; bounded by log 2 an interval.
enum class Sign : std::int8_t { better = -1, even = 0, worse = 1 };
inline constexpr std::array<double, 6> kSignGrid{0.55, 0.65, 0.75, 0.85, 0.95, 0.99};
std::vector<double> sign_steps(Sign sign);

// How many of the group's bad requests are among `kept` of its requests that are drawn without putting back; `uniform`
// in [0, 1) is the draw. Time grows with the square root of the bad requests.
std::int64_t thinned(const Counts& counts, std::int64_t kept, double uniform);
// Draws as many requests from the larger group as the smaller one has, and compares.
Sign sign_of(const Pair& pair, double uniform);

}  // namespace slipway::sequential
