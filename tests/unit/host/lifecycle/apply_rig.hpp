// A lifecycle that goes from one plan to another, and a caller of what it runs.
#pragma once

#include <functional>

#include "host/bridge/plugin_caller.hpp"
#include "tests/unit/host/lifecycle/rig.hpp"

namespace slipway::lifecycle {

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
  // Another version of an installed fixture, which the profile then asks for.
  void upgrade(const std::string& name, const std::string& fixture, const std::string& version,
               Json more = Json::object()) {
    root_.install({.fixture = fixture, .id = "gate-" + name, .version = version, .more = std::move(more)});
    profile_.plugins[name].version = *base::parse_range(version);
  }
  Status apply(ApplyOptions options = {}) {
    auto plan = make_plan(profile_, loader::Catalog::scan({root_.path()}));
    if (!plan.ok()) return plan.status();
    const auto turn = lifecycle_.take_turn("a change");
    if (!turn.ok()) return turn.status();
    return await_on(runtime_, lifecycle_.apply(*turn, std::move(*plan), std::move(options)));
  }
  boost::asio::awaitable<Result<std::string>> ask(std::string binding, Duration budget = seconds(5)) {
    bridge::CallContext context;
    context.budget_ns = budget.ns;
    co_return co_await caller_.call(binding, "slipway.gate/1", 0, "{}", context);
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
