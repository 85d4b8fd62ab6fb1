// Checks across a profile, and of a profile against plugins. Not for use outside this folder.
#pragma once

#include "host/manifest/profile.hpp"

namespace slipway::manifest {

// Names that lead nowhere or to the wrong kind. Warnings: instances that nothing uses.
void check_names(const Profile& profile, Problems& faults, Problems& warnings);

// Each enabled instance against its plugin, and what its bindings and its plugin need. Warnings: permissions that no
// plugin asks for.
void check_plugins(const Profile& profile, const FindPlugin& find, Problems& faults, Problems& warnings);

}  // namespace slipway::manifest
