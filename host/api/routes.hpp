// The operations of the API, by subject. What is passed in must outlive the operations.
#pragma once

#include "host/api/host_view.hpp"
#include "host/api/operation.hpp"
#include "host/api/profile_control.hpp"
#include "host/rollout/control.hpp"

namespace slipway::api {

// Applications, releases, rollouts.
void add_delivery(Operations& operations, rollout::Control& control);
// The hosts of the store.
void add_hosts(Operations& operations, rollout::Control& control);
// GET /api/events as server-sent events.
void add_events(Operations& operations, rollout::Control& control);
// Plugins, bindings, profile, status, health, metrics.
void add_host(Operations& operations, HostView& host);
// PUT /api/profile, its history, its way back, and swaps of bindings.
void add_profile(Operations& operations, ProfileControl& control);
// /openapi.json and /docs, from the document made of the operations.
void add_docs(Operations& operations);

}  // namespace slipway::api
