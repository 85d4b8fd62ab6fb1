// In which order things that need one another start. Plain values.
#pragma once

#include <map>
#include <slipway/status.hpp>
#include <string>
#include <vector>

namespace slipway::lifecycle {

// Each name with those that must run before it. Names that are needed and are no keys are passed over.
using Needs = std::map<std::string, std::vector<std::string>>;

// Every key once, after all that it needs; `first` with its needs before the others, and otherwise in the order of
// names. FAILED_PRECONDITION names a circle: `"a" needs "b", "b" needs "a"`.
Result<std::vector<std::string>> start_order(const Needs& needs, const std::string& first);

}  // namespace slipway::lifecycle
