// The gate's whole decision, as a pure function.
#pragma once

#include "plugins/gates/freeze-window/window.hpp"

namespace slipway::freeze_window {

// Open, or `shut` (pending or closed) with the reason and the moment when it is worth asking again: the end of the
// freeze that ends last, or the begin of the next maintenance window.
gate::CheckReply decide(const std::vector<Window>& windows, const gate::CheckRequest& request,
                        strategy::GateState shut);

}  // namespace slipway::freeze_window
