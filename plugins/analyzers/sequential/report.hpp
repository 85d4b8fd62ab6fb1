// A ruling as a colleague would explain it.
#pragma once

#include "plugins/analyzers/sequential/evidence.hpp"

namespace slipway::sequential {

// What a track has come to. No ratio where nothing was bad, or where there is no baseline.
struct TrackFound {
  Pair totals;
  std::optional<RatioBounds> ratio;
};
TrackFound found(const Evidence& track, const Settings& settings);

// What a judgement rests on.
struct Findings {
  const Settings& settings;
  const State& state;
  std::vector<TrackFound> tracks;
  Ruling ruling;
  std::string baseline;  // the role of the group that is compared with
};

std::string sentence(const Findings& findings);
// The numbers by name, enough to check the verdict and to draw it.
JsonText numbers(const Findings& findings);

}  // namespace slipway::sequential
