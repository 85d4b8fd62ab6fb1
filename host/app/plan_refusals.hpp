// What keeps a plan from coming into force, each with its path in the profile. Safe from any thread; blocks on the
// disk.
#pragma once

#include "host/app/configuration.hpp"

namespace slipway::app {

// Those that would be started anew. One that goes on as it is has what it needs, and has been let in.
lifecycle::Plan anew_in(const lifecycle::Plan& next, const lifecycle::Plan& now);

// What this machine lacks for them: programs, free addresses, open files.
Problems lacks_of(const lifecycle::Plan& anew);

// What a swap would give plugins by nobody's word: a new version asks for it, and the profile is silent. That of any
// instance, since a swap takes the newest version of every range.
Problems unspoken_gains(const lifecycle::Plan& now, const InForce& next);

}  // namespace slipway::app
