#include "plugins/analyzers/forecast/history.hpp"

#include <algorithm>
#include <cmath>

#include "plugins/analyzers/common/packed.hpp"

namespace slipway::forecast {
namespace {

constexpr std::string_view kHistory = "the history of the state";

}  // namespace

std::string pack(std::span<const double> points) {
  const std::vector<float> floats(points.begin(), points.end());
  return packed::pack<float>(floats);
}

std::vector<double> unpack(std::string_view text) {
  const std::vector<float> floats = packed::unpack<float>(text, kHistory);
  if (floats.size() > kMostPoints)
    packed::damaged(kHistory, "it has more than " + std::to_string(kMostPoints) + " points");
  if (std::ranges::any_of(floats, [](float value) { return std::isinf(value); }))
    packed::damaged(kHistory, "it has a number that is not finite");
  return {floats.begin(), floats.end()};
}

}  // namespace slipway::forecast
