// A whole site in memory: the real engine over simulated plugins, on a clock that is turned. The same seed gives the
// same story. A crash takes the engine away in the middle of whatever it did; the store and the provider stay.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <unordered_map>

#include "host/base/ids.hpp"
#include "host/rollout/engine.hpp"
#include "tests/simulation/fake_plugins.hpp"
#include "tests/simulation/fake_provider.hpp"
#include "tests/simulation/own_clock.hpp"
#include "tools/rehearse/memory_store.hpp"

namespace slipway::sim {

using rollout::Control;
using rollout::State;

// The calls by which hosts contend for work.
constexpr std::uint32_t kLease = storage::Interface::index_of<storage::Lease>();
constexpr std::uint32_t kWrite = storage::Interface::index_of<storage::Write>();

class World {
 public:
  explicit World(std::uint64_t seed = 1);
  ~World();

  // The daemon's life. start() runs until the engine has resumed.
  void start();
  void crash();
  Status stop();
  [[nodiscard]] bool alive() const { return used_->engine != nullptr; }
  [[nodiscard]] rollout::Engine& engine() { return *used_->engine; }

  // Two hosts may be on the same store and provider. The second one is none of what start() and crash() are about as
  // long as nobody uses it.
  enum class Side { first, second };
  // Starts a host without waiting for it; what its engine's resume() said is in the box then.
  using Resumed = std::shared_ptr<std::optional<Status>>;
  Resumed boot(Side side, Duration patience);
  void start_second() { (void)boot(Side::second, seconds(24 * 3600)); }
  // Set before it is booted.
  [[nodiscard]] OwnClock& clock_of(Side side) { return host(side).clock; }
  // Whom the calls below ask.
  void use(Side side) { used_ = &host(side); }
  [[nodiscard]] bool up(Side side) const { return (side == Side::first ? first_ : second_).engine != nullptr; }
  // As if its machine stood still: nothing of it runs, and calls that it has begun are carried out when it goes on.
  void freeze(Side side) { host(side).frozen = true; }
  void thaw(Side side) { host(side).frozen = false; }
  void crash(Side side);
  // Begins an orderly end of a host; the box has its word, after which crash() takes away what is left.
  using Stopped = std::shared_ptr<std::optional<Status>>;
  Stopped begin_stop(Side side);

  // Time goes on until the predicate holds; false after `limit` of simulated time, or when the engine crashed.
  bool until(const std::function<bool()>& holds, Duration limit = seconds(600));
  void run_for(Duration span);
  [[nodiscard]] Instant now() const { return time.now(); }
  // One thing happens: a handler that is ready, else the next moment. False when nothing is left to happen.
  bool turn();
  std::function<void()> after_turn;

  // Asks without waiting for the answer.
  template <class T>
  void begin(Control::Answer<T> answer, std::shared_ptr<std::optional<Result<T>>> box) {
    auto carry = [](Control::Answer<T> inner,
                    std::shared_ptr<std::optional<Result<T>>> into) -> boost::asio::awaitable<void> {
      *into = co_await std::move(inner);
    };
    boost::asio::co_spawn(boost::asio::make_strand(*used_->context), carry(std::move(answer), std::move(box)),
                          boost::asio::detached);
  }
  // Asks the engine and lets the world turn until it answers; UNAVAILABLE when it crashed meanwhile.
  template <class T>
  Result<T> ask(Control::Answer<T> answer) {
    auto box = std::make_shared<std::optional<Result<T>>>();
    begin(std::move(answer), box);
    until([&] { return box->has_value(); }, seconds(120));
    return box->has_value() ? std::move(**box) : Result<T>(Status(Code::unavailable, "no answer"));
  }

  // What tests do all the time, for tenant "acme".
  rollout::ApplicationSpec shop(Json settings = Json::object()) const;
  Status make_application(const rollout::ApplicationSpec& spec);
  Status make_release(const std::string& application, const std::string& version);
  Result<rollout::Rollout> deploy(const std::string& application, const std::string& release,
                                  rollout::Supersede supersede = rollout::Supersede::refuse);
  Result<rollout::Rollout> act(const std::string& id, rollout::Action action, rollout::ActionRequest request = {});
  Result<rollout::Rollout> get(const std::string& id);
  Result<rollout::Application> application(const std::string& name);
  State state_of(const std::string& id);
  bool until_state(const std::string& id, State state, Duration limit = seconds(600));
  std::vector<rollout::JournalEntry> journal(const std::string& id);
  // 1.0 serves, through a first rollout.
  void make_stable(const rollout::ApplicationSpec& spec, const std::string& release);

