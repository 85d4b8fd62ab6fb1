// A lifecycle over a plugin root of the test's, and a profile to be filled.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "host/lifecycle/lifecycle.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/plugin_package.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/unchecked_signatures.hpp"
#include "tests/unit/host/lifecycle/awaiting.hpp"

namespace slipway::lifecycle {

class ListeningSink final : public runtime::HostSink {
 public:
  using OnRequest = std::function<void(runtime::Answerer)>;

  ListeningSink(const std::function<void(std::string_view)>& on_log, const OnRequest& on_request)
      : on_log_(on_log), on_request_(on_request) {}
  void log(std::uint32_t, std::string_view message, std::string_view) override {
    if (on_log_) on_log_(message);
  }
  void metric(std::uint32_t, std::string_view, std::string_view, double) override {}
  void request(runtime::HostRequest, runtime::Answerer answerer) override {
    if (on_request_) on_request_(std::move(answerer));
  }

 private:
  const std::function<void(std::string_view)>& on_log_;
  const OnRequest& on_request_;
};

class Lifecycles : public ::testing::Test {
 protected:
  // The patience for a first health call: that of a busy machine, short where it has to come to its end.
  explicit Lifecycles(Duration health = seconds(5), Duration drain = seconds(30)) : health_(health), drain_(drain) {
    profile_.profile.name = "dev";
    runtime_.start();
  }
  // An instance of a fixture, bound under gates.<name>.
  void add(const std::string& name, const std::string& fixture, const std::vector<std::string>& calls = {},
           Json more = Json::object()) {
    if (!calls.empty()) more["permissions"] = {{"bindings", calls}};
    root_.install({.fixture = fixture, .id = "gate-" + name, .more = std::move(more)});
    profile_.plugins[name].plugin = "gate-" + name;
    profile_.bindings["gates." + name] = {name};
  }
  // An instance of the plugin that is built with the SDK.
  void add_matching(const std::string& name) {
    std::filesystem::copy(SLIPWAY_FIXTURE_ROOT, root_.path(), std::filesystem::copy_options::recursive);
    profile_.plugins[name].plugin = "gate-matching";
    profile_.bindings["gates." + name] = {name};
  }
  Status start() {
    auto plan = make_plan(profile_, loader::Catalog::scan({root_.path()}));
    if (!plan.ok()) return plan.status();
    return await_on(runtime_, lifecycle_.start(std::move(*plan)));
  }
  Status stop() { return await_on(runtime_, lifecycle_.stop()); }
  // "instance state" of each, in order.
  std::vector<std::string> states() const {
    std::vector<std::string> words;
    for (const auto& one : lifecycle_.status()) words.push_back(one.instance + " " + std::string(to_name(one.state)));
    return words;
  }
  // The refusals of a start, as "path: message".
  static std::vector<std::string> told(const Status& status) {
    std::vector<std::string> words;
    for (const auto& problem : status.problems) words.push_back(problem.path + ": " + problem.message);
    return words;
  }
  static isolation::IsolationSettings workers() {
    isolation::IsolationSettings settings;
    settings.program.path = SLIPWAY_WORKER;
    settings.heartbeat = settings.checkpoint = milliseconds(20);
    return settings;
  }
  std::string bound() const { return routes_.capture()->names_like(""); }

  const Duration health_;
  const Duration drain_;
  test::TemporaryDirectory directory_;
  test::PluginRoot root_{directory_.path() / "root"};
  manifest::Profile profile_;
  test::ManualClock clock_;
  runtime::Runtime runtime_{{}};
  test::UncheckedSignatures unchecked_;
  loader::Loader loader_{{.store = directory_.path() / "store"}, unchecked_};
  bridge::Routes routes_;
  std::vector<std::string> created_;
  // Hears what instances log; to be set before they start.
  std::function<void(std::string_view)> on_log_;
  // Hears what they ask of the host; the same.
  ListeningSink::OnRequest on_request_;
  // "binding version", to the number of those that stay with it.
  std::map<std::string, std::atomic<std::size_t>> users_;
  // "plugin version", whether the site does not trust it any more.
  std::map<std::string, std::atomic<bool>> revoked_;
  Lifecycle lifecycle_{{.start = seconds(5),
                        .health = health_,
                        .stop = {.drain = milliseconds(50), .cancel = milliseconds(50), .patience = seconds(5)},
                        .retire = {.drain = drain_, .cancel = seconds(2), .patience = seconds(2)},
                        .isolation = workers()},
                       {runtime_, loader_, clock_,
                        [this](const PlannedInstance& one) {
                          created_.push_back(one.name);
                          return std::make_shared<ListeningSink>(on_log_, on_request_);
                        },
                        routes_,
                        [this](const std::string& binding, const std::string& version) {
                          return users_[binding + " " + version].load();
                        },
                        [this](const PlannedInstance& planned) {
                          const auto& plugin = planned.package.manifest;
                          return revoked_[plugin.id + " " + base::to_string(plugin.version)].load();
                        }}};
};

}  // namespace slipway::lifecycle
