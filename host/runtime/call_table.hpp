// The open calls of one instance, and the rules by which each is answered exactly once.
//
// Slots are taken and given back without a lock or an allocation, but for the first time that so many calls are open:
// most instances need few of the slots that they may have. An open slot is also what pins the instance: it is not
// destroyed while a call is inside invoke or an answer still points into the plugin's memory.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "host/runtime/answer.hpp"
#include "host/runtime/call_slot.hpp"
#include "host/runtime/deadlines.hpp"

namespace slipway::runtime {

// Completions that were refused, by kind.
struct RefusedCompletions {
  std::uint64_t late = 0;      // the caller had been answered by the host
  std::uint64_t repeated = 0;  // the call was completed already
  std::uint64_t unknown = 0;   // no such call was ever made
};

struct CallTableSettings {
  std::uint32_t slots = 1024;  // at most 65536
  std::uint64_t reply_bytes = std::uint64_t{4} << 20;
  std::uint8_t tag = 0;
};

class CallTable;

// Who calls.
enum class Origin : std::uint8_t { caller, host };

// An answer that came inside invoke. It owns the plugin's bytes and the slot, so it pins the instance while it lives.
class Reply {
 public:
  Reply() = default;
  Reply(const Reply&) = delete;
  Reply& operator=(const Reply&) = delete;
  ~Reply() { reset(); }

  [[nodiscard]] inline Answer answer() const;
  inline void reset();
  // An answer of the host that holds no slot.
  void refuse(Fault fault) {
    reset();
    fault_ = fault;
  }

 private:
  friend class CallTable;
  // The answer is read where it lies: copying it as a whole would wait for the stores that have just made it.
  CallSlot* slot_ = nullptr;
  Fault fault_ = Fault::none;
};

// Thread-safe.
class CallTable {
 public:
  // What the host tells the plugin when it gives a call up. Called without a lock, from any thread.
  using Abandoned = void (*)(void* context, std::uint64_t call_id);

  CallTable(boost::asio::any_io_executor executor, CallTableSettings settings, Abandoned abandoned, void* context);

  // Deadlines end with the owner. Before the first call.
  void bind(std::weak_ptr<void> owner) { deadlines_.bind(std::move(owner)); }

  // A slot in phase `direct` or `preparing`, or null with the fault set. `id` is its call's id.
  inline CallSlot* claim(CallPhase phase, Origin origin, Callback callback, std::uint64_t& id, Fault& fault);
  // Gives back a slot that nobody but the caller knows of.
  static void release(CallSlot& slot);
  // A prepared slot becomes a queued call, with its deadline running. It may be over when this returns.
  void enqueue(std::uint64_t id, Deadline at);
  // A queued call is about to be invoked on this thread; false when it was given up while it waited.
  bool begin(std::uint64_t id);
  // Whether the answer is in the slot after invoke has returned, to be taken at once.
  [[nodiscard]] static bool answered(const CallSlot& slot, std::uint64_t id) {
    return slot.word.load(std::memory_order_acquire) == state::make(call_id::generation(id), CallPhase::answered);
  }
  // Moves the answer of an answered slot into `reply`.
  inline static void take(CallSlot& slot, Reply& reply);
  // Invoke has returned: true when the answer is in the slot and this caller is to take or deliver it; otherwise it
  // comes by the callback. A direct call's deadline starts to run here, `budget_ns` from now.
  bool end_invoke(std::uint64_t id);
  bool end_direct(std::uint64_t id, std::int64_t budget_ns);
  // Hands an answered slot's answer to its callback.
  void deliver_answered(std::uint64_t id);

  // The plugin's completion. Takes the blob.
  void complete(std::uint64_t id, slipway_status status, slipway_blob blob);
  // Answers the caller in the plugin's place; false when the call is over already.
  bool give_up(std::uint64_t id, Fault fault);
  [[nodiscard]] bool is_cancelled(std::uint64_t id) const;

  // Takes calls from now on.
  void open() { door_.store(Door::open); }
  // Takes only the host's own calls from now on; a call that it took before is in use until it is answered.
  void hold() { door_.store(Door::held); }
  // Takes calls as before it was held; nothing changes unless it is.
  void resume() {
    Door held = Door::held;
    door_.compare_exchange_strong(held, Door::open);
  }
  // Takes no further call. Those inside invoke are answered by `stopped` as soon as they would become open.
  void close() { door_.store(Door::closed); }
  // After close: answers every call that waits, runs on strand or pool, or is open, with `stopped`.
  void give_up_all();
  // Calls `visit(context, id)` for each call that the plugin has still to answer.
  void each_open(void (*visit)(void* context, std::uint64_t id), void* context) const;
  // Slots in use; zombies only when asked for.
  enum class Count { without_zombies, with_zombies };
  [[nodiscard]] std::uint32_t in_use(Count count) const;

