// How a call of a plugin ended, before anybody makes documents of it.
#pragma once

#include <slipway/abi/plugin.h>

#include <cstdint>
#include <string_view>

namespace slipway::runtime {

// Why the host answered in the plugin's place; `none` when the plugin's own answer is passed on.
enum class Fault : std::uint8_t {
  none,
  no_budget,     // the deadline had passed before the call began
  deadline,      // the plugin did not answer in time
  cancelled,     // the caller gave up
  not_running,   // the instance is not started yet, or stopped
  stopped,       // the instance was stopped before it answered
  too_many,      // every slot for open calls is taken
  pool_full,     // the pool of a blocking instance takes no more
  too_large,     // the reply is larger than allowed
  wrong_status,  // the plugin's status is none
};

// Borrowed: valid until the function that gets it returns, or as long as the Reply that gave it.
struct Answer {
  Fault fault = Fault::none;
  slipway_status status = SLIPWAY_OK;
  std::string_view payload;    // empty with a fault
  std::uint64_t raw_size = 0;  // what the plugin sent, also when it was too large
};

// Where an answer goes that does not come at once. Called exactly once, from any thread, also from inside the plugin's
// complete: it must neither block nor call a plugin.
struct Callback {
  void (*deliver)(void* context, const Answer& answer) = nullptr;
  void* context = nullptr;
};

}  // namespace slipway::runtime
