// A whole site in memory: the real engine over simulated plugins, on a clock that is turned. The same seed gives the
// same story. A crash takes the engine away in the middle of whatever it did; the store and the provider stay.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>

#include "host/base/ids.hpp"
#include "host/rollout/engine.hpp"
#include "tests/simulation/fake_plugins.hpp"
#include "tests/simulation/fake_provider.hpp"
#include "tests/simulation/fake_storage.hpp"

namespace slipway::sim {

using rollout::Control;
using rollout::State;

class World : private bridge::Caller {
 public:
  explicit World(std::uint64_t seed = 1);
  ~World() override;

  // The daemon's life. start() runs until the engine has resumed.
  void start();
  void crash();
  Status stop();
  [[nodiscard]] bool alive() const { return engine_ != nullptr; }
  [[nodiscard]] rollout::Engine& engine() { return *engine_; }

  // Time goes on until the predicate holds; false after `limit` of simulated time, or when the engine crashed.
  bool until(const std::function<bool()>& holds, Duration limit = seconds(600));
  void run_for(Duration span);
  [[nodiscard]] Instant now() const { return time.now(); }

  // Asks without waiting for the answer.
  template <class T>
  void begin(Control::Answer<T> answer, std::shared_ptr<std::optional<Result<T>>> box) {
    auto carry = [](Control::Answer<T> inner,
                    std::shared_ptr<std::optional<Result<T>>> into) -> boost::asio::awaitable<void> {
      *into = co_await std::move(inner);
    };
    boost::asio::co_spawn(boost::asio::make_strand(*context_), carry(std::move(answer), std::move(box)),
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

  // Mischief. `fate` decides about each call before it is carried out.
  enum class Fate { good, fail_before, fail_after, crash_before, crash_after, hang };
  std::function<Fate(int number, std::string_view binding, std::uint32_t method)> fate;
  [[nodiscard]] int calls() const { return calls_; }

  const rollout::Actor somebody{.tenant = "acme", .subject = "ann", .trace = ""};
  SimTime time;
  base::ForwardClock store_clock{time.clock()};  // a store's time never goes back
  FakeStorage storage;
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
  boost::asio::awaitable<Result<std::string>> call(std::string_view binding, std::string_view interface,
                                                   std::uint32_t method, std::string payload,
                                                   bridge::CallContext context) override;
  Result<std::string> answer(std::string_view binding, std::string_view interface, std::uint32_t method,
                             const std::string& payload);
  bool turn();

  base::SeededRandom random_;
  base::IdSource ids_;
  telemetry::Metrics metrics_;
  std::unique_ptr<boost::asio::io_context> context_;
  std::unique_ptr<rollout::Engine> engine_;
  std::map<std::string, std::pair<std::int64_t, State>> states_;  // by id, with the version seen
  bool crashed_ = false;
  int calls_ = 0;
};

}  // namespace slipway::sim
