// The host's side of the contract, small and strict: it drives nothing by itself, records what the plugin does with its
// table, and holds each use of it against the state of the instance.
#pragma once

#include <slipway/abi/plugin.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "tools/kit/context.hpp"
#include "tools/kit/contract.hpp"
#include "tools/kit/guarded.hpp"

namespace slipway::kit {

using Clock = std::chrono::steady_clock;

struct Completion {
  slipway_status status = SLIPWAY_OK;
  std::string payload;
};

// What waits for the instance's strand.
struct Delivery {
  enum class Kind : std::uint8_t { reply, wake } kind = Kind::wake;
  std::uint64_t token = 0;
  slipway_status status = SLIPWAY_OK;
  std::string payload;
  Clock::time_point due;
};

// Counts of what the plugin told.
struct Told {
  std::uint64_t logs = 0;
  std::uint64_t log_bytes = 0;
  std::uint64_t metrics = 0;
  std::uint64_t requests = 0;
  std::uint64_t uses = 0;  // of any host function
};

// Thread-safe. One for each instance; it stays for ever, because a thread of the plugin may still use it.
class TestHost {
 public:
  static TestHost& make(Context& context, std::string name);
  TestHost(const TestHost&) = delete;
  TestHost& operator=(const TestHost&) = delete;
  ~TestHost() = default;

  // On a page that can't be written, and after `close` not be read.
  [[nodiscard]] const slipway_host* table() const { return static_cast<const slipway_host*>(table_->data()); }
  void close();

  void enter(State state) { state_ = state; }
  [[nodiscard]] State state() const { return state_; }
  // Of the instance, in findings: "instance 2"; empty when there is only one.
  [[nodiscard]] const std::string& name() const { return name_; }

  // Calls. `label` says in findings which call it was.
  std::uint64_t open(std::string label);
  // The caller gives up: is_cancelled is true from now on.
  void give_up(std::uint64_t id);
  [[nodiscard]] std::optional<Completion> completion(std::uint64_t id) const;
  [[nodiscard]] std::string label(std::uint64_t id) const;
  [[nodiscard]] std::size_t open_calls() const;

  // The next delivery that is due, or none.
  std::optional<Delivery> next();
  // Waits until something is due, something came since `changes` was asked, or the moment is there.
  void wait(std::uint64_t changes, Clock::time_point until);
  [[nodiscard]] std::uint64_t changes() const;

  // Gives every payload that was completed with back to the plugin, after a look whether it is still what it was.
  void release_payloads();
  // Payloads are given back as they come: for measuring.
  void release_at_once() { release_at_once_ = true; }

  [[nodiscard]] Told told() const;

 private:
  struct Call {
    std::string label;
    bool given_up = false;
    std::optional<Completion> completion;
  };
  struct Held {
    std::uint64_t id;
    slipway_blob blob;
    std::string copy;
  };
  friend struct HostFunctions;

  TestHost(Context& context, std::string name);
  // Whether the function may be used in this state; a breach if not.
  bool check(std::string_view function);
  void breach(const std::string& text);
  void complete(std::uint64_t id, slipway_status status, slipway_blob blob);
  void end_call(std::uint64_t id, slipway_status status, std::string payload);
  void check_answer(const std::string& label, slipway_status status, const std::string& payload);
  void request(std::string service, std::string method, std::uint64_t token, std::string payload, std::int64_t budget);
  void deliver(Delivery delivery);
  void tell_change();

  Context& context_;
  const std::string name_;
  std::unique_ptr<Borrowed> table_;
  std::atomic<State> state_{State::created};
  std::atomic<bool> release_at_once_{false};
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::uint64_t changes_ = 0;
  std::map<std::uint64_t, Call> calls_;
  std::deque<Delivery> deliveries_;
  std::deque<Held> held_;
  Told told_;
};

}  // namespace slipway::kit
