// The world as a strategy looks at it: an observation, the moment, and the questions that every strategy asks.
// A view: it lives no longer than the observation. No thread rules.
#pragma once

#include <algorithm>
#include <slipway/interfaces/strategy.hpp>

namespace slipway {

// The part of all traffic that `part` of `part + rest` replicas carry, in parts per million, rounded down.
constexpr std::uint32_t share_of(std::int32_t part, std::int32_t rest) {
  if (part <= 0) return 0;
  return static_cast<std::uint32_t>(std::int64_t{kAllTraffic} * part / (std::int64_t{part} + rest));
}

// Replicas that carry a share of the traffic: rounded up, so at least 1 for any share above 0.
constexpr std::int32_t replicas_for(std::uint32_t ppm, std::int32_t replicas) {
  return static_cast<std::int32_t>((std::int64_t{ppm} * replicas + kAllTraffic - 1) / kAllTraffic);
}

inline std::string plural(std::int32_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

class World {
 public:
  World(const strategy::Observation& seen, Instant now, bool has_stable)
      : seen_(seen), now_(now), has_stable_(has_stable) {}

  [[nodiscard]] Instant now() const { return now_; }
  // Replicas that the application shall have.
  [[nodiscard]] std::int32_t replicas() const { return seen_.replicas; }
  // False while the first release of an application comes up.
  [[nodiscard]] bool has_stable() const { return has_stable_; }
  // Whether all that the last step wanted has come true.
  [[nodiscard]] bool converged() const { return seen_.converged; }

  // The groups; one that does not exist has no replicas.
  [[nodiscard]] const provider::ObservedGroup& stable() const { return group(strategy::kStable); }
  [[nodiscard]] const provider::ObservedGroup& next() const { return group(strategy::kNext); }
  [[nodiscard]] const provider::ObservedGroup& baseline() const { return group(strategy::kBaseline); }

  // Replicas that have been ready for at least `min_ready`.
  [[nodiscard]] std::int32_t available(const provider::ObservedGroup& of, Duration min_ready) const {
    if (min_ready.ns == 0) return of.ready;
    const auto& since = of.ready_since;
    return static_cast<std::int32_t>(
        std::count_if(since.begin(), since.end(), [&](Instant t) { return t + min_ready <= now_; }));
  }
  // When one more will have been ready for so long; nothing while no further replica is ready.
  [[nodiscard]] std::optional<Instant> available_at(const provider::ObservedGroup& of, Duration min_ready) const {
    std::optional<Instant> soonest;
    for (const Instant since : of.ready_since) {
      const Instant at = since + min_ready;
      if (at > now_ && (!soonest || at < *soonest)) soonest = at;
    }
    return soonest;
  }

  // Whether a person asked for it since the last step.
  [[nodiscard]] bool asked(strategy::Command command) const {
    return std::find(seen_.commands.begin(), seen_.commands.end(), command) != seen_.commands.end();
  }

  // What a wanted analysis says; null as long as it (or this run of it) has not begun.
  [[nodiscard]] const strategy::AnalysisSeen* analysis(const strategy::AnalysisWanted& wanted) const {
    const auto found = std::find_if(seen_.analyses.begin(), seen_.analyses.end(), [&](const strategy::AnalysisSeen& a) {
      return a.name == wanted.name && a.run == wanted.run;
    });
    return found == seen_.analyses.end() ? nullptr : &*found;
  }
  // The first of the wanted analyses that says so; null when none does.
  [[nodiscard]] const strategy::AnalysisSeen* first(strategy::Finding finding,
                                                    const std::vector<strategy::AnalysisWanted>& wanted) const {
    for (const auto& one : wanted) {
      const auto* found = analysis(one);
      if (found != nullptr && found->finding == finding) return found;
    }
    return nullptr;
  }
  // The first of the wanted analyses that has measured nothing yet, for which all traffic has to wait; null when none.
  [[nodiscard]] const strategy::AnalysisSeen* unmeasured(const std::vector<strategy::AnalysisWanted>& wanted) const {
    for (const auto& one : wanted) {
      const auto* found = analysis(one);
      if (found != nullptr && found->unmeasured) return found;
    }
    return nullptr;
  }
  [[nodiscard]] bool all_passed(const std::vector<strategy::AnalysisWanted>& wanted) const {
    return std::all_of(wanted.begin(), wanted.end(), [&](const auto& one) {
      const auto* found = analysis(one);
      return found != nullptr && found->finding == strategy::Finding::passed;
    });
  }

  // A gate as it was seen; pending when it has not been asked yet.
  [[nodiscard]] strategy::GateSeen gate(std::string_view name) const {
    for (const auto& gate : seen_.gates) {
      if (gate.name == name) return gate;
    }
    return {std::string(name), strategy::GateState::pending, ""};
  }

 private:
  [[nodiscard]] const provider::ObservedGroup& group(std::string_view role) const {
    for (const auto& group : seen_.groups) {
      if (group.role == role) return group;
    }
    return none_;
  }

  const strategy::Observation& seen_;
  const provider::ObservedGroup none_;
  Instant now_;
  bool has_stable_;
};

// When something last went forward, kept in a strategy's state. Progress is a mark that rises above all before.
struct Progress {
  Instant at;
  std::int32_t mark = 0;
  static constexpr auto fields() {
    return slipway::fields(field("at", &Progress::at, "When something last went forward; 1970 before the first step."),
                           field("mark", &Progress::mark, "How far it has come."));
  }
  bool operator==(const Progress&) const = default;

  void note(std::int32_t reached, Instant now) {
    if (at != Instant{} && reached <= mark) return;
    at = now;
    mark = reached;
  }
  // Nothing has to go forward: the clock begins anew with the next note.
  void rest() { *this = {}; }
  [[nodiscard]] bool is_late(Instant now, Duration deadline) const { return at != Instant{} && now >= at + deadline; }
};

}  // namespace slipway
