// The points that a judgement hands to the next, as text that fits a state.
#pragma once

#include <slipway/json.hpp>
#include <vector>

#include "plugins/analyzers/judge/settings.hpp"

namespace slipway::judge {

std::string pack(const std::vector<double>& points);
// Throws Error (invalid_argument) for a text that pack() did not write.
std::vector<double> unpack(const std::string& text);

// A state of version 1, which has its points as lists of numbers. Throws Error (invalid_argument) for what is none.
State from_version_1(Json state);

}  // namespace slipway::judge
