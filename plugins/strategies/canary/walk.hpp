// One step of a canary: walks over the positions of the program that are done and stops at the one that waits.
#pragma once

#include "plugins/strategies/canary/program.hpp"

namespace slipway::canary {

// Made for one call of step(); settings and world outlive it. Not copied.
class Walk {
 public:
  Walk(const Settings& settings, State state, const World& world);
  Walk(const Walk&) = delete;
  Walk& operator=(const Walk&) = delete;
  ~Walk() = default;

  Decision<State> go();

 private:
  // Orders the replicas and the weight of the position; what is waited for until they are there.
  std::optional<strategy::Wait> settle();
  // What the action itself waits for, once it has settled; nothing when it is done.
  std::optional<strategy::Wait> wait_of(const Action& action);
  std::optional<strategy::Wait> wait_of_itself(const Action& action);
  std::optional<strategy::Wait> wait_of(const Pause& pause) const;
  std::optional<strategy::Wait> wait_of_analysis() const;
  std::optional<strategy::Wait> wait_of_gate(const std::string& name, const std::string& question) const;
  std::optional<strategy::Wait> wait_of(const Check& check);

  void enter(std::int32_t step);
  [[nodiscard]] bool has_baseline() const { return settings_.baseline && world_.has_stable(); }
  [[nodiscard]] std::int32_t baseline_needed() const;
  [[nodiscard]] std::int32_t baseline_ordered(std::uint32_t before) const;
  [[nodiscard]] const Action* action() const;
  [[nodiscard]] std::int32_t end() const { return static_cast<std::int32_t>(program_.size()); }
  [[nodiscard]] std::string next() const { return phrase(program_, state_.step + 1); }

  // Of names, against what the canary is compared with.
  [[nodiscard]] std::vector<strategy::AnalysisWanted> compared(const Names& names, const std::string& run = "") const;
  [[nodiscard]] std::vector<strategy::AnalysisWanted> background() const;
  [[nodiscard]] std::vector<strategy::AnalysisWanted> own() const;
  [[nodiscard]] const strategy::AnalysisSeen* fatal() const;
  [[nodiscard]] std::vector<strategy::GateWanted> gates() const;
  [[nodiscard]] std::vector<strategy::Group> groups() const;
  [[nodiscard]] std::string reason() const;
  Decision<State> reply(strategy::Wait wait);

  const Settings& settings_;
  State state_;
  const World& world_;
  const Program program_;
  Effect effect_;
  std::int32_t replicas_ = 0;   // ordered for the canary
  std::int32_t needed_ = 0;     // of them for the weight
  std::int32_t baseline_ = 0;   // and for the baseline
  std::uint32_t compared_ = 0;  // the baseline's share of the traffic
};

}  // namespace slipway::canary
