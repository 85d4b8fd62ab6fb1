// Requests that are carried out at most once (Actor::once).
#pragma once

#include <slipway/interfaces/storage.hpp>
#include <string>

namespace slipway::rollout {

// Where the name of what such a request made stands, from the write on that carried it out.
inline storage::Key carried_out(const std::string& once) { return {"slipway", "carried-out", once}; }

}  // namespace slipway::rollout
