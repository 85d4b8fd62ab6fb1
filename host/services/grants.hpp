// Whether a plugin instance may have what it asks for.
#pragma once

#include <slipway/status.hpp>
#include <string>
#include <string_view>

#include "host/manifest/permissions.hpp"
#include "host/services/service.hpp"

namespace slipway::services {

// Whether a name is granted: by itself or by a pattern in which "*" stands for any text, also none.
bool covers(const manifest::Grant& grant, std::string_view name);

// OK, or PERMISSION_DENIED with what to write into the profile. `permission` is the grant's name, "network".
Status check_grant(const Requester& requester, const manifest::Grant& grant, std::string_view permission,
                   std::string_view name);

}  // namespace slipway::services
