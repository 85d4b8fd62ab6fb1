// slipway.provider/1 of a simulated world: replicas take a time to get ready, and weights are in effect at once.
#pragma once

#include <functional>
#include <map>
#include <slipway/interfaces/provider.hpp>
#include <vector>

#include "tools/rehearse/virtual_time.hpp"

namespace slipway::simulate {

// Of one application.
class Provider {
 public:
  // Whose weights were in effect since when, by release.
  struct Weights {
    Instant since;
    std::map<std::string, std::uint32_t> of;
  };

  // `changed` is called when an observation would differ from the last one.
  Provider(VirtualTime& time, Duration start, std::function<void()> changed)
      : time_(time), start_(start), changed_(std::move(changed)) {}

  provider::CapabilitiesReply capabilities(const Empty&) {
    return {.header_routes = true, .mirroring = true, .sticky = true, .max_groups = 8};
  }
  provider::ValidateReply validate(const provider::Desired&) { return {}; }
  Empty apply(const provider::Desired& desired);
  provider::Observation observe(const provider::Target& target);
  Empty remove(const provider::Removal& removal);

  // No replica of the release is ready before this moment, those that run included.
  void hold_back(const std::string& release, Instant until);
  [[nodiscard]] const std::vector<Weights>& weights() const { return weights_; }

 private:
  struct Group {
    std::string role;
    std::uint32_t weight = 0;
    std::vector<Instant> ready_at;  // of each replica
  };
  [[nodiscard]] provider::ObservedGroup observed(const std::string& release, const Group& group) const;
  void scale(const std::string& release, Group& group, std::int32_t replicas);
  void tell_at(Instant moment);

  VirtualTime& time_;
  const Duration start_;
  const std::function<void()> changed_;
  std::optional<provider::Desired> desired_;
  std::map<std::string, Group> groups_;
  std::map<std::string, Instant> held_back_;
  std::vector<Weights> weights_;
};

}  // namespace slipway::simulate
