// What an engine is told about itself, its patience and its bounds. Values.
#pragma once

#include <cstdint>
#include <map>
#include <slipway/values.hpp>
#include <string>
#include <vector>

namespace slipway::rollout {

struct EventSettings {
  std::int64_t keep = 10'000;        // events of a tenant that are kept
  std::int32_t max_waiting = 1'000;  // long polls at once
};

// How long what nobody needs for going on is kept.
struct Retention {
  Duration events = seconds(7 * 86'400);
  Duration journals = seconds(90 * 86'400);  // after the end of their rollouts
  bool operator==(const Retention&) const = default;
};

// What the site bounds; may change while the engine works.
struct Bounds {
  std::uint32_t max_active = 1'000;  // rollouts under way
  Retention retention{};
};

// Time that one call of a plugin may take.
struct Budgets {
  Duration storage = seconds(5);
  Duration apply = seconds(20);
  Duration observe = seconds(5);
  Duration strategy = seconds(5);
  Duration urgent = seconds(2);  // the strategy's word on a failed analysis
  Duration metrics = seconds(10);
  Duration analyzer = seconds(5);
  Duration gate = seconds(10);
  Duration notifier = seconds(30);
};

// What the engine takes from the profile. It may be exchanged while rollouts run.
struct Wiring {
  std::vector<std::string> gates{};      // names of gates, for the checks before a rollout
  std::vector<std::string> notifiers{};  // names of notifiers that are told of events
  // By notifier, the types that it is told of: "rollout.failed", "rollout.*", "*". None: every type.
  std::map<std::string, std::vector<std::string>> notified_of{};
};

// What a host is among the hosts of its store.
struct HostIdentity {
  std::string name = "slipwayd";      // of its own, and the same after a restart, so that it finds its work again
  std::string instance = "slipwayd";  // tells two hosts apart that were given one name
  std::string version{};
  std::string address{};
};

struct EngineSettings {
  HostIdentity host;
  std::string environment = "development";
  Duration lease = seconds(10);          // of this host: how long after its end another one takes its work over
  Duration look_around = seconds(1);     // at the other hosts
  Duration look_again = seconds(15);     // without any event
  Duration ask_again = seconds(30);      // a gate that is not open
  Duration write_patience = seconds(5);  // of a person for a write whose outcome is unknown
  Duration keep_notes = seconds(5);      // between two silent writes of one rollout
  Wiring wiring;                         // at the start
  EventSettings events;
  Duration trim_every = seconds(60);
  Bounds bounds;
  Budgets budgets;
};

}  // namespace slipway::rollout
