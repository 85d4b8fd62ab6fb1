// Profiles over a lifecycle of the test's, with the history in a folder and the log in a text.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <string>

#include "host/app/profiles.hpp"
#include "host/bridge/plugin_caller.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/unit/host/lifecycle/rig.hpp"

namespace slipway::app {

class SilentCalls final : public bridge::CallSink {
 public:
  void began(std::string_view) override {}
  void ended(const bridge::CallRecord&) override {}
  void refused(std::string_view, std::string_view, std::uint32_t) override {}
};

// A gate in two versions of which the newer one fails every call, beside what a profile has to have.
class ProfileChanges : public lifecycle::Lifecycles {
 protected:
  using Answer = Result<api::ProfileAnswer>;

  ProfileChanges() {
    root_.install({.fixture = "storage_sound", .id = "storage-none", .interfaces = {"slipway.storage/1"}});
    root_.install({.fixture = "sound", .id = "gate-alpha"});
    root_.install({.fixture = "gate_answers_no_status", .id = "gate-alpha", .version = "1.1.0"});
    site_.state_directory = (directory_.path() / "state").string();
    site_.plugin_roots = {root_.path().string()};
    auto checked = check_profile(document("1.0.0"), "the profile", site_, {});
    EXPECT_TRUE(checked.ok()) << to_string(checked.status());
    auto plan = checked->in_force.plan;
    EXPECT_TRUE(lifecycle::await_on(runtime_, lifecycle_.start(std::move(plan))).ok());
    profiles_.emplace(ProfilesParts{lifecycle_, trust_, runtime_, caller_, clock_, log_, sources_, site_,
                                    [](const manifest::Profile&) {}},
                      std::move(checked->in_force));
    EXPECT_TRUE(lifecycle::await_on(runtime_, profiles_->remember_start()).ok());
  }
  ~ProfileChanges() override { EXPECT_TRUE(stop().ok()); }

  static Json document(const std::string& version, const std::string& name = "dev") {
    return {{"profile", {{"name", name}, {"version", "1.0.0"}}},
            {"plugins",
             {{"db", {{"plugin", "storage-none"}}}, {"alpha", {{"plugin", "gate-alpha"}, {"version", version}}}}},
            {"bindings", {{"storage", "db"}, {"gates.alpha", "alpha"}}}};
  }
  boost::asio::awaitable<Answer> put(Json profile, rollout::IfVersion version = {}, Duration bake = seconds(30)) {
    api::ProfileRequest request{.profile = std::move(profile), .reason = "a test"};
    request.bake = bake;
    return profiles_->put({.tenant = {}, .subject = "ada"}, std::move(request), std::move(version),
                          rollout::Mode::commit);
  }
  Answer swap(const std::string& version, rollout::Mode mode) {
    api::SwapRequest request{.version = version};
    request.bake = seconds(30);
    return lifecycle::await_on(runtime_,
                               profiles_->swap({.tenant = {}, .subject = "ada"}, "gates.alpha", request, mode));
  }
  // What the gate in force is allowed, without what it is not.
  Json granted() {
    const auto plugins = lifecycle_.status();
    const auto active = std::ranges::find_if(plugins, [](const lifecycle::PluginStatus& one) {
      return one.instance == "alpha" && one.state == lifecycle::GenerationState::active;
    });
    if (active == plugins.end()) return nullptr;
    Json document = manifest::document_of(active->permissions);
    for (auto grant = document.begin(); grant != document.end();)
      grant = grant->empty() ? document.erase(grant) : std::next(grant);
    return document;
  }
  Answer plan(Json profile) {
    auto asked =
        profiles_->put({.tenant = {}, .subject = "ada"}, {.profile = std::move(profile)}, {}, rollout::Mode::dry_run);
    return lifecycle::await_on(runtime_, std::move(asked));
  }
  void call_the_gate() {
    bridge::CallContext context;
    context.budget_ns = seconds(5).ns;
    (void)lifecycle::await_on(runtime_, caller_.call("gates.alpha", "slipway.gate/1", 0, "{}", context));
  }
  lifecycle::Revision newest() { return lifecycle::await_on(runtime_, profiles_->history({.limit = 1}))->items.at(0); }

  config::SiteConfig site_;
  Sources sources_;
  loader::CurrentTrust trust_{std::make_shared<const loader::TrustPolicy>(loader::TrustSettings{})};
  std::mutex mutex_;
  std::string logged_;
  telemetry::Log log_ = telemetry::Log::to(
      [this](std::string_view line) {
        const std::lock_guard lock(mutex_);
        logged_.append(line);
      },
      {}, clock_);
  SilentCalls sink_;
  bridge::PluginCaller caller_{routes_, sink_};
  std::optional<Profiles> profiles_;
};

}  // namespace slipway::app
