// Plans turned into running instances, exchanged while calls go on, and ended.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <slipway/status.hpp>
#include <slipway/values.hpp>
#include <span>
#include <string>
#include <vector>

#include "host/bridge/recent.hpp"
#include "host/bridge/routes.hpp"
#include "host/isolation/isolated_instance.hpp"
#include "host/lifecycle/exchange.hpp"
#include "host/lifecycle/generation.hpp"
#include "host/lifecycle/plan.hpp"
#include "host/lifecycle/plugin_status.hpp"
#include "host/lifecycle/turn.hpp"
#include "host/loader/loader.hpp"
#include "host/runtime/host_sink.hpp"
#include "host/runtime/instance.hpp"
#include "host/runtime/runtime.hpp"

namespace slipway::lifecycle {

struct LifecycleSettings {
  Duration start = seconds(10);  // for each plugin's start function
  Duration health = seconds(2);  // for each first health call
  runtime::StopSettings stop;    // at the host's end
  // When a generation is replaced while the host goes on.
  runtime::StopSettings retire{.drain = seconds(30), .cancel = seconds(2), .patience = seconds(5)};
  runtime::InstanceLimits limits;
  isolation::IsolationSettings isolation{};
};

// What lifecycle takes from the folders around it.
struct Surroundings {
  runtime::Runtime& runtime;
  loader::Loader& loader;
  const base::Clock& clock;
  // Where an instance's log, metrics and requests go. Called before each create, on a thread that may block.
  std::function<std::shared_ptr<runtime::HostSink>(const PlannedInstance&)> make_sink;
  // Where the bindings of what runs are published, each change as one new table.
  bridge::Routes& routes;
  // How many pieces of work stay with this version of a binding although a newer one is there: rollouts with a
  // strategy. May be null.
  std::function<std::size_t(const std::string& binding, const std::string& version)> in_use = nullptr;
  // Whether this site does not trust its package any more: no change keeps such a generation for anybody, nor for a
  // return. May be null.
  std::function<bool(const PlannedInstance&)> revoked = nullptr;
};

// After a change: how long the old generations are kept, and what sends the host back to them.
struct Watch {
  Duration bake{};            // 0: the old ones end at once
  double fault_ratio = 0.05;  // of a new generation's calls
  std::uint64_t calls = 20;   // before a ratio says anything
  bridge::Span recent{};      // the ratio is that of the latest calls: no earlier good ones hide a failure
  Duration look = milliseconds(100);
  // Runs once, within the turn of the return, when the host went back by itself. The reason ends with what was lost and
  // what could not be put back.
  std::function<boost::asio::awaitable<void>(std::string reason)> returned = nullptr;
  // Runs once when the time in which a return was possible is over, whatever ended it, also after `returned`.
  std::function<boost::asio::awaitable<void>()> ended = nullptr;
  // Called at each look at which the return has to wait for another change, with the words of its refusal.
  std::function<void(const std::string& why)> waits = nullptr;
  // Called once when there is a reason to go back, and nothing to go back to.
  std::function<void(const std::string& reason)> stays = nullptr;
};

// Two generations of an instance during a trial: what became of their calls since it began.
struct Tried {
  std::string instance;
  bridge::Tally::Counts fresh;
  bridge::Tally::Counts old;
};

// What is said of a generation on trial. unknown: nothing that can be built on, now.
enum class Word : std::uint8_t { proceed, pass, fail, unknown };
struct Opinion {
  Word word = Word::unknown;
  std::string reason;
};

// A share of the calls for the new generation before it gets all of them. It comes into force by `pass`, or by
// `proceed` as the last word at the end when both had enough calls. Everything else withdraws it: no word and no data
// are no success.
struct TryOut {
  std::uint32_t share = 0;  // parts per million
  Duration length{};
  Duration look = seconds(1);
  std::uint64_t calls = 20;  // of each of the two, for `proceed` to be enough
  std::function<boost::asio::awaitable<Opinion>(Tried)> judge;
  // Hears why the new one comes into force, before it does. May be null.
  std::function<void(std::string reason)> passed = nullptr;
};

struct ApplyOptions {
  Watch watch;
  // Hears what is lost of the state that is handed over, when that comes into force. May be null.
  std::function<void(const std::string& what)> lost = nullptr;
  std::optional<TryOut> try_out;
};

// Status and turns from any thread; start, apply and stop too, one after the other. The surroundings outlive it.
class Lifecycle {
 public:
  Lifecycle(LifecycleSettings settings, Surroundings surroundings);

