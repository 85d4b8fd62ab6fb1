// The rollout engine: delivery as the API asks for it, kept going over restarts.
//
// Life: construct, resume(), serve, stop(), then stop the executor's context, then destroy: what still waits in a
// plugin refers to the engine.
//
// It keeps one Driver for each application on which something is under way, and nothing for the others. All public
// functions may be called from any thread.
#pragma once

#include <map>
#include <mutex>

#include "host/rollout/control.hpp"
#include "host/rollout/driver.hpp"
#include "host/rollout/follower.hpp"
#include "host/rollout/hosts.hpp"
#include "host/rollout/notifications.hpp"
#include "host/rollout/plan.hpp"
#include "host/rollout/resumption.hpp"

namespace slipway::rollout {

// What the engine is given. Everything outlives it; the executor is the host's.
struct EngineParts {
  boost::asio::any_io_executor executor;
  bridge::Caller& caller;
  const base::Clock& clock;
  Timers& timers;
  base::IdSource& ids;
  base::Random& random;
  telemetry::Log log;
  telemetry::Metrics& metrics;
  telemetry::Tracer* tracer = nullptr;  // null: nobody wants spans
};

class Engine final : public Control {
 public:
  Engine(EngineParts parts, EngineSettings settings);
  ~Engine() override;

  // Joins the hosts of the store, goes on with what is this one's of what was under way, and tells the provider again
  // what those applications shall be. Answers when all of it is known, not when all of it is done.
  boost::asio::awaitable<Status> resume(Duration patience);
  // Closes the door, lets each loop finish its step, and leaves the work to the other hosts; DEADLINE_EXCEEDED names
  // what still runs.
  boost::asio::awaitable<Status> stop(Duration patience);
  // The provider says that an observation would differ from the last one.
  void provider_changed(const std::string& tenant, const std::string& application);
  // The store says that another host has written something. [any thread]
  void store_changed() { ownership_.look_soon(); }
  // Stores an event of the site's own, which listeners and notifiers hear like any other; its moment is now. The log
  // has one that can't be stored. [any thread]
  void announce(Event event);
  // Another profile came into force: rollouts look again at what they wait for, and follow their strategies.
  void rewire(Wiring wiring);
  // Rollouts under way that go by this version of a strategy; `binding` is any binding. [any thread]
  [[nodiscard]] std::size_t uses_of_strategy(const std::string& binding, const std::string& version) const {
    return uses_.count(binding, version);
  }
  // What the site bounds, from now on.
  void set_bounds(const Bounds& bounds);
  // Applications on which something is under way.
  [[nodiscard]] std::size_t busy() const;
  // How many rollouts wait for what; every kind but "nothing".
  [[nodiscard]] std::map<Parked, std::size_t> parked() const;

  Answer<PutApplication> put_application(Actor actor, ApplicationSpec spec, IfVersion version, Mode mode) override;
  Answer<Application> application(Actor actor, std::string name) override;
  Answer<Page<Application>> applications(Actor actor, PageRequest page) override;
  Answer<Empty> delete_application(Actor actor, std::string name, IfVersion version, Mode mode) override;
  Answer<Release> create_release(Actor actor, std::string application, ReleaseRequest request, Mode mode) override;
  Answer<Release> release(Actor actor, std::string application, std::string name) override;
  Answer<Page<Release>> releases(Actor actor, std::string application, PageRequest page) override;
  Answer<RolloutPlan> plan_rollout(Actor actor, RolloutRequest request) override;
  Answer<Rollout> start_rollout(Actor actor, RolloutRequest request) override;
  Answer<Rollout> rollout(Actor actor, std::string id) override;
  Answer<Page<Rollout>> rollouts(Actor actor, RolloutFilter filter, PageRequest page) override;
  Answer<Rollout> act(Actor actor, std::string id, Action action, ActionRequest request, IfVersion version,
                      Mode mode) override;
  Answer<Page<JournalEntry>> journal(Actor actor, std::string id, PageRequest page) override;
  Answer<std::vector<HostInfo>> hosts(Actor actor) override;
  Answer<HostInfo> drain_host(Actor actor, std::string name, Draining draining, Mode mode) override;
  Answer<std::vector<Event>> events(Actor actor, std::int64_t after, std::int32_t limit, Duration patience) override;
  Answer<std::int64_t> newest_event(Actor actor) override;

 private:
  using DriverPtr = std::shared_ptr<Driver>;

  // Requests that change something, so that stop() can wait for them. Shared: a request that is thrown away with its
  // context may outlive the engine.
  struct AtWork {
    std::atomic<int> requests = 0;
    RestBell rest_bell;  // of requests and drivers
  };
  class Inside {
   public:
    explicit Inside(std::shared_ptr<AtWork> at_work);
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;
    ~Inside();

   private:
    std::shared_ptr<AtWork> at_work_;
  };

  // The application's driver, made when there is none. Drivers live as long as somebody or their own loop holds them.
  DriverPtr driver(const std::string& tenant, const std::string& application);
  [[nodiscard]] DriverPtr find_driver(const std::string& tenant, const std::string& application) const;
  [[nodiscard]] std::vector<DriverPtr> drivers() const;
  [[nodiscard]] Status door() const;

  // What is stored of these partitions is gone on with.
  boost::asio::awaitable<Status> take_up(std::vector<TakenPartition> taken);
  boost::asio::awaitable<Status> resume_applications(std::vector<TakenPartition> taken);
  boost::asio::awaitable<Status> resume_removals(std::vector<TakenPartition> taken);
  boost::asio::awaitable<void> let_go(std::vector<std::size_t> partitions);
  // Returns when it holds, which is looked at whenever something comes to rest, or when the patience is over. On the
  // ownership's strand.
  boost::asio::awaitable<void> rested(std::function<bool()> holds, Duration patience);
  void read_again(const std::string& tenant, const std::string& application);
  boost::asio::awaitable<void> store_event(Event event);
  Later<storage::WriteReply> write_surely(storage::WriteRequest& batch, std::string trace);
  Later<Proposal> proposal(Actor actor, RolloutRequest request);
  Later<Checked> check_again(Actor actor, Record before);
  Later<Rollout> roll_back_from(Actor actor, Stored<Record> ended, ActionRequest request, Mode mode);
  Later<std::string> good_release(Actor actor, Stored<Record> ended, std::string to);
  Later<Rollout> live_view(Stored<Record> stored);

  EngineParts parts_;
  EngineSettings settings_;
  base::ForwardClock clock_;
  Store store_;
  boost::asio::any_io_executor ownership_strand_;
  Ownership ownership_;
  Hosts hosts_;
  Feed feed_;
  Follower follower_;
  Trimmer trimmer_;
  Census census_;
  CurrentWiring wiring_;
  StrategyUses uses_;
  const std::shared_ptr<AtWork> inside_ = std::make_shared<AtWork>();
  Tools tools_;
  Resumption resumption_;
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::weak_ptr<Driver>> drivers_;
  std::size_t sweep_at_ = 64;
  Notifications notifications_;
  std::atomic<bool> stopping_ = false;
};

}  // namespace slipway::rollout
