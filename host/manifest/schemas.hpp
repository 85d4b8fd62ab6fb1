// The JSON Schemas of plugin.json and of profiles, made from the lists of fields. Not for use outside this folder.
#pragma once

#include <slipway/json.hpp>

namespace slipway::manifest {

Json plugin_schema();
Json profile_schema();

}  // namespace slipway::manifest
