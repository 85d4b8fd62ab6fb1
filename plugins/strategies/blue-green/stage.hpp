// One step of a blue-green release: passes through the phases that are done and stops at the one that waits.
#pragma once

#include "plugins/strategies/blue-green/settings.hpp"

namespace slipway::blue_green {

// Made for one call of step(); settings and world outlive it. Not copied.
class Stage {
 public:
  Stage(const Settings& settings, State state, const World& world);
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;
  ~Stage() = default;

  Decision<State> go();

 private:
  // What the phase waits for; nothing when it is done.
  std::optional<strategy::Wait> wait_in_phase();
  std::optional<strategy::Wait> replicas_or_traffic();
  std::optional<strategy::Wait> wait_for_own(std::string next) const;
  std::optional<strategy::Wait> wait_for_approval() const;
  std::optional<strategy::Wait> wait_in_shift();
  [[nodiscard]] bool is_last_chance() const;

  void advance();
  [[nodiscard]] Shift shift() const;
  [[nodiscard]] std::int32_t shifts() const { return static_cast<std::int32_t>(settings_.switch_steps.size()); }
  [[nodiscard]] std::int32_t green_wanted() const;
  [[nodiscard]] std::uint32_t target() const;
  [[nodiscard]] std::int32_t position() const;
  [[nodiscard]] std::string coming() const;
  [[nodiscard]] std::vector<strategy::AnalysisWanted> own() const;
  [[nodiscard]] std::vector<strategy::AnalysisWanted> background() const;
  [[nodiscard]] const strategy::AnalysisSeen* any(strategy::Finding finding) const;
  [[nodiscard]] std::vector<strategy::Group> groups() const;
  Decision<State> reply(strategy::Wait wait);

  const Settings& settings_;
  State state_;
  const World& world_;
};

}  // namespace slipway::blue_green
