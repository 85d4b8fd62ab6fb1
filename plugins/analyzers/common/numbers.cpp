#include "plugins/analyzers/common/numbers.hpp"

#include <array>
#include <cstdio>

namespace slipway::analyzer {
namespace {

bool is_counted(const std::string& name) { return name == "requests" || name == "failures" || name == "error_ratio"; }

}  // namespace

std::optional<std::string> refusal(const metrics::GroupSamples* samples, const std::string& name) {
  if (samples == nullptr || !is_counted(name)) return std::nullopt;
  const auto found = samples->values.find(name);
  if (found == samples->values.end()) return std::nullopt;
  const double value = found->second;
  if (value >= 0 && value <= kMostCounted) return std::nullopt;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4g", value);
  return "the value " + name + " of the group " + samples->role + " is " + text.data() + ": want 0 to 2^53";
}

std::optional<std::string> uncovered(const metrics::GroupSamples* samples, double wanted) {
  if (samples == nullptr || samples->completeness >= wanted) return std::nullopt;
  std::array<char, 96> text{};
  std::snprintf(text.data(), text.size(), " cover %.3g %% of this window, of the %.3g %% that are wanted",
                100 * samples->completeness, 100 * wanted);
  return "the numbers of the group " + samples->role + text.data();
}

}  // namespace slipway::analyzer