  [[nodiscard]] RefusedCompletions refused() const;
  // Calls that found no slot.
  [[nodiscard]] std::uint64_t refused_calls() const { return full_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint32_t capacity() const { return settings_.slots; }

 private:
  enum class Door : std::uint8_t { open, held, closed };

  static const void* this_thread() { return &hint_; }
  [[nodiscard]] bool lets_in(Origin origin) const {
    const Door door = door_.load();
    return door == Door::open || (door == Door::held && origin == Origin::host);
  }
  // Null for an id that this table never gave.
  CallSlot* find(std::uint64_t id) const;
  // Makes slots beyond the first `seen`, unless another thread has; false when there are no more.
  bool grow(std::uint32_t seen);
  void store_answer(CallSlot& slot, slipway_status status, slipway_blob blob) const;
  void answer_inside(CallSlot& slot, std::uint64_t id, slipway_status status, slipway_blob blob);
  void deliver(CallSlot& slot, std::uint64_t id);
  void leave(CallSlot& slot, std::uint64_t id, Fault fault);
  void withdraw(CallSlot& slot, std::uint64_t id, Fault fault);
  void refuse(std::atomic<std::uint64_t>& counter, slipway_blob blob);
  static Answer answer_of(const CallSlot& slot);
  static void drop(slipway_blob& blob);
  friend class Reply;

  // Where this thread looks for a slot first: the one that it used last is free and warm.
  static thread_local constinit inline std::uint32_t hint_ = 0;

  const CallTableSettings settings_;
  const Abandoned abandoned_;
  void* const context_;
  struct Unmap {
    std::size_t bytes;
    void operator()(CallSlot* slots) const;
  };
  using Room = std::unique_ptr<CallSlot[], Unmap>;
  static Room room_for(std::size_t slots);

  // Room for all of them, which is no memory yet but for the first `made_`.
  const Room slots_;
  std::atomic<std::uint32_t> made_{0};
  std::mutex growing_;
  std::atomic<Door> door_{Door::closed};
  Deadlines deadlines_;
  std::atomic<std::uint64_t> late_{0};
  std::atomic<std::uint64_t> repeated_{0};
  std::atomic<std::uint64_t> unknown_{0};
  std::atomic<std::uint64_t> full_{0};
};

inline CallSlot* CallTable::claim(CallPhase phase, Origin origin, Callback callback, std::uint64_t& id, Fault& fault) {
  std::uint32_t made = made_.load();
  std::uint32_t index = hint_ < made ? hint_ : 0;
  for (std::uint32_t probe = 0;; ++probe) {
    if (probe >= made) {
      if (!grow(made)) break;
      index = made;
      made = made_.load();
    }
    CallSlot& slot = slots_[index];
    std::uint64_t seen = slot.word.load(std::memory_order_relaxed);
    const std::uint64_t generation = state::next_generation(seen);
    if (state::phase(seen) == CallPhase::free &&
        slot.word.compare_exchange_strong(seen, state::make(generation, phase))) {
      if (!lets_in(origin)) {
        release(slot);
        fault = Fault::not_running;
        return nullptr;
      }
      slot.callback = callback;
      slot.invoker.store(this_thread(), std::memory_order_relaxed);
      hint_ = index;
      id = call_id::make(settings_.tag, generation, index);
      return &slot;
    }
    index = index + 1 >= made ? 0 : index + 1;
  }
  full_.fetch_add(1, std::memory_order_relaxed);
  fault = Fault::too_many;
  return nullptr;
}

inline void CallTable::release(CallSlot& slot) {
  const std::uint64_t word = slot.word.load(std::memory_order_relaxed);
  slot.word.store(state::make(state::generation(word), CallPhase::free), std::memory_order_release);
}

inline Answer CallTable::answer_of(const CallSlot& slot) {
  Answer answer{slot.fault, slot.status, {}, slot.blob.size};
  if (slot.fault == Fault::none) {
    answer.payload = {reinterpret_cast<const char*>(slot.blob.data), slot.blob.size};
  }
  return answer;
}

inline void CallTable::drop(slipway_blob& blob) {
  if (blob.release != nullptr) blob.release(blob.owner);
}

inline void CallTable::take(CallSlot& slot, Reply& reply) { reply.slot_ = &slot; }

inline Answer Reply::answer() const {
  return slot_ == nullptr ? Answer{.fault = fault_} : CallTable::answer_of(*slot_);
}

inline void Reply::reset() {
  if (slot_ == nullptr) return;
  CallTable::drop(slot_->blob);
  CallTable::release(*slot_);
  slot_ = nullptr;
}

}  // namespace slipway::runtime
