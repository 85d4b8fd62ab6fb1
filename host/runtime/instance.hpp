// One configured use of a plugin inside this process: what the host calls, and the table by which the plugin calls
// back.
#pragma once

#include <slipway/abi/plugin.h>

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <slipway/status.hpp>
#include <slipway/values.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "host/runtime/call_table.hpp"
#include "host/runtime/host_sink.hpp"
#include "host/runtime/runtime.hpp"
#include "host/runtime/strand.hpp"

namespace slipway::runtime {

// As in plugin.json.
enum class Threading {
  serial,      // calls of the instance never overlap
  concurrent,  // calls begin on the caller's thread
  blocking,    // calls may block; they run on a bounded pool of the instance's own
};

struct InstanceLimits {
  std::uint32_t open_calls = 1024;
  std::uint64_t reply_bytes = std::uint64_t{4} << 20;
  std::uint32_t requests = 1024;  // of the plugin, not yet answered
  std::uint64_t request_bytes = std::uint64_t{8} << 20;
  std::uint64_t answer_bytes = std::uint64_t{8} << 20;  // of the host's answer to one
  std::uint32_t wakes = 4096;                           // not yet heard
  std::uint32_t blocking_threads = 4;
};

struct InstanceSettings {
  std::string name;    // in errors: the binding, as a rule
  std::string plugin;  // the plugin's id
  Threading threading = Threading::serial;
  std::string config = "{}";  // JSON, checked against the plugin's schema
  InstanceLimits limits;
  // In the place of the table's create, for a table that stands for something of its maker's. May be empty.
  std::function<slipway_status(const slipway_host* host, slipway_span config, slipway_instance** instance,
                               slipway_blob* error)>
      make{};
};

// How long each part of an ending may take.
struct StopSettings {
  Duration drain = seconds(5);     // open calls go on
  Duration cancel = seconds(1);    // open calls have been cancelled
  Duration patience = seconds(5);  // the plugin's quiesce and its destroy, each
};

// Borrowed until the call has begun; `keep_alive` lengthens that.
struct CallArguments {
  std::uint32_t interface_index = 0;
  std::uint32_t method = 0;
  std::int64_t budget_ns = SLIPWAY_NO_DEADLINE;
  std::string_view payload{};
  std::string_view traceparent{};
  std::string_view tenant{};
  std::string_view subject{};
  std::string_view roles{};
  Origin origin = Origin::caller;
};

// `id` is 0 when the answer is in the reply already.
struct BegunCall {
  std::uint64_t id = 0;
};

enum class State : std::uint8_t { created, started, draining, stopped };

// Thread-safe. Held by shared_ptr; whoever holds one keeps the library mapped. The runtime outlives it. Call stop
// before the last reference goes; without it the plugin's destroy runs in the destructor.
class Instance : public std::enable_shared_from_this<Instance> {
 public:
  // Runs the plugin's create on this thread. Its refusal, or INTERNAL when it throws or gives no instance; the message
  // begins with the instance's name. `library` keeps the table and all code mapped.
  static Result<std::shared_ptr<Instance>> create(Runtime& runtime, const slipway_plugin& table,
                                                  std::shared_ptr<const void> library, InstanceSettings settings,
                                                  std::shared_ptr<HostSink> sink);
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  ~Instance();

  // Runs the plugin's start; calls are taken once it returned OK. DEADLINE_EXCEEDED when it did not return in time.
  boost::asio::awaitable<Status> start(Duration patience);
  // Tells the plugin that no new work comes. Calls are still passed on, for slipway.plugin/1. Idempotent.
  boost::asio::awaitable<Status> quiesce(Duration patience);
  // From now on takes only the host's own calls; others are handed back as by an instance that is stopped. What was
  // taken before is among the open calls.
  void hold() { calls_.hold(); }
  // Takes calls again after a hold.
  void resume() { calls_.resume(); }
  // Waits until no call is open; false when one still is after `patience`. New calls may come meanwhile.
  boost::asio::awaitable<bool> idle(Duration patience);
  // Ends the instance, whatever its state: quiesce, wait for the open calls, cancel them, answer what is left with
  // UNAVAILABLE, destroy. DEADLINE_EXCEEDED when code of the plugin doesn't return: then the instance stays in memory
  // with its library and ends by itself should the code return. Once.
  boost::asio::awaitable<Status> stop(StopSettings settings);

  // Begins a call. The answer is in `reply` when the id is 0; otherwise it comes by the callback exactly once, perhaps
  // before this returns. `keep_alive` owns the arguments' bytes and may be null for a concurrent instance.
  BegunCall call(const CallArguments& arguments, Callback callback, const std::shared_ptr<const void>& keep_alive,
                 Reply& reply);
  // The same for concurrent instances alone, without a branch or an allocation.
  inline BegunCall call_direct(const CallArguments& arguments, Callback callback, Reply& reply);
  // The caller no longer waits: it gets CANCELLED unless it was answered before.
  void cancel(std::uint64_t call_id) { calls_.give_up(call_id, Fault::cancelled); }
  // The bytes or the status of an answer; `budget_ns` for the text of a deadline.
  [[nodiscard]] Result<std::string> result_of(const Answer& answer, std::int64_t budget_ns) const;

