// What a start would refuse of the packages of a profile, known without running any of their code.
#pragma once

#include <string>
#include <vector>

#include "host/lifecycle/plan.hpp"
#include "host/loader/signature.hpp"

namespace slipway::app {

// One line for each instance whose package is refused, with the first reason. Empty when all would be let in. Blocks on
// the disk, and may throw slipway::Error where there is no room for a copy of the packages.
std::vector<std::string> refused_packages(const lifecycle::Plan& plan, const loader::SignaturePolicy& policy);

}  // namespace slipway::app
