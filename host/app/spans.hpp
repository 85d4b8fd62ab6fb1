// The host's own spans: from where they are begun to the collector that the site names.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <optional>

#include "host/base/clock.hpp"
#include "host/base/random.hpp"
#include "host/config/site_config.hpp"
#include "host/rollout/settings.hpp"
#include "host/services/http_client.hpp"
#include "host/services/span_sender.hpp"
#include "host/telemetry/log.hpp"
#include "host/telemetry/metrics.hpp"
#include "host/telemetry/span_queue.hpp"
#include "host/telemetry/tracer.hpp"

namespace slipway::app {

// Where spans are begun, and where they wait. It outlives the runtime: coroutines that are still suspended when the
// process ends are destroyed with the runtime, and finish their spans then. Empty when the site names no collector.
class SpanSource {
 public:
  SpanSource(const config::OtlpConfig& otlp, const base::Clock& clock, base::Random& random,
             telemetry::Metrics& metrics);

  // Null when the site names no collector; so is the queue.
  [[nodiscard]] telemetry::Tracer* tracer() { return parts_ ? &parts_->tracer : nullptr; }
  [[nodiscard]] telemetry::SpanQueue* queue() { return parts_ ? &parts_->queue : nullptr; }

 private:
  struct Parts {
    telemetry::SpanQueue queue;
    telemetry::Tracer tracer;
    Parts(const config::OtlpConfig& otlp, const base::Clock& clock, base::Random& random, telemetry::Metrics& metrics);
  };
  std::optional<Parts> parts_;
};

// Sends what waits. Does nothing when the source is empty.
class Spans {
 public:
  Spans(SpanSource& source, const config::OtlpConfig& otlp, const rollout::HostIdentity& host,
        boost::asio::any_io_executor executor, services::HttpClient& client, const base::Clock& clock,
        base::Random& random, const telemetry::Log& log, telemetry::Metrics& metrics);
  Spans(const Spans&) = delete;
  Spans& operator=(const Spans&) = delete;
  ~Spans();

  void start();
  boost::asio::awaitable<void> stop(Duration patience);

 private:
  telemetry::SpanQueue* const queue_;
  std::optional<services::SpanSender> sender_;
};

}  // namespace slipway::app
