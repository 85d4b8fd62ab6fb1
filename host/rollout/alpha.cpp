#include "host/rollout/alpha.hpp"

namespace slipway::rollout {
namespace {

constexpr double kOfPlanned = 0.9;

double planned_weight(const AlphaBudget& budget) {
  double sum = 0;
  for (const auto& [name, part] : budget.parts) sum += part.weight * part.planned;
  return sum;
}

double unplanned_share(AlphaBudget& budget) {
  const double left = planned_weight(budget) > 0 ? 1 - kOfPlanned : 1;
  const double k = ++budget.unplanned;
  return left / (k * (k + 1));
}

}  // namespace

double planned_share(const AlphaBudget& budget, const std::string& analysis) {
  return kOfPlanned * budget.parts.at(analysis).weight / planned_weight(budget);
}

double take_share(AlphaBudget& budget, const std::string& analysis) {
  const auto found = budget.parts.find(analysis);
  if (found == budget.parts.end()) return unplanned_share(budget);
  AlphaPart& part = found->second;
  if (part.weight <= 0) return 1;
  if (++part.begun > part.planned) return unplanned_share(budget);
  return planned_share(budget, analysis);
}

}  // namespace slipway::rollout
