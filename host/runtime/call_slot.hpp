// One open call. A slot's state is a single word, its phase and the generation of its use, so that every transition
// is one compare-and-swap and an id of an earlier use never matches.
#pragma once

#include <slipway/abi/plugin.h>

#include <atomic>
#include <cstdint>

#include "host/runtime/answer.hpp"

namespace slipway::runtime {

enum class CallPhase : std::uint8_t {
  free,
  preparing,   // taken by a caller that fills it
  queued,      // waits for the strand or the pool; the plugin has not seen it
  starting,    // inside invoke, on the strand or the pool
  direct,      // inside invoke, on the caller's thread, which alone may give it up
  claimed,     // answered while inside invoke; the answer is being written
  detached,    // as claimed, but invoke has returned: who writes the answer also delivers it
  answered,    // the answer is in the slot; who called invoke takes it
  open,        // invoke has returned without an answer
  delivering,  // the caller is being answered
  leaving,     // the caller is being told that the host gave up
  left,        // as leaving, and the plugin has completed meanwhile
  zombie,      // the caller has been answered, the plugin has not completed
};

namespace state {

inline constexpr std::uint64_t kGenerationMask = (std::uint64_t{1} << 40) - 1;

constexpr std::uint64_t make(std::uint64_t generation, CallPhase phase) {
  return (generation << 8) | static_cast<std::uint64_t>(phase);
}
constexpr CallPhase phase(std::uint64_t word) { return static_cast<CallPhase>(word & 0xff); }
constexpr std::uint64_t generation(std::uint64_t word) { return word >> 8; }
// Never 0, so that no call id is.
constexpr std::uint64_t next_generation(std::uint64_t word) {
  const std::uint64_t next = (generation(word) + 1) & kGenerationMask;
  return next == 0 ? 1 : next;
}

}  // namespace state

// A call id: tag of the instance (8 bits), generation (40), index of the slot (16).
namespace call_id {

constexpr std::uint64_t make(std::uint8_t tag, std::uint64_t generation, std::uint32_t index) {
  return (std::uint64_t{tag} << 56) | (generation << 16) | index;
}
constexpr std::uint8_t tag(std::uint64_t id) { return static_cast<std::uint8_t>(id >> 56); }
constexpr std::uint64_t generation(std::uint64_t id) { return (id >> 16) & state::kGenerationMask; }
constexpr std::uint32_t index(std::uint64_t id) { return static_cast<std::uint32_t>(id & 0xffff); }

}  // namespace call_id

// Who won the last transition owns the plain members.
struct alignas(128) CallSlot {
  std::atomic<std::uint64_t> word{0};
  Callback callback;
  slipway_blob blob{};
  slipway_status status = SLIPWAY_OK;
  Fault fault = Fault::none;
  // Names the thread that is inside invoke, so that it can tell its own completions.
  std::atomic<const void*> invoker{nullptr};
};

}  // namespace slipway::runtime
