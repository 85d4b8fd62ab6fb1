// Whether this provider could run a desired state. Looks at the machine, changes nothing. Any thread.
#pragma once

#include <slipway/interfaces/provider.hpp>
#include <string>
#include <vector>

namespace slipway::local {

// Each problem is a sentence that names the field, its value and what is allowed; none when all is well.
std::vector<std::string> problems_of(const provider::Desired& desired);

}  // namespace slipway::local
