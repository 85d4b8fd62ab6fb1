// Everything that happens to one application: one strand, one loop, one decision at a time.
//
//   apply what is committed → look → ask gates → decide → commit → again, or wait
//
// The loop runs while a rollout is under way or the world has not been told the last decision. People's words are
// committed between its steps; whatever it waits for at that moment is dropped, so that a stuck plugin delays nobody.
// Nothing is applied before it is durable.
#pragma once

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/strand.hpp>
#include <functional>
#include <map>
#include <memory>
#include <set>

#include "host/rollout/advance.hpp"
#include "host/rollout/asked.hpp"
#include "host/rollout/batch.hpp"
#include "host/rollout/commands.hpp"
#include "host/rollout/desired.hpp"
#include "host/rollout/start.hpp"
#include "host/rollout/tools.hpp"
#include "host/rollout/troubles.hpp"
#include "host/rollout/turn.hpp"
#include "host/rollout/view.hpp"

namespace slipway::rollout {

// Kinds of waiting, as the metric has them: of a strategy's wait, or for a plugin.
enum class Parked { nothing, replicas, traffic, time, analysis, gate, approval, plugin };
constexpr auto enum_names(Parked) {
  return std::array<EnumName<Parked>, 8>{{{Parked::nothing, "nothing"},
                                          {Parked::replicas, "replicas"},
                                          {Parked::traffic, "traffic"},
                                          {Parked::time, "time"},
                                          {Parked::analysis, "analysis"},
                                          {Parked::gate, "gate"},
                                          {Parked::approval, "approval"},
                                          {Parked::plugin, "plugin"}}};
}

// Everything but the constructor and wake() belongs to the strand. Held by shared pointers; coroutines keep it alive.
class Driver : public std::enable_shared_from_this<Driver> {
 public:
  using Executor = boost::asio::any_io_executor;

  Driver(const Tools& tools, const Executor& executor, std::string tenant, std::string name);
  [[nodiscard]] const Executor& strand() const { return strand_; }
  [[nodiscard]] std::size_t partition() const { return partition_; }
  [[nodiscard]] const std::string& tenant() const { return tenant_; }
  [[nodiscard]] const std::string& name() const { return name_; }

  // Something about the application may have changed. [any thread]
  void wake();

  // What people ask. Each is one decision.
  Later<Rollout> start(Start start);
  // Whether start() would take it now.
  Later<Empty> check_start(RolloutRequest request);
  Later<Rollout> act(std::string rollout, Word word, IfVersion version, Mode mode);
  Later<Rollout> retry(std::string rollout, Word word, IfVersion version, Mode mode);
  // NOT_FOUND unless it is under way here and as new as the version.
  Later<Rollout> show(std::string rollout, std::int64_t version);
  Later<Control::PutApplication> put(Actor actor, ApplicationSpec spec, IfVersion version, Mode mode,
                                     std::string environment);
  Later<Empty> remove(Actor actor, IfVersion version, Mode mode);

  // What is stored of it.
  struct Found {
    Stored<Application> application;
    std::optional<Stored<Record>> rollout{};  // the one under way
    Releases releases{};                      // as far as they were read
    std::int64_t touches = 0;                 // of the driver, when the reading began
  };
  // After a restart, or after another host was at work: nobody has looked for so long. Nothing is decided before that
  // is recorded. On the strand.
  void left_alone(Absence absence);
  // [any thread] Grows with each look at what is stored, and with each write.
  [[nodiscard]] std::int64_t touches() const { return touches_; }
  // Begins to work after that when there is something to do. What is stored is read again unless it was found since,
  // and not touched here.
  boost::asio::awaitable<void> resume(std::optional<Found> found);
  // Another host has stored something about the application.
  boost::asio::awaitable<void> read_again();
  // The application is no longer this host's: the loop ends, and what it knows is dropped.
  void let_go();
  // Of the application, if it has been deleted: until the provider has forgotten it, and its records are gone. [any
  // thread]
  void begin_removal();
  // No further decision; the loop ends after its current step.
  void stop();
  // [any thread]
  [[nodiscard]] bool running() const { return running_; }
  // [any thread] What its rollout waits for; nothing while the host itself is at work, or without a rollout.
  [[nodiscard]] Parked parked() const { return in_plugin_ ? Parked::plugin : parked_.load(); }

 private:
  struct Analysis;
  // How far the removal of the application has come.
  struct Removing {
    std::string of{};        // the record of the removal, as it was found
    std::int64_t token = 0;  // newer than any that it was ordered under; 0 before there is one
    bool gone = false;       // from the provider, and orders have a newer token still
    bool ended = false;
  };
  static constexpr const char* kLease = "lease";  // as a trouble

