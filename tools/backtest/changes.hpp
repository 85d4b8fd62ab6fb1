// What is done to a recording before it is judged: one group's requests split into two, and a regression put into the
// new release. Pure but for the draws.
#pragma once

#include <random>
#include <set>

#include "tools/backtest/recording.hpp"

namespace slipway::backtest {

using Draws = std::mt19937_64;

// "error_ratio=+1%@10m": from ten minutes after the begin on, one request of a hundred fails more. Of any other value
// "+10%" is a part of itself, and "+10" is added. Of a distribution "+10%" makes each observation so much larger. Only
// the group "next" is changed.
struct Injection {
  std::string value;
  double amount = 0;
  bool percent = false;
  Duration after;
};
Result<Injection> parse_injection(const std::string& text);

// Whether there was anything that could change.
bool inject(metrics::GroupSamples& samples, const Injection& injection, Draws& draws);
// INVALID_ARGUMENT when it changes nothing; that names what may be injected.
Status inject(Recording& recording, const Injection& injection, Draws& draws);

// Each request, failed or not, and each observation of a distribution goes to the first with the chance `share`, else
// to the second; whatever else was measured both have.
std::pair<metrics::GroupSamples, metrics::GroupSamples> deal(const metrics::GroupSamples& all, double share,
                                                             Draws& draws);
// What deal() copies of the group, by name: both sides of a comparison would be one series.
struct Dealt {
  bool any = false;  // whether anything is dealt out
  std::set<std::string> copied;
};
Dealt dealt_of(const Recording& recording, const std::string& group);
// What the report says of it; empty where nothing is copied.
std::string copied_sentence(const Dealt& dealt);

// The group dealt out to "next", which gets `share`, which is its weight, and "stable". Other groups are left out.
Recording split(const Recording& recording, const std::string& group, double share, Draws& draws);

}  // namespace slipway::backtest
