#include "tools/kit/contract.hpp"

#include <algorithm>

namespace slipway::kit {
namespace {

using Taken = std::array<bool, kTransitions.size()>;

void extend(State at, Taken taken, const Walk& so_far, std::vector<Walk>& found) {
  if (at == State::stopped) return found.push_back(so_far);
  for (std::size_t i = 0; i < kTransitions.size(); ++i) {
    if (kTransitions[i].from != at || taken[i]) continue;
    Taken next = taken;
    next[i] = true;
    Walk longer = so_far;
    longer.push_back(kTransitions[i].step);
    extend(kTransitions[i].to, next, longer, found);
  }
}

std::string_view name_of_step(Step step) {
  constexpr std::array<std::string_view, 4> kNames{"start", "call", "quiesce", "destroy"};
  return kNames[static_cast<std::size_t>(step)];
}

}  // namespace

std::string_view name_of(State state) {
  constexpr std::array<std::string_view, 5> kNames{"created", "started", "draining", "stopped", "gone"};
  return kNames[static_cast<std::size_t>(state)];
}

bool is_allowed(std::string_view host_function, State state) {
  return std::ranges::any_of(kHostFunctions, [&](const HostFunction& function) {
    return function.name == host_function && function.first <= state && state <= function.last;
  });
}

std::vector<Walk> walks() {
  std::vector<Walk> found;
  extend(State::created, {}, {}, found);
  return found;
}

std::string name_of(const Walk& walk) {
  std::string name = "create";
  for (const Step step : walk) name += "_" + std::string(name_of_step(step));
  return name;
}

}  // namespace slipway::kit
