// A plugin instance that lives in a worker, with the functions of a plugin's table: what they are told goes to the
// worker as frames, what the worker says goes to the host's table. Lives of the worker come and go behind it.
#pragma once

#include <slipway/abi/plugin.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "host/isolation/connection.hpp"
#include "host/isolation/launcher.hpp"
#include "host/isolation/messages.hpp"
#include "host/isolation/restart_policy.hpp"
#include "host/isolation/worker_status.hpp"
#include "host/runtime/call_slot.hpp"
#include "host/runtime/runtime.hpp"

namespace slipway::isolation {

// Hears what the host has to say of a plugin; must not block.
using Warn = std::function<void(std::string_view text)>;

struct LinkSettings {
  // What the worker of that process id is to be told.
  std::function<Result<Setup>(pid_t worker)> setup;
  Warn warn = [](std::string_view) {};
  Duration patience = seconds(10);  // for load, create, start and import_state, each
  Duration end = seconds(2);        // for destroy; then the worker is killed
  Duration heartbeat = seconds(1);
  Duration hang = seconds(10);  // a worker that leaves a heartbeat unanswered for so long is killed
  // How often the state of a plugin that keeps some is taken, for the next life; 0 for never.
  Duration checkpoint{};
  std::uint32_t open_calls = 1024;
  std::uint64_t call_bytes = std::uint64_t{8} << 20;     // of a call's document
  std::uint64_t request_bytes = std::uint64_t{8} << 20;  // of a request's
  // Open at once, as many as the host takes of an instance before it drops the next.
  std::uint32_t requests = 2048;
  std::uint32_t wakes = 4096;
  // Of all requests without an answer: the host holds them for as long as their plugin likes.
  std::uint64_t all_request_bytes = std::uint64_t{64} << 20;
  RestartSettings restart;
  ConnectionSettings connection;
};

// Thread-safe; the functions of the table as plugin.h says. Held by shared_ptr. The runtime outlives
// it. Those that wait (open, create, start, destroy) must not run on the runtime's executor.
class WorkerLink final : public Listener, public std::enable_shared_from_this<WorkerLink> {
 public:
  WorkerLink(LinkSettings settings, runtime::Runtime& runtime, std::unique_ptr<Launcher> launcher,
             std::shared_ptr<base::Random> random);
  ~WorkerLink() override;

  // Starts the first worker and has it load the library: the ids of the interfaces, in the order of the plugin's table.
  Result<std::vector<std::string>> open();

  slipway_status create(const slipway_host* host, slipway_span config, slipway_blob* error);
  slipway_status start(slipway_blob* error);
  void invoke(const slipway_call& call);
  void cancel(std::uint64_t call_id);
  void on_reply(std::uint64_t token, slipway_status status, slipway_span payload);
  void on_wake(std::uint64_t token);
  void quiesce();
  void destroy();

  [[nodiscard]] WorkerStatus status() const;
  // What a next life would be given; empty when no state is known.
  [[nodiscard]] std::string last_state() const;

  Result<Weight> heard(const Frame& message) override;
  void ended(const std::string& why) override;

 private:
  using Clock = std::chrono::steady_clock;
  // Calls of the link's own; no host's ids get there.
  static constexpr std::uint64_t kRestoreCall = UINT64_MAX;
  static constexpr std::uint64_t kCheckpointCall = UINT64_MAX - 1;
  // What no worker sends.
  static constexpr FrameKind kNothing = FrameKind::hello;
  enum class Asked : std::uint8_t { request, wake };
  // A token of the plugin's, and the life in which it means something.
  struct Token {
    Asked asked;
    std::uint64_t life;
    std::uint64_t token;
    std::uint64_t bytes;  // of its request
  };
  // The state that the next life begins with.
  struct Checkpoint {
    std::string state;
    Clock::time_point at{};
    bool asked = false;  // of this life, without an answer yet
    bool told = false;   // that the state of this life is too large
  };
  // A call that hands over state, while it is open.
  struct StateCall {
    std::uint32_t method;
    std::string payload;
  };

