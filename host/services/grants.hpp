// Whether a plugin instance may have what it asks for.
#pragma once

#include <slipway/status.hpp>
#include <string>
#include <string_view>

#include "host/manifest/permissions.hpp"
#include "host/services/service.hpp"

namespace slipway::services {

// OK, or PERMISSION_DENIED with what to write into the profile; the requester is told that it was refused.
// `permission` is the grant's name, "network".
Status check_grant(const Requester& requester, const manifest::Grant& grant, std::string_view permission,
                   std::string_view name);

}  // namespace slipway::services
