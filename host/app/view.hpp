// The host as the API shows it.
#pragma once

#include <atomic>

#include "host/api/host_view.hpp"
#include "host/app/configuration.hpp"
#include "host/app/gauges.hpp"
#include "host/app/profiles.hpp"
#include "host/base/clock.hpp"
#include "host/bridge/caller.hpp"
#include "host/lifecycle/lifecycle.hpp"
#include "host/telemetry/metrics.hpp"

namespace slipway::app {

// Everything given to it outlives it.
class View final : public api::HostView {
 public:
  View(const config::SiteConfig& site, const Profiles& profiles, const lifecycle::Lifecycle& lifecycle,
       const loader::CurrentTrust& trust, bridge::Caller& caller, telemetry::Metrics& metrics, Gauges& gauges,
       Instant started);

  void set_serving(bool serving) { serving_ = serving; }

  [[nodiscard]] std::vector<api::PluginView> plugins() const override;
  [[nodiscard]] std::vector<api::BindingView> bindings() const override;
  [[nodiscard]] api::ProfileView profile() const override;
  [[nodiscard]] api::StatusView status() const override;
  boost::asio::awaitable<plugin::HealthReply> health() override;
  [[nodiscard]] bool serving() const override { return serving_; }
  [[nodiscard]] std::string metrics() const override {
    gauges_.read();
    return metrics_.text();
  }

 private:
  boost::asio::awaitable<plugin::HealthCheck> check(std::string binding, std::string instance);

  const config::SiteConfig& site_;
  const Profiles& profiles_;
  const lifecycle::Lifecycle& lifecycle_;
  const loader::CurrentTrust& trust_;
  bridge::Caller& caller_;
  telemetry::Metrics& metrics_;
  Gauges& gauges_;
  Instant started_;
  std::atomic<bool> serving_{false};
};

}  // namespace slipway::app
