// What the machines of a pool tell each other through the store: who is there, what each shall run of an application,
// and what each sees of it. Plain documents.
#pragma once

#include <slipway/interfaces/provider.hpp>

#include "plugins/providers/local/reconcile/seat.hpp"

namespace slipway::local {

// Written again each second: whoever has not done so for the pool's lease, by the store's clock, counts as dead.
struct Member {
  std::string machine;
  std::string address;
  std::int32_t capacity = 0;
  Duration lease;
  static constexpr auto fields() {
    return slipway::fields(required("machine", &Member::machine, "Its name."),
                           required("address", &Member::address, "Where its replicas are reached."),
                           required("capacity", &Member::capacity, "Replicas of an application that it takes."),
                           required("lease", &Member::lease, "How long it may be silent."));
  }
};

// How many replicas of a release a machine shall run.
struct Share {
  std::string machine;
  std::string release;
  std::int32_t replicas = 0;
  static constexpr auto fields() {
    return slipway::fields(required("machine", &Share::machine, "The machine."),
                           required("release", &Share::release, "Version of the release."),
                           required("replicas", &Share::replicas, "How many it shall run."));
  }
  auto operator<=>(const Share&) const = default;
};
using Shares = std::vector<Share>;  // in order of machine and release, none of them empty

// What shall be, and where. `revision` grows with each change of either; the fence is that of `desired`.
struct Order {
  provider::Desired desired;
  bool removed = false;
  std::int64_t revision = 0;
  Shares shares;
  static constexpr auto fields() {
    return slipway::fields(required("desired", &Order::desired, "The newest desired state of the whole."),
                           field("removed", &Order::removed, "Whether the application is being removed."),
                           required("revision", &Order::revision, "Grows with each change."),
                           required("shares", &Order::shares, "Who runs how much of it."));
  }
};

// What one machine sees of an application. `heard` names the newest offers of each other machine that its edge has
// come to terms with: it routes to nothing that these left out.
struct Report {
  std::string machine;
  std::int64_t revision = 0;
  provider::Observation seen;
  std::vector<Seat> offers;
  std::int64_t offers_number = 0;
  std::map<std::string, std::int64_t> heard;
  static constexpr auto fields() {
    return slipway::fields(required("machine", &Report::machine, "Whose view it is."),
                           required("revision", &Report::revision, "Of the order that it has taken up."),
                           required("seen", &Report::seen, "Its own replicas and its edge."),
                           required("offers", &Report::offers, "Its replicas that may get traffic."),
                           required("offers_number", &Report::offers_number, "Grows with each change of the offers."),
                           field("heard", &Report::heard, "Offers of others that its edge follows."));
  }
};

}  // namespace slipway::local