  // worker_link.cpp
  void complete(std::uint64_t id, slipway_status status, std::uint64_t size, std::string_view payload);
  bool take_answered(std::uint64_t id, const Outcome& outcome);
  bool take_back(std::uint64_t id);
  std::uint64_t& slot_of(std::uint64_t id) { return open_[runtime::call_id::index(id) % open_.size()]; }
  Weight on_complete(std::uint64_t id, const Outcome& outcome);
  Weight on_checkpoint(const Outcome& outcome);
  void refuse(std::uint64_t id, const Status& status);
  [[nodiscard]] std::string too_much_waits() const;
  void on_request(std::uint64_t token, const Request& request);
  [[nodiscard]] Status refusal_of(const Request& request) const;
  std::optional<std::uint64_t> own_token(Asked asked, std::uint64_t token, std::uint64_t bytes);
  std::optional<std::uint64_t> plugin_token(std::uint64_t own);
  Weight answered(FrameKind kind, std::string_view body);
  Result<Weight> hear(const Frame& message);
  Result<Weight> hear_plugin(const Frame& message);
  [[nodiscard]] std::shared_ptr<Connection> connection() const;
  // With the lock held.
  bool take_open_locked(std::uint64_t id);
  void note_state_locked(std::uint64_t id, const Outcome& outcome);
  [[nodiscard]] std::string why_unavailable() const;
  // The same without its subject.
  [[nodiscard]] std::string why_down() const;

  // worker_lives.cpp
  Result<std::string> ask(FrameKind what, std::string_view head, std::string_view payload, FrameKind answer,
                          Duration patience);
  Status say_outcome(const Result<std::string>& answer) const;
  Status launch();
  Result<std::vector<std::string>> load();
  Status create_in_worker();
  Status start_in_worker();
  Status restore();
  void live();
  void restart();
  void died(std::string why, const std::vector<std::uint64_t>& open, Duration ran);
  void plan_restart(Duration ran, std::string reason);
  void restart_after(Duration wait);
  std::string reap(std::string why);
  void give_up(const std::string& reason);
  void beat(std::uint64_t life);
  void beat_later(std::uint64_t life);
  void take_checkpoint(Connection& worker);

  const LinkSettings settings_;
  runtime::Runtime& runtime_;
  const std::unique_ptr<Launcher> launcher_;
  const std::shared_ptr<base::Random> random_;

  // Held while the host is called, so that nothing of it is called once destroy has returned.
  std::mutex dispatch_;
  std::atomic<std::thread::id> dispatcher_{};
  const slipway_host* host_ = nullptr;

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::shared_ptr<Connection> connection_;
  std::unique_ptr<Process> process_;
  std::string config_;
  std::vector<std::string> interfaces_;
  std::uint32_t plugin_interface_ = UINT32_MAX;
  std::uint64_t life_ = 0;
  std::uint64_t ended_life_ = 0;  // the last one whose end is understood
  bool started_ = false;          // now
  bool ever_started_ = false;
  bool draining_ = false;
  bool closing_ = false;
  FrameKind awaited_ = kNothing;
  std::optional<std::string> answer_;
  std::string end_reason_;           // given by this side, for the end that comes
  std::vector<std::uint64_t> open_;  // by the slot of the call's id; 0 for none
  std::uint32_t open_count_ = 0;
  std::map<std::uint64_t, Token> tokens_;
  std::uint64_t last_token_ = 0;
  std::uint64_t all_request_bytes_ = 0;
  std::uint32_t requests_ = 0;
  std::uint32_t wakes_ = 0;
  std::map<std::uint64_t, StateCall> state_calls_;
  Checkpoint checkpoint_;
  RestartPolicy policy_;
  std::uint32_t restarts_ = 0;
  std::string reason_;
  Clock::time_point started_at_{};
  Clock::time_point next_start_{};
  std::uint64_t ping_ = 0;
  std::optional<Clock::time_point> ping_sent_;
  std::vector<Protection> protections_;
};

}  // namespace slipway::isolation