  // Of the profile, as the next start() finds them.
  std::vector<std::string> notifiers = {"hook"};
  rollout::EventSettings events;
  rollout::Bounds bounds;

  // Mischief. `fate` decides about each call before it is carried out. A good one takes a part of a millisecond. late:
  // carried out when the caller has long given up. repeated: delivered once more, some seconds after its answer.
  enum class Fate { good, at_once, fail_before, fail_after, crash_before, crash_after, hang, late, repeated, slow };
  std::function<Fate(int number, std::string_view binding, std::uint32_t method)> fate;
  // The same for the calls of one host; asked first.
  std::function<Fate(Side side, std::string_view binding, std::uint32_t method)> fate_of;
  [[nodiscard]] int calls() const { return calls_; }
  // A call that reached its plugin, and its answer before it goes back. It is heard before any fault of the way back.
  struct Call {
    Side side;
    std::string_view binding;
    std::uint32_t method;
    std::string_view affinity;
    const std::string& payload;
    int number = 0;  // of all calls; 0 when no host is calling
  };
  std::function<void(const Call&, const Result<std::string>&)> on_answer;
  // What hosts themselves know: that they have asked, and the answer, when it has come back to them.
  std::function<void(const Call&)> on_sent;
  std::function<void(const Call&, const Result<std::string>&)> on_heard;
  // A call, past whatever stands between.
  Result<std::string> carry_out(const Call& call, std::string_view interface);
  // The call that a plugin is answering; null between calls.
  [[nodiscard]] const Call* acting() const { return acting_; }
  // Stands between the hosts and the plugins, for faults that no correct plugin has.
  using Carry = std::function<Result<std::string>(const std::string& payload)>;
  std::function<Result<std::string>(const Call&, const Carry&)> between;
  // Versions of plugins by binding; a binding "<name>@<version>" reaches the plugin of that name, or else of "<name>".
  std::map<std::string, std::string, std::less<>> versions;
  // In Prometheus' text format.
  [[nodiscard]] std::string numbers() const { return metrics_.text(); }

  const rollout::Actor somebody{.tenant = "acme", .subject = "ann", .trace = ""};
  SimTime time;
  OwnClock store_wall{time};
  base::ForwardClock store_clock{store_wall};  // a store's time never goes back
  simulate::MemoryStore storage;
  FakeProvider provider;
  StepStrategy strategy;
  FakeMetrics metrics;
  LimitAnalyzer analyzer;
  FakeGate gate;
  FakeNotifier notifier;
  // Other strategies and analyzers, by binding.
  using Plugin =
      std::function<Result<std::string>(std::string_view interface, std::uint32_t method, const std::string& payload)>;
  std::map<std::string, Plugin, std::less<>> plugins;

 private:
  struct Host final : bridge::Caller {
    Host(World& of, Side which) : world(of), side(which) {}
    boost::asio::awaitable<Result<std::string>> call(std::string_view binding, std::string_view interface,
                                                     std::uint32_t method, std::string payload,
                                                     bridge::CallContext context) override;
    std::string version_of(std::string_view binding, std::string_view affinity) const override;
    bool turn();
    World& world;
    const Side side;
    OwnClock clock{world.time};
    bool frozen = false;
    bool doomed = false;  // dies as soon as the handler under way has ended
    std::unique_ptr<boost::asio::io_context> context;
    std::unique_ptr<rollout::Engine> engine;
  };
  Host& host(Side side) { return side == Side::first ? first_ : second_; }
  [[nodiscard]] Fate fate_for(Side side, std::string_view binding, std::uint32_t method);
  Result<std::string> deliver(const Call& call, std::string_view interface);
  Result<std::string> answer(std::string_view binding, std::string_view interface, std::uint32_t method,
                             const std::string& payload);
  Result<std::string> of_store(std::uint32_t method, const std::string& payload);

  base::SeededRandom random_;
  base::IdSource ids_;
  telemetry::Metrics metrics_;
  Host first_{*this, Side::first};
  Host second_{*this, Side::second};
  Host* used_ = &first_;
  std::map<std::string, std::pair<std::int64_t, State>> states_;  // by id, with the version seen
  // Answers of the store to what was asked for before: they are the same until it is written to.
  std::map<std::uint32_t, std::unordered_map<std::string, std::string>> seen_;  // by method
  std::int64_t seen_after_ = 0;
  const Call* acting_ = nullptr;
  int calls_ = 0;
};

}  // namespace slipway::sim
