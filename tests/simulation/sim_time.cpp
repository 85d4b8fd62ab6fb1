#include "tests/simulation/sim_time.hpp"

namespace slipway::sim {

SimTime::Ticket SimTime::at(std::int64_t steady_ns, std::function<void()> ring) {
  auto ticket = std::make_shared<Ring>(std::move(ring));
  queue_.emplace(steady_ns, ticket);
  return ticket;
}

void SimTime::after(Duration span, std::function<void()> ring) {
  auto mine = std::make_shared<Ring>(std::move(ring));
  const std::int64_t due = clock_.steady_ns() + span.ns;
  own_.emplace(due, mine);
  queue_.emplace(due, std::move(mine));
}

bool SimTime::turn() {
  while (!queue_.empty()) {
    const auto first = queue_.begin();
    const std::int64_t due = first->first;
    const auto ring = first->second.lock();
    queue_.erase(first);
    if (!ring) continue;
    if (due > clock_.steady_ns()) clock_.advance({due - clock_.steady_ns()});
    (*ring)();
    own_.erase(own_.begin(), own_.lower_bound(due));
    return true;
  }
  return false;
}

}  // namespace slipway::sim
