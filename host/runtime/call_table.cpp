#include "host/runtime/call_table.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cassert>
#include <memory>
#include <new>
#include <type_traits>

namespace slipway::runtime {
namespace {

static_assert(std::is_trivially_destructible_v<CallSlot>);

constexpr std::uint32_t kFirstSlots = 32;

bool is_status(slipway_status status) { return status >= SLIPWAY_OK && status <= SLIPWAY_UNAUTHENTICATED; }

bool move_on(CallSlot& slot, std::uint64_t& seen, CallPhase to) {
  return slot.word.compare_exchange_strong(seen, state::make(state::generation(seen), to));
}

bool is_open(CallPhase phase) {
  return phase == CallPhase::starting || phase == CallPhase::direct || phase == CallPhase::open ||
         phase == CallPhase::zombie;
}

}  // namespace

CallTable::CallTable(boost::asio::any_io_executor executor, CallTableSettings settings, Abandoned abandoned,
                     void* context)
    : settings_(settings),
      abandoned_(abandoned),
      context_(context),
      slots_(room_for(settings.slots)),
      deadlines_(
          std::move(executor), settings.slots,
          [](void* self, std::uint64_t id) { static_cast<CallTable*>(self)->give_up(id, Fault::deadline); }, this) {
  assert(settings.slots > 0 && settings.slots <= 65536);
  grow(0);
}

CallTable::Room CallTable::room_for(std::size_t slots) {
  const std::size_t bytes = slots * sizeof(CallSlot);
  void* const room = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (room == MAP_FAILED) throw std::bad_alloc();
  return {static_cast<CallSlot*>(room), Unmap{bytes}};
}

void CallTable::Unmap::operator()(CallSlot* slots) const { ::munmap(slots, bytes); }

bool CallTable::grow(std::uint32_t seen) {
  if (seen == settings_.slots) return false;
  const std::lock_guard lock(growing_);
  const std::uint32_t made = made_.load();
  if (made != seen) return true;
  const std::uint32_t wanted = std::min(settings_.slots, std::max(kFirstSlots, 2 * made));
  std::uninitialized_value_construct(slots_.get() + made, slots_.get() + wanted);
  // Sequentially consistent: either give_up_all sees the slots, or who takes one sees that the table is closed.
  made_.store(wanted);
  return true;
}

CallSlot* CallTable::find(std::uint64_t id) const {
  const std::uint32_t index = call_id::index(id);
  if (index >= made_.load(std::memory_order_acquire) || call_id::tag(id) != settings_.tag ||
      call_id::generation(id) == 0)
    return nullptr;
  return &slots_[index];
}

void CallTable::enqueue(std::uint64_t id, Deadline at) {
  deadlines_.arm(id, at);
  CallSlot& slot = slots_[call_id::index(id)];
  // Sequentially consistent: either give_up_all sees the call or this sees that the table is closed.
  slot.word.store(state::make(call_id::generation(id), CallPhase::queued));
  if (door_.load() == Door::closed) give_up(id, Fault::stopped);
  // The timer may have fired before the call was one.
  if (remaining_ns(at) == 0) give_up(id, Fault::deadline);
}

bool CallTable::begin(std::uint64_t id) {
  CallSlot& slot = slots_[call_id::index(id)];
  std::uint64_t expected = state::make(call_id::generation(id), CallPhase::queued);
  if (!move_on(slot, expected, CallPhase::starting)) return false;
  slot.invoker.store(this_thread(), std::memory_order_relaxed);
  return true;
}

bool CallTable::end_direct(std::uint64_t id, std::int64_t budget_ns) {
  // Armed before the call becomes open: afterwards the slot may belong to another call already.
  if (budget_ns != SLIPWAY_NO_DEADLINE) deadlines_.arm(id, deadline_in(budget_ns));
  if (end_invoke(id)) {
    deadlines_.disarm(id);
    return true;
  }
  if (door_.load() == Door::closed) give_up(id, Fault::stopped);
  return false;
}

bool CallTable::end_invoke(std::uint64_t id) {
  CallSlot& slot = slots_[call_id::index(id)];
  std::uint64_t seen = slot.word.load();
  while (state::generation(seen) == call_id::generation(id)) {
    switch (state::phase(seen)) {
      case CallPhase::answered:
        return true;
      case CallPhase::starting:
      case CallPhase::direct:
        if (move_on(slot, seen, CallPhase::open)) return false;
        break;
      case CallPhase::claimed:
        if (move_on(slot, seen, CallPhase::detached)) return false;
        break;
      default:
        return false;
    }
  }
  return false;
}

void CallTable::deliver_answered(std::uint64_t id) { deliver(slots_[call_id::index(id)], id); }

void CallTable::deliver(CallSlot& slot, std::uint64_t id) {
  deadlines_.disarm(id);
  slot.callback.deliver(slot.callback.context, answer_of(slot));
  drop(slot.blob);
  release(slot);
}

void CallTable::complete(std::uint64_t id, slipway_status status, slipway_blob blob) {
  CallSlot* slot = find(id);
  if (slot == nullptr) return refuse(unknown_, blob);
  std::uint64_t seen = slot->word.load(std::memory_order_acquire);
  while (true) {
    if (state::generation(seen) != call_id::generation(id)) {
      return refuse(call_id::generation(id) < state::generation(seen) ? repeated_ : unknown_, blob);
    }
    switch (state::phase(seen)) {
      case CallPhase::direct:
      case CallPhase::starting:
        if (move_on(*slot, seen, CallPhase::claimed)) return answer_inside(*slot, id, status, blob);
        break;
      case CallPhase::open:
        if (!move_on(*slot, seen, CallPhase::delivering)) break;
        store_answer(*slot, status, blob);
        return deliver(*slot, id);
      case CallPhase::leaving:
        if (move_on(*slot, seen, CallPhase::left)) return refuse(late_, blob);
        break;
      case CallPhase::zombie:
        if (!move_on(*slot, seen, CallPhase::delivering)) break;
        refuse(late_, blob);
        return release(*slot);
      case CallPhase::preparing:
      case CallPhase::queued:
        return refuse(unknown_, blob);
      default:
        return refuse(repeated_, blob);
    }
  }
}

void CallTable::store_answer(CallSlot& slot, slipway_status status, slipway_blob blob) const {
  slot.status = status;
  slot.blob = blob;
  slot.fault = Fault::none;
  if (!is_status(status)) slot.fault = Fault::wrong_status;
  if (blob.size > settings_.reply_bytes) slot.fault = Fault::too_large;
}

void CallTable::answer_inside(CallSlot& slot, std::uint64_t id, slipway_status status, slipway_blob blob) {
  store_answer(slot, status, blob);
  const std::uint64_t answered = state::make(call_id::generation(id), CallPhase::answered);
  // On the invoking thread nobody can detach meanwhile: it is below us on the stack.
  if (slot.invoker.load(std::memory_order_relaxed) == this_thread()) {
    return slot.word.store(answered, std::memory_order_release);
  }
  std::uint64_t seen = state::make(call_id::generation(id), CallPhase::claimed);
  if (!move_on(slot, seen, CallPhase::answered)) deliver(slot, id);
}

bool CallTable::give_up(std::uint64_t id, Fault fault) {
  CallSlot* slot = find(id);
  if (slot == nullptr) return false;
  std::uint64_t seen = slot->word.load(std::memory_order_acquire);
  while (state::generation(seen) == call_id::generation(id)) {
    switch (state::phase(seen)) {
      case CallPhase::queued:
        if (!move_on(*slot, seen, CallPhase::delivering)) break;
        withdraw(*slot, id, fault);
        return true;
      case CallPhase::direct:
      case CallPhase::starting:
      case CallPhase::open:
        if (!move_on(*slot, seen, CallPhase::leaving)) break;
        leave(*slot, id, fault);
        return true;
      default:
        return false;
    }
  }
  return false;
}

void CallTable::withdraw(CallSlot& slot, std::uint64_t id, Fault fault) {
  deadlines_.disarm(id);
  slot.callback.deliver(slot.callback.context, {.fault = fault});
  release(slot);
}

void CallTable::leave(CallSlot& slot, std::uint64_t id, Fault fault) {
  deadlines_.disarm(id);
  slot.callback.deliver(slot.callback.context, {.fault = fault});
  std::uint64_t seen = state::make(call_id::generation(id), CallPhase::leaving);
  if (!move_on(slot, seen, CallPhase::zombie)) return release(slot);
  abandoned_(context_, id);
}

void CallTable::refuse(std::atomic<std::uint64_t>& counter, slipway_blob blob) {
  drop(blob);
  counter.fetch_add(1, std::memory_order_relaxed);
}

bool CallTable::is_cancelled(std::uint64_t id) const {
  const CallSlot* slot = find(id);
  if (slot == nullptr) return true;
  const std::uint64_t seen = slot->word.load(std::memory_order_acquire);
  const CallPhase phase = state::phase(seen);
  const bool over =
      phase == CallPhase::free || phase == CallPhase::leaving || phase == CallPhase::left || phase == CallPhase::zombie;
  return state::generation(seen) != call_id::generation(id) || over;
}

void CallTable::give_up_all() {
  const std::uint32_t made = made_.load();
  for (std::uint32_t index = 0; index < made; ++index) {
    const std::uint64_t seen = slots_[index].word.load();
    if (state::phase(seen) == CallPhase::direct) continue;
    give_up(call_id::make(settings_.tag, state::generation(seen), index), Fault::stopped);
  }
}

void CallTable::each_open(void (*visit)(void* context, std::uint64_t id), void* context) const {
  const std::uint32_t made = made_.load();
  for (std::uint32_t index = 0; index < made; ++index) {
    const std::uint64_t seen = slots_[index].word.load();
    if (is_open(state::phase(seen))) visit(context, call_id::make(settings_.tag, state::generation(seen), index));
  }
}

std::uint32_t CallTable::in_use(Count count) const {
  std::uint32_t used = 0;
  const std::uint32_t made = made_.load();
  for (std::uint32_t index = 0; index < made; ++index) {
    const CallPhase phase = state::phase(slots_[index].word.load());
    const bool counts = phase != CallPhase::zombie || count == Count::with_zombies;
    if (phase != CallPhase::free && counts) ++used;
  }
  return used;
}

RefusedCompletions CallTable::refused() const {
  return {late_.load(std::memory_order_relaxed), repeated_.load(std::memory_order_relaxed),
          unknown_.load(std::memory_order_relaxed)};
}

}  // namespace slipway::runtime
