// slipway.provider/1 in memory: replicas that need time to start, never get ready, or die; groups that drain. It also
// watches what it is told, and notes whatever breaks the rules.
#pragma once

#include <functional>
#include <map>
#include <slipway/interfaces/provider.hpp>

#include "tests/simulation/sim_time.hpp"

namespace slipway::sim {

// How replicas of a release behave.
struct Behaviour {
  Duration start = seconds(2);
  Duration stop = seconds(1);
  bool never_ready = false;
};

class FakeProvider {
 public:
  using Changed = std::function<void(const std::string& tenant, const std::string& application)>;
  FakeProvider(SimTime& time, Changed changed) : time_(time), changed_(std::move(changed)) {}

  provider::CapabilitiesReply capabilities(const Empty&);
  provider::ValidateReply validate(const provider::Desired& desired);
  Empty apply(const provider::Desired& desired);
  provider::Observation observe(const provider::Target& target);
  Empty remove(const provider::Removal& removal);

  provider::CapabilitiesReply able{.header_routes = true, .mirroring = true, .sticky = true, .max_groups = 3};
  std::string cant_run;  // what it says against any application
  // The world's whims.
  void behave(const std::string& release, Behaviour behaviour) { behaviours_[release] = behaviour; }
  void kill_replica(const std::string& tenant, const std::string& application, const std::string& release);
  // The next new order is carried out in part: replicas that it adds are begun, then the provider fails.
  void tear_next() { tear_ = true; }
  // Says that something has changed when nothing has.
  void cry_wolf(const std::string& tenant, const std::string& application) { changed_(tenant, application); }

  // For a test's eyes. `orders` holds each order that was new.
  [[nodiscard]] std::uint32_t weight_of(const std::string& application, const std::string& release) const;
  [[nodiscard]] std::int32_t ready_of(const std::string& application, const std::string& release) const;
  // Whether there is such a group, also one that is leaving.
  [[nodiscard]] bool knows(const std::string& application, const std::string& release) const;
  [[nodiscard]] const std::vector<provider::Desired>& orders() const { return orders_; }
  // Orders that were refused because a newer one had come.
  [[nodiscard]] int refused() const { return refused_; }
  [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }
  std::function<void(const provider::Desired&)> on_order;
  // Each order that is taken, also one that is repeated, and each honest look.
  std::function<void(const provider::Desired&)> on_apply;
  std::function<void(const provider::Observation&)> on_look;
  // The last order; null before the first.
  [[nodiscard]] const provider::Desired* desired(const std::string& tenant, const std::string& application) const;

 private:
  struct Process {
    std::int64_t ready_at;  // on the steady clock
    Instant ready_since;    // on the wall clock
  };
  struct Group {
    std::string role;
    std::int32_t replicas = 0;
    std::uint32_t weight = 0;
    std::vector<Process> processes;
    std::int32_t leaving = 0;
  };
  struct App {
    provider::Desired desired;
    std::map<std::string, Group> groups;
  };
  using Name = std::pair<std::string, std::string>;

  [[nodiscard]] bool is_ready(const Process& process) const { return process.ready_at <= time_.clock().steady_ns(); }
  [[nodiscard]] Process process(Duration start) const;
  [[nodiscard]] std::int32_t ready(const Group& group) const;
  void tear(const Name& name, const provider::Desired& desired);
  void check_order(const App& app, const provider::Desired& desired);
  void scale(const Name& name, const std::string& release, Group& group, std::int32_t replicas);
  void settle_later(const Name& name, Duration after);

  SimTime& time_;
  Changed changed_;
  std::map<Name, App> apps_;
  std::map<Name, std::int64_t> forgotten_;  // the newest token when it was removed
  std::map<std::string, Behaviour> behaviours_;
  std::vector<provider::Desired> orders_;
  std::vector<std::string> violations_;
  int refused_ = 0;
  bool tear_ = false;
};

}  // namespace slipway::sim