  // Loads, creates, starts and asks each instance for its health, in the plan's order; its bindings are published at
  // once, so that later instances can call it. An instance that fails does not stop those that do not need it, so that
  // all faults are reported together: FAILED_PRECONDITION with one problem each, path "/plugins/<name>". Then
  // everything that had started has been stopped again.
  boost::asio::awaitable<Status> start(Plan plan);

  // For one apply and what has to go with it. Nothing else changes what runs meanwhile, not even a return by itself.
  Result<Turn> take_turn(std::string what) { return turns_.take(std::move(what)); }

  // The same for what can't wait: a trial that goes on is withdrawn, for that reason, and other changes are waited for.
  // Null when the host stops meanwhile.
  boost::asio::awaitable<Turn> take_turn_urgently(std::string what);

  // Goes over to another plan; the turn is held until the end. Everything that differs is prepared beside what runs;
  // where two generations can't run side by side (HandOver::exchange) calls wait meanwhile, within their own deadlines.
  // Then one table is published, and the old generations end, or are kept for the watch. When anything fails nothing
  // has changed, and the status has every fault as a problem; one that had to end for its successor and could not be
  // put back is failed, and a problem too. The watch of the change before ends when this one has come into force; a
  // return that it wants meanwhile makes room for itself where a trial goes on, and comes once this one is nothing.
  boost::asio::awaitable<Status> apply(const Turn& turn, Plan plan, ApplyOptions options);

  // Stops the instances in reverse, each after its bindings are withdrawn, and unloads their libraries. Waits no longer
  // than the stop settings for each. Returns the faults as one problem each; whatever they are, nothing is bound
  // afterwards.
  boost::asio::awaitable<Status> stop();

  // The instances of the plan in force that have not failed, nor been ended since: what a plan has to be held against.
  [[nodiscard]] std::set<std::string> running() const;
  // What is active in the plan's order, then what is on its way in or out.
  [[nodiscard]] std::vector<PluginStatus> status() const;

 private:
  using Step = boost::asio::awaitable<Status> (Lifecycle::*)(Generation&);
  struct Watching;

  // Everything below belongs to the strand (lifecycle.cpp).
  boost::asio::awaitable<Status> start_all(Plan plan);
  boost::asio::awaitable<Status> stop_all();
  void adopt(Plan plan);
  boost::asio::awaitable<void> bring_up(Generation& generation);
  boost::asio::awaitable<Status> go_through(Generation& generation, std::span<const Step> steps);
  void publish();
  [[nodiscard]] std::string missing_need(const Generation& generation) const;
  [[nodiscard]] Status verdict(const Generations& generations, const std::string& profile) const;
  void set_generations(Generations generations);

  // One generation's way (lifecycle_steps.cpp)
  boost::asio::awaitable<Status> verify(Generation& generation);
  boost::asio::awaitable<Status> load(Generation& generation);
  boost::asio::awaitable<Status> create(Generation& generation);
  boost::asio::awaitable<Status> begin(Generation& generation);
  boost::asio::awaitable<Status> check_health(Generation& generation);
  boost::asio::awaitable<void> sweep();
  boost::asio::awaitable<Status> take_down(Generation& generation, runtime::StopSettings settings);
  boost::asio::awaitable<void> let_go(Generation& generation);
  Status verify_now(Generation& generation);
  Result<isolation::Isolated> create_now(const PlannedInstance& plan,
                                         const std::shared_ptr<const loader::Library>& library,
                                         const std::optional<loader::VerifiedPackage>& verified);
  [[nodiscard]] bool library_in_use(const Generation& generation) const;
  [[nodiscard]] std::string why_parked(const std::string& digest) const;

