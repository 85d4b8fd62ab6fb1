// The baseline group: the stable release once more, under a name of its own, because a provider tells groups by their
// release's version. Only these functions know what that name looks like. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace slipway::rollout {

// No release that a person makes may end so.
inline constexpr std::string_view kBaselineSuffix = "+baseline";

// What the baseline of a release is called.
inline std::string baseline_of(std::string_view release) { return std::string(release) + std::string(kBaselineSuffix); }
inline bool is_baseline(std::string_view release) { return release.ends_with(kBaselineSuffix); }
// The release that a group runs, as the store has it.
inline std::string kept_name(std::string_view release) {
  return std::string(is_baseline(release) ? release.substr(0, release.size() - kBaselineSuffix.size()) : release);
}

}  // namespace slipway::rollout