  [[nodiscard]] const std::string& name() const { return settings_.name; }
  [[nodiscard]] const std::string& plugin() const { return settings_.plugin; }
  [[nodiscard]] Threading threading() const { return settings_.threading; }
  [[nodiscard]] const std::vector<std::string>& interfaces() const { return interfaces_; }
  [[nodiscard]] std::optional<std::uint32_t> interface_index(std::string_view interface) const;
  [[nodiscard]] State state() const { return state_.load(); }
  [[nodiscard]] RefusedCompletions refused_completions() const { return calls_.refused(); }
  // Calls that nobody has answered yet.
  [[nodiscard]] std::uint32_t open_calls() const { return calls_.in_use(CallTable::Count::without_zombies); }
  // Calls, answers and wakes that wait for the instance's turn; always 0 for calls of a concurrent one.
  [[nodiscard]] std::size_t queued() const { return strand_->waiting(); }
  // Calls refused because too many are open or wait for a thread, ever.
  [[nodiscard]] std::uint64_t refused_calls() const;
  // Calls whose caller has been answered, while the plugin still owes a completion.
  [[nodiscard]] std::uint32_t zombies() const;
  // Uses of the host's table that plugin.h does not allow in the state they came in, and wakes and requests dropped.
  [[nodiscard]] std::uint64_t breaches() const { return breaches_.load(std::memory_order_relaxed); }

 private:
  friend class Answerer;
  friend struct HostTable;
  enum class Entry { refused, entered };

  Instance(Runtime& runtime, const slipway_plugin& table, std::shared_ptr<const void> library,
           InstanceSettings settings, std::shared_ptr<HostSink> sink);
  Status make();
  Status say(slipway_status status, slipway_blob& error, std::string_view what) const;
  Status run_start();
  Status run_quiesce();
  Status run_destroy();
  boost::asio::awaitable<Status> on_strand(Status (Instance::*work)(), std::string_view what, Duration patience);
  [[nodiscard]] Status not_returned(std::string_view what, Duration patience) const;
  boost::asio::awaitable<Status> destroy(Duration patience);

  inline slipway_call make_call(const CallArguments& arguments, std::uint64_t id, std::int64_t budget_ns) const;
  BegunCall call_queued(const CallArguments& arguments, Callback callback, std::shared_ptr<const void> keep_alive,
                        Reply& reply);
  void invoke_queued(const CallArguments& arguments, std::uint64_t id, Deadline deadline);
  void abandon(std::uint64_t call_id);
  void run_cancel(std::uint64_t call_id);
  bool enter();
  void leave() { inside_.fetch_sub(1); }

  void request(HostRequest request, std::uint64_t token);
  void answer(std::uint64_t token, slipway_status status, std::string payload);
  void wake(std::uint64_t token);
  void breach(std::string_view what);
  void check_running(std::string_view function);
  [[nodiscard]] Lane lane() const { return settings_.threading == Threading::blocking ? Lane::blocking : Lane::io; }

  Runtime& runtime_;
  const slipway_plugin& table_;
  const std::shared_ptr<const void> library_;
  const InstanceSettings settings_;
  const std::shared_ptr<HostSink> sink_;
  std::vector<std::string> interfaces_;
  CallTable calls_;
  const std::shared_ptr<BlockingPool> own_pool_;  // null unless blocking
  const std::shared_ptr<Strand> strand_;
  slipway_host host_{};
  slipway_instance* instance_ = nullptr;
  std::atomic<State> state_{State::created};
  // Threads inside the plugin that neither the strand nor a slot accounts for.
  std::atomic<std::uint32_t> inside_{0};
  std::atomic<bool> ended_{false};
  std::atomic<std::uint32_t> requests_{0};
  std::atomic<std::uint32_t> wakes_{0};
  std::atomic<std::uint64_t> breaches_{0};
};

inline slipway_call Instance::make_call(const CallArguments& arguments, std::uint64_t id,
                                        std::int64_t budget_ns) const {
  const auto span = [](std::string_view text) {
    return slipway_span{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
  };
  return {.size = sizeof(slipway_call),
          .interface_index = arguments.interface_index,
          .method = arguments.method,
          .reserved = 0,
          .id = id,
          .budget_ns = budget_ns,
          .payload = span(arguments.payload),
          .traceparent = span(arguments.traceparent),
          .tenant = span(arguments.tenant),
          .subject = span(arguments.subject),
          .roles = span(arguments.roles)};
}

inline BegunCall Instance::call_direct(const CallArguments& arguments, Callback callback, Reply& reply) {
  Fault fault = Fault::no_budget;
  std::uint64_t id = 0;
  CallSlot* slot =
      arguments.budget_ns > 0 ? calls_.claim(CallPhase::direct, arguments.origin, callback, id, fault) : nullptr;
  if (slot == nullptr) {
    reply.refuse(fault);
    return {};
  }
  const slipway_call call = make_call(arguments, id, arguments.budget_ns);
  table_.invoke(instance_, &call);
  if (!CallTable::answered(*slot, id) && !calls_.end_direct(id, arguments.budget_ns)) return {id};
  CallTable::take(*slot, reply);
  return {};
}

}  // namespace slipway::runtime
