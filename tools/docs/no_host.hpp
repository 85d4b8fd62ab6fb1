// Stand-ins that let the operations of the API be listed without a host. No handler runs, so nothing here is called.
#pragma once

#include <stdexcept>

#include "host/api/host_view.hpp"
#include "host/api/profile_control.hpp"
#include "host/rollout/control.hpp"

namespace slipway::docs {

[[noreturn]] inline void never() { throw std::logic_error("the reference calls no handler"); }

class NoControl final : public rollout::Control {
 public:
  using Version = rollout::IfVersion;
  using Mode = rollout::Mode;
  using Actor = rollout::Actor;
  using PageRequest = rollout::PageRequest;

  Answer<PutApplication> put_application(Actor, rollout::ApplicationSpec, Version, Mode) override { never(); }
  Answer<rollout::Application> application(Actor, std::string) override { never(); }
  Answer<rollout::Page<rollout::Application>> applications(Actor, PageRequest) override { never(); }
  Answer<Empty> delete_application(Actor, std::string, Version, Mode) override { never(); }
  Answer<rollout::Release> create_release(Actor, std::string, rollout::ReleaseRequest, Mode) override { never(); }
  Answer<rollout::Release> release(Actor, std::string, std::string) override { never(); }
  Answer<rollout::Page<rollout::Release>> releases(Actor, std::string, PageRequest) override { never(); }
  Answer<rollout::RolloutPlan> plan_rollout(Actor, rollout::RolloutRequest) override { never(); }
  Answer<rollout::Rollout> start_rollout(Actor, rollout::RolloutRequest) override { never(); }
  Answer<rollout::Rollout> rollout(Actor, std::string) override { never(); }
  Answer<rollout::Page<rollout::Rollout>> rollouts(Actor, rollout::RolloutFilter, PageRequest) override { never(); }
  Answer<rollout::Rollout> act(Actor, std::string, rollout::Action, rollout::ActionRequest, Version, Mode) override {
    never();
  }
  Answer<rollout::Page<rollout::JournalEntry>> journal(Actor, std::string, PageRequest) override { never(); }
  Answer<std::vector<rollout::HostInfo>> hosts(Actor) override { never(); }
  Answer<rollout::HostInfo> drain_host(Actor, std::string, rollout::Draining, Mode) override { never(); }
  Answer<std::vector<rollout::Event>> events(Actor, std::int64_t, std::int32_t, Duration) override { never(); }
  Answer<std::int64_t> newest_event(Actor) override { never(); }
};

class NoHost final : public api::HostView {
 public:
  [[nodiscard]] std::vector<api::PluginView> plugins() const override { never(); }
  [[nodiscard]] std::vector<api::BindingView> bindings() const override { never(); }
  [[nodiscard]] api::ProfileView profile() const override { never(); }
  [[nodiscard]] api::StatusView status() const override { never(); }
  boost::asio::awaitable<plugin::HealthReply> health() override { never(); }
  [[nodiscard]] bool serving() const override { never(); }
  [[nodiscard]] std::string metrics() const override { never(); }
};

class NoProfile final : public api::ProfileControl {
 public:
  using Actor = rollout::Actor;
  using Mode = rollout::Mode;
  Answer<api::ProfileAnswer> put(Actor, api::ProfileRequest, rollout::IfVersion, Mode) override { never(); }
  Answer<api::ProfileAnswer> roll_back(Actor, api::RollbackRequest, Mode) override { never(); }
  Answer<api::ProfileAnswer> swap(Actor, std::string, api::SwapRequest, Mode) override { never(); }
  Answer<rollout::Page<lifecycle::Revision>> history(rollout::PageRequest) override { never(); }
  Answer<lifecycle::Revision> revision(std::int64_t) override { never(); }
};

}  // namespace slipway::docs
