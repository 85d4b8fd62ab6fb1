#include "tools/rehearse/virtual_time.hpp"

#include <algorithm>

namespace slipway::simulate {

VirtualTime::Ticket VirtualTime::at(std::int64_t steady_ns, std::function<void()> ring) {
  auto ticket = std::make_shared<Ring>(std::move(ring));
  queue_.emplace(steady_ns, Due{ticket, nullptr});
  return ticket;
}

void VirtualTime::after(Duration span, std::function<void()> ring) {
  auto kept = std::make_shared<Ring>(std::move(ring));
  queue_.emplace(passed_ + span.ns, Due{kept, kept});
}

bool VirtualTime::turn() {
  while (!queue_.empty()) {
    const auto first = queue_.begin();
    const std::int64_t due = first->first;
    const auto ring = first->second.ring.lock();
    queue_.erase(first);
    if (!ring) continue;
    passed_ = std::max(passed_, due);
    (*ring)();
    return true;
  }
  return false;
}

}  // namespace slipway::simulate
