// How calls reach the plugin, and what becomes of their answers.
#include "host/runtime/error_document.hpp"
#include "host/runtime/instance.hpp"

namespace slipway::runtime {

BegunCall Instance::call(const CallArguments& arguments, Callback callback,
                         const std::shared_ptr<const void>& keep_alive, Reply& reply) {
  if (settings_.threading == Threading::concurrent) return call_direct(arguments, callback, reply);
  return call_queued(arguments, callback, keep_alive, reply);
}

BegunCall Instance::call_queued(const CallArguments& arguments, Callback callback,
                                std::shared_ptr<const void> keep_alive, Reply& reply) {
  Fault fault = Fault::no_budget;
  std::uint64_t id = 0;
  CallSlot* slot =
      arguments.budget_ns > 0 ? calls_.claim(CallPhase::preparing, arguments.origin, callback, id, fault) : nullptr;
  if (slot == nullptr) {
    reply.refuse(fault);
    return {};
  }
  const Deadline deadline = deadline_in(arguments.budget_ns);
  calls_.enqueue(id, deadline);
  Task invoke([self = shared_from_this(), arguments, keep_alive = std::move(keep_alive), id, deadline] {
    self->invoke_queued(arguments, id, deadline);
  });
  if (own_pool_ == nullptr) {
    strand_->post(Lane::io, std::move(invoke));
  } else if (!own_pool_->post(std::move(invoke)).ok()) {
    calls_.give_up(id, Fault::pool_full);
  }
  return {id};
}

std::uint64_t Instance::refused_calls() const {
  return calls_.refused_calls() + (own_pool_ == nullptr ? 0 : own_pool_->refused());
}

void Instance::invoke_queued(const CallArguments& arguments, std::uint64_t id, Deadline deadline) {
  if (!enter()) return;
  if (calls_.begin(id)) {
    const std::int64_t budget =
        arguments.budget_ns == SLIPWAY_NO_DEADLINE ? arguments.budget_ns : remaining_ns(deadline);
    const slipway_call call = make_call(arguments, id, budget);
    table_.invoke(instance_, &call);
    if (calls_.end_invoke(id)) calls_.deliver_answered(id);
  }
  leave();
}

void Instance::abandon(std::uint64_t call_id) {
  if (settings_.threading != Threading::serial) return run_cancel(call_id);
  const auto self = weak_from_this().lock();
  if (self) strand_->post(Lane::io, [self, call_id] { self->run_cancel(call_id); });
}

void Instance::run_cancel(std::uint64_t call_id) {
  if (!enter()) return;
  table_.cancel(instance_, call_id);
  leave();
}

bool Instance::enter() {
  inside_.fetch_add(1);
  if (!ended_.load()) return true;
  leave();
  return false;
}

std::optional<std::uint32_t> Instance::interface_index(std::string_view interface) const {
  for (std::uint32_t index = 0; index < interfaces_.size(); ++index) {
    if (interfaces_[index] == interface) return index;
  }
  return std::nullopt;
}

std::uint32_t Instance::zombies() const {
  return calls_.in_use(CallTable::Count::with_zombies) - calls_.in_use(CallTable::Count::without_zombies);
}

Result<std::string> Instance::result_of(const Answer& answer, std::int64_t budget_ns) const {
  if (answer.fault == Fault::none && answer.status == SLIPWAY_OK) return std::string(answer.payload);
  const std::string me = "instance \"" + settings_.name + "\" (" + settings_.plugin + ")";
  switch (answer.fault) {
    case Fault::none:
      return status_of(answer.status, answer.payload, me + " gave no reason");
    case Fault::no_budget:
      return Status(Code::deadline_exceeded, "the deadline had passed before " + me + " was called");
    case Fault::deadline:
      return Status(Code::deadline_exceeded, me + " did not answer within " + to_string(Duration{budget_ns}));
    case Fault::cancelled:
      return Status(Code::cancelled, "the call of " + me + " was given up by its caller");
    case Fault::not_running:
      return Status(Code::unavailable, me + (state() == State::created ? " is not started yet" : " is stopped"));
    case Fault::stopped:
      return Status(Code::unavailable, me + " was stopped before it answered");
    case Fault::too_many:
      return Status(Code::resource_exhausted,
                    me + " has " + std::to_string(calls_.capacity()) + " open calls, the most that it may have");
    case Fault::pool_full:
      return Status(Code::resource_exhausted, me + " has no thread free and its queue is full");
    case Fault::too_large:
      return Status(Code::resource_exhausted, "the reply of " + me + " has " + std::to_string(answer.raw_size) +
                                                  " bytes, at most " + std::to_string(settings_.limits.reply_bytes) +
                                                  " are allowed");
    case Fault::wrong_status:
      break;
  }
  return Status(Code::internal,
                me + " answered with status " + std::to_string(answer.status) + ", which is none; there are 0 to 16");
}

}  // namespace slipway::runtime
