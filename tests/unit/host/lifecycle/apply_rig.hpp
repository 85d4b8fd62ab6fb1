// A lifecycle that goes from one plan to another, and a caller of what it runs.
#pragma once

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <mutex>
#include <set>

#include "host/bridge/plugin_caller.hpp"
#include "tests/unit/host/lifecycle/rig.hpp"

namespace slipway::lifecycle {

// Calls without a pause until it is told to stop.
class Callers {
 public:
  using Ask = std::function<boost::asio::awaitable<Result<std::string>>()>;

  Callers(runtime::Runtime& runtime, int count, const Ask& ask) {
    for (int i = 0; i < count; ++i) {
      auto done = std::make_shared<std::promise<void>>();
      ends_.push_back(done->get_future());
      boost::asio::co_spawn(runtime.executor(), run(ask, done), boost::asio::detached);
    }
  }
  Callers(const Callers&) = delete;
  Callers& operator=(const Callers&) = delete;
  ~Callers() { stop(); }
  void stop() {
    stopping_ = true;
    for (auto& end : ends_) {
      if (end.valid()) end.get();
    }
  }
  std::atomic<int> answered{0};
  std::atomic<int> failed{0};

 private:
  boost::asio::awaitable<void> run(Ask ask, std::shared_ptr<std::promise<void>> done) {
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
    while (!stopping_) {
      const auto reply = co_await ask();
      reply.ok() ? ++answered : ++failed;
      timer.expires_after(std::chrono::microseconds(100));
      co_await timer.async_wait(boost::asio::use_awaitable);
    }
    done->set_value();
  }
  std::atomic<bool> stopping_{false};
  std::vector<std::future<void>> ends_;
};

// The numbers that a plugin which counts its calls has answered with.
class Numbers {
 public:
  boost::asio::awaitable<Result<std::string>> heard(boost::asio::awaitable<Result<std::string>> asked) {
    auto reply = co_await std::move(asked);
    const auto at = reply.ok() ? reply->find("call ") : std::string::npos;
    const std::lock_guard lock(mutex_);
    if (at != std::string::npos) numbers_.insert(std::stoul(reply->substr(at + 5)));
    co_return reply;
  }
  // And none left out: a call that two generations had taken would be counted twice.
  void expect_each_once() const {
    ASSERT_FALSE(numbers_.empty());
    const std::set<unsigned long> each(numbers_.begin(), numbers_.end());
    EXPECT_EQ(numbers_.size(), each.size());
    EXPECT_EQ(*numbers_.rbegin(), numbers_.size());
  }

 private:
  std::mutex mutex_;
  std::multiset<unsigned long> numbers_;
};

// What a manifest says of a plugin whose state is handed over.
inline Json snapshot() { return {{"state", {{"kind", "snapshot"}, {"reads", {1}}, {"writes", 1}}}}; }

class ListeningCalls final : public bridge::CallSink {
 public:
  void began(std::string_view) override {
    if (on_began) on_began();
  }
  void ended(const bridge::CallRecord&) override {}
  void refused(std::string_view, std::string_view, std::uint32_t) override {}

  // To be set before there are calls.
  std::function<void()> on_began;
};

class Applying : public Lifecycles {
 protected:
  using Lifecycles::Lifecycles;

  // Another version of an installed fixture, which the profile then asks for.
  void upgrade(const std::string& name, const std::string& fixture, const std::string& version,
               Json more = Json::object()) {
    root_.install({.fixture = fixture, .id = "gate-" + name, .version = version, .more = std::move(more)});
    profile_.plugins[name].version = *base::parse_range(version);
  }
  Status apply(ApplyOptions options = {}) {
    const auto turn = lifecycle_.take_turn("a change");
    return turn.ok() ? apply(*turn, std::move(options)) : turn.status();
  }
  Status apply(const Turn& turn, ApplyOptions options) {
    auto plan = make_plan(profile_, loader::Catalog::scan({root_.path()}));
    if (!plan.ok()) return plan.status();
    return await_on(runtime_, lifecycle_.apply(turn, std::move(*plan), std::move(options)));
  }
  boost::asio::awaitable<Result<std::string>> ask(std::string binding, Duration budget = seconds(5),
                                                  std::string payload = "{}") {
    bridge::CallContext context;
    context.budget_ns = budget.ns;
    co_return co_await caller_.call(binding, "slipway.gate/1", 0, std::move(payload), context);
  }
  std::string said(const std::string& binding, Duration budget = seconds(5)) {
    const auto reply = await_on(runtime_, ask(binding, budget));
    return reply.ok() ? *reply : to_string(reply.status());
  }
  std::vector<std::string> versions() const {
    std::vector<std::string> words;
    for (const auto& one : lifecycle_.status())
      words.push_back(one.instance + " " + one.version + " " + std::string(to_name(one.state)));
    return words;
  }

  ListeningCalls sink_;
  bridge::PluginCaller caller_{routes_, sink_};
};

}  // namespace slipway::lifecycle
