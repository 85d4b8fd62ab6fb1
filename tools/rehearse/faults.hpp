// What goes wrong in a simulated world, and when.
#pragma once

#include <slipway/status.hpp>
#include <slipway/values.hpp>
#include <string>

namespace slipway::simulate {

// "metrics.haproxy@10m/5m": ten minutes after the rollout's begin calls of this binding fail, for five minutes.
// "replicas": those of the new release are not ready. "host": the host is gone, and starts again.
struct Fault {
  std::string what;
  Duration after;
  Duration lasting;
};
Result<Fault> parse_fault(const std::string& text);

}  // namespace slipway::simulate
