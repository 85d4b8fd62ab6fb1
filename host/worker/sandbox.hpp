// What holds the plugin in, put in force by the worker itself before any code of the plugin runs.
#pragma once

#include <slipway/status.hpp>
#include <string>
#include <vector>

#include "host/isolation/messages.hpp"

namespace slipway::worker {

// Ends this process together with its parent. False when the parent has gone already.
bool die_with(int parent);

// Each protection, in force or with the reason why not; the process has one thread. `library` is the descriptor that
// will be mapped.
std::vector<isolation::Protection> confine(const isolation::Setup& setup, int library);
// The library is mapped: what only that needed is taken away, from every thread.
std::vector<isolation::Protection> confine_further(const isolation::Setup& setup);

}  // namespace slipway::worker
