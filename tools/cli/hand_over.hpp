// Commands that are other programs of the project: the host's own code stays out of this one.
#pragma once

#include <string>
#include <vector>

#include "tools/cli/exit.hpp"

namespace slipway::cli {

// Becomes that program: the one beside this program, or else in the PATH. Throws Failure when there is none.
Exit hand_over(const std::string& program, std::vector<std::string> words);

}  // namespace slipway::cli
