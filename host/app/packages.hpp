// What a start would refuse of the packages of a profile, known without running any of their code.
#pragma once

#include <slipway/status.hpp>

#include "host/lifecycle/plan.hpp"
#include "host/loader/signature.hpp"

namespace slipway::app {

// One problem for each instance whose package is refused, path "/plugins/<name>", with the first reason. Empty when all
// would be let in. Blocks on the disk, and may throw slipway::Error where there is no room for a copy of the packages.
Problems refused_packages(const lifecycle::Plan& plan, const loader::SignaturePolicy& policy);

}  // namespace slipway::app