  // The loop (driver.cpp)
  boost::asio::awaitable<void> run();
  Later<storage::WriteRequest> claim_hosts(const ApplicationSpec* before, const ApplicationSpec* after);
  boost::asio::awaitable<void> finish_removal();
  boost::asio::awaitable<Status> remove_more(Removing& removing);
  boost::asio::awaitable<void> apply();
  boost::asio::awaitable<void> look();
  void see(provider::Observation seen);
  boost::asio::awaitable<void> refused(std::int64_t generation, Status status);
  // Whether this host takes the decisions; people's words are taken by any.
  [[nodiscard]] bool owned() const { return tools_.ownership.owns(partition_); }
  [[nodiscard]] bool has_lease();
  void forget();
  boost::asio::awaitable<bool> decide();
  boost::asio::awaitable<bool> go_on(std::optional<Change>&& change);
  [[nodiscard]] Change noted() const;
  [[nodiscard]] Instant next_moment() const;
  [[nodiscard]] Parked parked_by() const;
  [[nodiscard]] bool has_work() const;
  void ensure_running();
  void interrupt();

  // Decisions that ask a plugin (driver_decide.cpp)
  boost::asio::awaitable<bool> step();
  boost::asio::awaitable<bool> take(strategy::StepReply reply, const Asked& asked);
  [[nodiscard]] std::optional<Change> answered(const strategy::StepReply& reply);
  boost::asio::awaitable<bool> step_failed(Status status);
  boost::asio::awaitable<Result<std::string>> follow_strategy(std::string binding);
  void note_strategy(const std::string& version);
  void note_use();
  boost::asio::awaitable<void> ask_gates();
  boost::asio::awaitable<void> ask_gate(std::size_t index);
  [[nodiscard]] std::optional<Change> after_gates();
  [[nodiscard]] std::optional<Change> before_promotion(const strategy::StepReply& reply);
  [[nodiscard]] const AnalysisRun* failed_run() const;

  // Requests (driver_requests.cpp)
  Later<Rollout> act_once(std::string rollout, Word word, IfVersion version, Mode mode);
  boost::asio::awaitable<Status> refresh();
  // Whether what is in memory is what is stored.
  boost::asio::awaitable<bool> is_current();
  [[nodiscard]] Status may_start(const RolloutRequest& request) const;
  [[nodiscard]] Status may_retry(const Rollout& before) const;
  Status reserve();
  // A refusal before anything is touched, when too many wait for their turn.
  [[nodiscard]] Status crowded() const;
  [[nodiscard]] storage::WriteRequest end_beside(Change over);

  // Writing and reading (driver_commit.cpp)
  boost::asio::awaitable<Status> load();
  void learn(Found found);
  void deleted();
  void count_absence();
  boost::asio::awaitable<void> note_absence();
  boost::asio::awaitable<Status> load_releases(const Order& order);
  // The caller keeps the change until they have ended.
  boost::asio::awaitable<Status> commit(Change&& change);
  boost::asio::awaitable<Status> commit_with(Change&& change, storage::WriteRequest beside);
  void take_verdicts(Draft& draft);
  boost::asio::awaitable<void> tell_owner();
  boost::asio::awaitable<Result<storage::WriteReply>> write(storage::WriteRequest batch, std::string trace);
  void look_later();
  boost::asio::awaitable<bool> knows_all();
  boost::asio::awaitable<Status> outrun();
  void count();
  void adopt(Draft&& draft, const storage::WriteReply& reply);
  void tell(const Draft& draft);
  boost::asio::awaitable<Status> outrun_steady(std::int64_t seen);

  // Analyses (driver_analyse.cpp)
  void sync_analyses();
  boost::asio::awaitable<void> analyse(std::shared_ptr<Analysis> task);
  boost::asio::awaitable<void> judge(std::shared_ptr<Analysis> task, metrics::Window window);
  [[nodiscard]] AnalysisRun* run_of(const Analysis& task);
  [[nodiscard]] std::optional<std::uint32_t> weight_during(const AnalysisRun& run, const metrics::Window& window) const;
  [[nodiscard]] metrics::QueryRequest query_for(const AnalysisRun& run, const AnalysisSpec& spec,
                                                const metrics::Window& window) const;

  // The work's result, or CANCELLED as soon as the loop is interrupted; the work then goes on by itself to its
  // deadline.
  template <class T>
  boost::asio::awaitable<Result<T>> interruptible(boost::asio::awaitable<Result<T>> work);

