// A site in memory: the engine that slipwayd has, with the strategies and analyzers of the packages, over a provider, a
// store and a metrics source that are simulated. One thread; time passes as fast as it is turned.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <slipway/testing/fake_host.hpp>

#include "host/base/ids.hpp"
#include "host/rollout/engine.hpp"
#include "tools/offline/packages.hpp"
#include "tools/rehearse/faults.hpp"
#include "tools/rehearse/memory_store.hpp"
#include "tools/rehearse/traffic.hpp"

namespace slipway::simulate {

struct SiteSettings {
  TrafficSettings traffic;
  std::vector<Fault> faults;
  std::vector<std::string> gates;  // that the site has; all are open
  Duration start;                  // of a replica
  std::uint64_t seed = 1;
};

class Site final : public bridge::Caller {
 public:
  Site(SiteSettings settings, Instant begin, offline::Packages& packages);
  ~Site() override;

  // The host's life. start() ends when the engine has resumed.
  void start();
  void crash();
  // From now on the recording, the injections and the faults count.
  void begin();
  [[nodiscard]] Instant now() const { return time_.now(); }

  // One thing happens; false when nothing ever will.
  bool turn();
  // Asks the engine, and lets time pass until it answers. Throws what it refuses.
  template <class T>
  T ask(rollout::Control::Answer<T> answer) {
    auto box = std::make_shared<std::optional<Result<T>>>();
    auto carry = [](rollout::Control::Answer<T> inner,
                    std::shared_ptr<std::optional<Result<T>>> into) -> boost::asio::awaitable<void> {
      *into = co_await std::move(inner);
    };
    boost::asio::co_spawn(*context_, carry(std::move(answer), box), boost::asio::detached);
    const rollout::Engine* asked = engine_.get();
    while (!box->has_value()) {
      if (engine_.get() != asked || !turn()) throw Error(Code::unavailable, "the host is gone");
    }
    if (!(*box)->ok()) throw Error((*box)->status());
    return *std::move(**box);
  }
  [[nodiscard]] const Traffic& traffic() const { return traffic_; }
  // Null while the host is gone.
  [[nodiscard]] rollout::Engine* engine() { return engine_.get(); }

  boost::asio::awaitable<Result<std::string>> call(std::string_view binding, std::string_view interface,
                                                   std::uint32_t method, std::string payload,
                                                   bridge::CallContext context) override;

 private:
  Result<std::string> answer(const std::string& binding, const std::string& interface, std::uint32_t method,
                             const std::string& payload);
  [[nodiscard]] bool is_failing(std::string_view binding) const;
  void arrange(const Fault& fault);
  test::FakeHost& instance(const std::string& binding);

  const SiteSettings settings_;
  offline::Packages& packages_;
  VirtualTime time_;
  base::SeededRandom random_;
  base::IdSource ids_;
  telemetry::Metrics metrics_;
  MemoryStore store_;
  Provider provider_;
  Traffic traffic_;
  std::optional<Instant> begun_;
  std::map<std::string, std::unique_ptr<test::FakeHost>> instances_;  // by binding
  std::unique_ptr<boost::asio::io_context> context_;
  std::unique_ptr<rollout::Engine> engine_;
};

}  // namespace slipway::simulate
