// From what the checks of a group's replicas found to its samples. Pure.
#pragma once

#include <optional>
#include <slipway/interfaces/metrics.hpp>
#include <vector>

namespace slipway::probe {

// How one check of one replica ended. `missing` means that it could not be made in time: neither passed nor failed.
struct Outcome {
  enum class Result { passed, failed, missing } result = Result::missing;
  std::string detail;
  std::optional<Duration> latency;  // of the answer, where there was one
  // The results that a program reported itself; each is a case, in place of the check's own.
  struct Part {
    std::string name;
    bool passed = false;
    std::string detail;
    bool operator==(const Part&) const = default;
  };
  std::vector<Part> parts = {};
  bool operator==(const Outcome&) const = default;
};

struct NamedOutcome {
  std::string name;
  Outcome outcome;
};

// No outcome at all, or only missing ones, gives no values and a problem.
metrics::GroupSamples samples_of(const std::string& role, const std::vector<NamedOutcome>& outcomes);

}  // namespace slipway::probe