  // A change (lifecycle_apply.cpp)
  boost::asio::awaitable<Status> apply_one(Plan plan, ApplyOptions options);
  boost::asio::awaitable<Status> carry_out(std::shared_ptr<Exchange> exchange, ApplyOptions options);
  std::shared_ptr<Exchange> stage(Plan plan) const;
  [[nodiscard]] std::string what_is_in_the_way(const Exchange& exchange) const;
  boost::asio::awaitable<Status> make_room(const Exchange& exchange);
  boost::asio::awaitable<Status> prepare(Exchange& exchange);
  boost::asio::awaitable<Status> hand_over(Exchange& exchange);
  boost::asio::awaitable<Problems> withdraw(Exchange& exchange);
  [[nodiscard]] bool is_still_needed(const Succession& succession) const;
  void commit(Exchange& exchange);
  bool forsake_revoked(const Exchange& exchange);
  boost::asio::awaitable<Turn> wait_for_turn(std::string what);

  // A share of the calls first (lifecycle_trial.cpp)
  struct Candidate;
  boost::asio::awaitable<Status> try_out(Exchange& exchange, const TryOut& how);
  std::vector<Candidate> put_on_trial(const Exchange& exchange, std::uint32_t share);
  boost::asio::awaitable<Result<std::string>> reach_verdict(std::vector<Candidate>& candidates, const TryOut& how);

  // Two generations that can't run side by side (lifecycle_exchange.cpp)
  boost::asio::awaitable<Status> replace(Succession& succession);
  boost::asio::awaitable<Status> take_state(Succession& succession);
  boost::asio::awaitable<bool> can_go_on(Generation& generation);
  boost::asio::awaitable<Status> put_back(Succession& succession);
  boost::asio::awaitable<std::string> ask_back(const Succession& succession, Json& newer);
  boost::asio::awaitable<Problems> return_to(Succession& succession);
  boost::asio::awaitable<Status> make_anew(Generation& generation, const Json& state);
  boost::asio::awaitable<Status> export_state(Generation& generation, Json& state);
  boost::asio::awaitable<Status> import_state(Generation& generation, const Json& state);
  boost::asio::awaitable<Status> end_instance(Generation& generation);
  void close_intake(const Generation& generation);
  void open_intake(const std::string& instance);

  // Afterwards (lifecycle_watch.cpp)
  void attend(boost::asio::awaitable<void> work);
  boost::asio::awaitable<void> watch(std::shared_ptr<Exchange> exchange, std::shared_ptr<Watching> watching);
  boost::asio::awaitable<void> see_out(Generations generations, std::shared_ptr<Watching> watching);
  void keep_for_users(Generations generations);
  boost::asio::awaitable<void> settle();
  boost::asio::awaitable<bool> bake(Exchange& exchange, Watching& watching);
  boost::asio::awaitable<Problems> go_back(Exchange& exchange, const std::string& reason);
  boost::asio::awaitable<void> retire(Generations generations);
  static std::string complaint(Watching& watching);
  [[nodiscard]] std::string what_can_not_wait() const;
  [[nodiscard]] std::size_t uses_of(const Generation& generation) const;

  const LifecycleSettings settings_;
  Surroundings around_;
  const boost::asio::any_io_executor strand_;
  std::string profile_;
  mutable std::mutex mutex_;                                            // guards the vectors, not what they point to
  Generations generations_;                                             // active ones, in their plan's order
  Generations others_;                                                  // on their way in or out
  std::map<std::string, std::shared_ptr<bridge::Intake>> intakes_;      // by instance
  std::map<std::string, std::shared_ptr<const bridge::Trial>> trials_;  // by instance
  std::vector<std::shared_ptr<Watching>> watches_;
  Turns turns_;
  std::string urgent_;  // the change that a trial has to make room for
  bool stopping_ = false;
};

}  // namespace slipway::lifecycle
