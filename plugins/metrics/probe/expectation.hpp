// Whether an HTTP answer is what a check expects. Pure.
#pragma once

#include <slipway/services.hpp>

#include "plugins/metrics/probe/query.hpp"

namespace slipway::probe {

// What is not as expected, for a person: "status 500, want 200-399"; empty when everything holds.
std::string mismatch(const Expect& expect, const services::HttpReply& reply);

// "took 1.2s, want at most 1s"; empty when it was fast enough.
std::string too_slow(const Expect& expect, Duration elapsed);

}  // namespace slipway::probe
