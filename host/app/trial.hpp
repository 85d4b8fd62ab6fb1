// A new generation on trial: how long, with which share of the calls, and how it is held against the old one.
#pragma once

#include "host/api/profile_control.hpp"
#include "host/base/clock.hpp"
#include "host/bridge/caller.hpp"
#include "host/lifecycle/lifecycle.hpp"
#include "host/manifest/profile.hpp"

namespace slipway::app {

// What the request says of a trial that can't be: an analyzer that the profile lacks, parts of a trial without a share.
Problems trial_faults(const api::SwapRequest& request, const manifest::Profile& profile);

// The request names a share. Without an analyzer the new generation may not fail more often, nor be much slower, and 20
// calls of each are wanted; an analyzer that does not answer is asked again, and has said nothing when it never does.
// Caller and clock outlive the trial.
lifecycle::TryOut trial_of(const api::SwapRequest& request, bridge::Caller& caller, const base::Clock& clock);

}  // namespace slipway::app
