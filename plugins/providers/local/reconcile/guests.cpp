// The half of Application that has to do with replicas of other machines.
#include <algorithm>

#include "plugins/providers/local/reconcile/application.hpp"

namespace slipway::local {

std::vector<Seat> Application::seats() const {
  std::vector<Seat> seats;
  for (const auto& [id, replica] : replicas_) {
    if (replica->guest() || !replica->serving() || replica->record().leaving) continue;
    seats.push_back({id, replica->record().release, replica->address()});
  }
  return seats;
}

void Application::set_guests(std::vector<Seat> guests) {
  if (guests_ == guests) return;
  guests_ = std::move(guests);
  wake_.raise();
}

bool Application::follows_guests() const {
  return guests_ && std::ranges::all_of(replicas_, [&](const auto& entry) {
           return !entry.second->guest() || wants_guest(entry.second->record());
         });
}

void Application::hold(const std::function<bool(const Seat&)>& held) {
  for (const auto& [id, replica] : replicas_) {
    if (!replica->guest()) replica->hold(held({id, replica->record().release, replica->address()}));
  }
}

bool Application::wants_guest(const ReplicaRecord& record) const {
  return !guests_ || std::ranges::any_of(*guests_, [&](const Seat& seat) {
    return seat.id == record.id && seat.address == record.guest;
  });
}

void Application::seat_guests() {
  if (!guests_ || record_.removed) return;
  for (const Seat& seat : *guests_) {
    if (replicas_.contains(seat.id) || release(seat.release) == nullptr) continue;
    ReplicaRecord record;
    record.id = seat.id;
    record.release = seat.release;
    record.guest = seat.address;
    add_replica(std::move(record));
    changed_ = true;
  }
}

}  // namespace slipway::local