  [[nodiscard]] Instant now() const { return clock_.now(); }
  // A phase of the step that began then (steady clock).
  void took(const telemetry::Histogram& phase, std::int64_t began) const {
    phase.observe(static_cast<double>(clock_.steady_ns() - began) / 1e9);
  }
  [[nodiscard]] bool has_rollout() const { return rollout_.has_value(); }
  [[nodiscard]] const Record& record() const { return rollout_->value; }
  [[nodiscard]] Order current_order() const;
  [[nodiscard]] const ApplicationSpec& current_spec() const;
  [[nodiscard]] bool applied() const;
  // A failed analysis comes before anything else, once the world is known.
  [[nodiscard]] bool hurry() const { return fresh_failure_ && world_.has_value(); }
  [[nodiscard]] Live live() const;
  [[nodiscard]] Rollout shown() const;
  // What is done for the rollout now belongs there.
  [[nodiscard]] std::string trace() const {
    if (!has_rollout()) return {};
    return decided_.rollout == record().rollout.id ? decided_.traceparent : record().rollout.traceparent;
  }
  [[nodiscard]] provider::Target target() const { return {tenant_, name_}; }
  [[nodiscard]] bridge::CallContext context(Duration budget) const;
  [[nodiscard]] Status check_version(const IfVersion& version, std::int64_t have, const std::string& what) const;

  const Tools& tools_;
  base::ForwardClock clock_;  // the rollout's time
  Executor strand_;
  const std::string tenant_;
  const std::string name_;
  const std::size_t partition_;
  Turns turns_;
  Turns removals_;
  Wakeup wakeup_;
  std::optional<Stored<Application>> application_;
  std::optional<Stored<Record>> rollout_;    // the one under way
  std::optional<std::int64_t> alone_since_;  // when somebody looked last (steady clock), until that is recorded
  std::optional<Instant> left_;              // the same by the store's clock, until the record is read
  std::optional<State> counted_;             // its state, as the census knows it
  Census::PlacePtr place_;                   // of one that is about to begin
  bool stale_ = true;                        // what is in memory may not be what is stored
  std::atomic<std::int64_t> touches_ = 0;
  Releases releases_;
  std::optional<provider::Observation> world_;
  Instant routed_since_;  // the groups have had the shares of the traffic that world_ tells since then, or longer
  std::int64_t applied_generation_ = -1;
  std::int64_t applied_token_ = 0;
  strategy::Wait waiting_;
  Troubles troubles_;
  std::map<std::string, std::shared_ptr<Analysis>> analyses_;
  std::int64_t refused_generation_ = -1;  // the last that was told of
  std::vector<JournalEntry> verdicts_;    // to be committed with the next decision
  std::optional<Instant> deciding_sample_;
  Instant written_at_;
  struct {
    std::string rollout;
    std::string traceparent;
  } decided_;                   // the span of this host's last decision; empty when there is none
  bool notes_ = false;          // something to be written without hurry
  bool fresh_failure_ = false;  // an analysis failed and the strategy has not been asked since
  bool interrupted_ = false;
  std::atomic<bool> running_ = false;
  std::atomic<Parked> parked_ = Parked::nothing;
  std::atomic<bool> in_plugin_ = false;  // the loop waits for its answer
  bool stopping_ = false;
  Wakeup* in_call_ = nullptr;
};

// Defined here because several files await with it.
template <class T>
boost::asio::awaitable<Result<T>> Driver::interruptible(boost::asio::awaitable<Result<T>> work) {
  struct Pending {
    Pending(const Executor& strand, const base::Clock& clock, Timers& timers) : done(strand, clock, timers) {}
    std::optional<Result<T>> result;
    Wakeup done;
  };
  if (interrupted_) co_return Status(Code::cancelled, "something more urgent came");
  auto pending = std::make_shared<Pending>(strand_, clock_, tools_.timers);
  auto carry = [](boost::asio::awaitable<Result<T>> inner, std::shared_ptr<Pending> into,
                  std::shared_ptr<Driver>) -> boost::asio::awaitable<void> {
    into->result = co_await std::move(inner);
    into->done.ring();
  };
  boost::asio::co_spawn(strand_, carry(std::move(work), pending, shared_from_this()),
                        [](const std::exception_ptr& error) {
                          if (error) std::rethrow_exception(error);
                        });
  in_call_ = &pending->done;
  in_plugin_ = has_rollout();
  while (!pending->result && !interrupted_) co_await pending->done.wait_until(now() + seconds(60));
  in_plugin_ = false;
  in_call_ = nullptr;
  if (!pending->result) co_return Status(Code::cancelled, "something more urgent came");
  co_return std::move(*pending->result);
}

}  // namespace slipway::rollout
