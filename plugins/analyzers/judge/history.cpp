#include "plugins/analyzers/judge/history.hpp"

#include <algorithm>
#include <cmath>

#include "plugins/analyzers/common/packed.hpp"

namespace slipway::judge {
namespace {

constexpr std::string_view kPoints = "the series of the state";
constexpr std::size_t kMostPoints = 100;

}  // namespace

std::string pack(const std::vector<double>& points) { return packed::pack<double>(points); }

std::vector<double> unpack(const std::string& text) {
  std::vector<double> points = packed::unpack<double>(text, kPoints);
  if (points.size() > kMostPoints)
    packed::damaged(kPoints, "it has more than " + std::to_string(kMostPoints) + " points");
  if (!std::ranges::all_of(points, [](double value) { return std::isfinite(value); }))
    packed::damaged(kPoints, "it has a number that is not finite");
  return points;
}

State from_version_1(Json state) {
  if (!state.contains("series")) state["series"] = Json::array();
  for (auto& series : state["series"]) {
    for (const char* group : {"next", "stable"}) {
      if (!series.is_object() || !series.contains(group)) continue;
      series[group] = pack(value_or_throw(decode<std::vector<double>>(series[group], "the series of the state")));
    }
  }
  return value_or_throw(decode<State>(std::move(state), "the state"));
}

}  // namespace slipway::judge
