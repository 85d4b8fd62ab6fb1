// One replica: brings its process and its server in HAProxy to where its goal wants them, step by step, and keeps them
// there. One thread: that of the executor.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "plugins/providers/local/base/notices.hpp"
#include "plugins/providers/local/edge/proxy.hpp"
#include "plugins/providers/local/process/processes.hpp"
#include "plugins/providers/local/replica/backoff.hpp"
#include "plugins/providers/local/replica/check_series.hpp"
#include "plugins/providers/local/replica/checker.hpp"
#include "plugins/providers/local/replica/launcher.hpp"
#include "plugins/providers/local/replica/lifecycle.hpp"
#include "plugins/providers/local/replica/ports.hpp"
#include "plugins/providers/local/world/records.hpp"

namespace slipway::local {

// What replicas work with; everything outlives them.
struct ReplicaTools {
  boost::asio::any_io_executor executor;
  Processes& processes;
  Proxy& proxy;
  Checker& checker;
  Preparer& preparer;
  Ports& ports;
  Notices& notices;
  BackoffSettings backoff{};
  Span drain_limit{30'000};
  std::string address = "127.0.0.1";                         // where replicas listen
  std::function<double()> random = [] { return 0.5; };       // from 0 to 1
  std::function<Instant()> wall = [] { return Instant{}; };  // for people; never decides anything
};

class Replica : public std::enable_shared_from_this<Replica> {
 public:
  // What the owner wants to hear.
  struct Listener {
    virtual ~Listener() = default;
    virtual void replica_starting() = 0;                   // save its record now: a process is about to exist
    virtual void replica_changed() = 0;                    // something an observation shows; save it soon
    virtual void replica_gone(const std::string& id) = 0;  // for good; the object may be dropped
  };

  Replica(ReplicaTools& tools, Listener& listener, std::string tenant, std::string application,
          provider::Release release, ReplicaRecord record);

  // Begins to work; a process that runs already is adopted. Once.
  void begin();
  // After it nothing more is told to the listener.
  void detach() { listener_ = nullptr; }

  void leave();
  // The backend its server belongs in; nothing while there is none for it.
  void set_backend(std::optional<std::string> backend);
  // Whether the edge of another machine may route to it; one that leaves waits until that is over.
  void hold(bool held);
  // HAProxy's tables may be others than they were.
  void proxy_changed();

  [[nodiscard]] const ReplicaRecord& record() const { return record_; }
  [[nodiscard]] bool alive() const { return facts_.alive; }
  [[nodiscard]] bool listed() const { return facts_.listing != Listing::kAbsent; }
  [[nodiscard]] bool serving() const { return facts_.listing == Listing::kServing && facts_.alive && facts_.passing; }
  [[nodiscard]] bool guest() const { return !record_.guest.empty(); }
  [[nodiscard]] bool crash_loop() const { return backoff_.crash_loop(); }
  [[nodiscard]] Instant ready_since() const { return record_.ready_since; }
  [[nodiscard]] std::string address() const { return server().address; }
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  awaitable<void> run();
  awaitable<void> perform(Step step);
  void adopt();

  awaitable<void> start();
  void start_failed(const std::string& why);
  void watch(std::shared_ptr<Process> process);
  awaitable<void> watch_end(std::shared_ptr<Process> process);
  awaitable<void> watch_readiness(std::shared_ptr<Process> process);
  awaitable<void> watch_liveness(std::shared_ptr<Process> process);
  awaitable<std::string> ask(const provider::Check& check);
  void ended(const Exit& exit);
  void set_passing(Health health, const std::string& reason);

  awaitable<void> look();
  awaitable<void> list();
  awaitable<void> prove();
  void note_proxys_check(const std::string& said);
  awaitable<void> admit();
  awaitable<void> drain();
  awaitable<void> count();
  awaitable<void> unlist();
  void terminate();
  void kill();
  void absolve();
  void forget();

  void reset_leaving();
  void changed();
  [[nodiscard]] Server server() const;
  [[nodiscard]] ReplicaPlace place() const;

  ReplicaTools& tools_;
  Listener* listener_;
  std::string tenant_, application_;
  provider::Release release_;
  ReplicaRecord record_;
  ReplicaFacts facts_;
  Backoff backoff_;
  Signal wake_;
  std::shared_ptr<Process> process_;
  std::optional<Command> command_;  // as last started, for command checks
  std::optional<std::string> backend_;
  Moment started_{};
  std::string problem_;
  std::string unready_for_;  // what this process's readiness check said last
  bool gone_ = false;
};

}  // namespace slipway::local
