// The host's own spans: from where they are begun to the collector that the site names.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>

#include "host/base/clock.hpp"
#include "host/base/random.hpp"
#include "host/config/site_config.hpp"
#include "host/rollout/settings.hpp"
#include "host/services/http_client.hpp"
#include "host/services/span_sender.hpp"
#include "host/telemetry/log.hpp"
#include "host/telemetry/metrics.hpp"
#include "host/telemetry/tracer.hpp"

namespace slipway::app {

// Empty when the site names no collector.
class Spans {
 public:
  Spans(const config::SiteConfig& site, const rollout::HostIdentity& host, boost::asio::any_io_executor executor,
        services::HttpClient& client, const base::Clock& clock, base::Random& random, const telemetry::Log& log,
        telemetry::Metrics& metrics);
  Spans(const Spans&) = delete;
  Spans& operator=(const Spans&) = delete;
  ~Spans();

  // Null when the site names no collector.
  [[nodiscard]] telemetry::Tracer* tracer();
  void start();
  boost::asio::awaitable<void> stop();

 private:
  struct Way;
  std::unique_ptr<Way> way_;
};

}  // namespace slipway::app
