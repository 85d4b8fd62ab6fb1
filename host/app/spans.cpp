#include "host/app/spans.hpp"

#include <algorithm>

#include "host/telemetry/metric_catalogue.hpp"
#include "host/telemetry/span_queue.hpp"

namespace slipway::app {
namespace {

// The specification's path beneath the base URL (OTLP exporter, "Endpoint URLs for OTLP/HTTP").
std::string traces_url(std::string endpoint) {
  while (endpoint.ends_with('/')) endpoint.pop_back();
  return endpoint + "/v1/traces";
}

telemetry::SpanExport::Counters counters_in(telemetry::Metrics& metrics) {
  const telemetry::Metric& row = telemetry::metric::kOtlpSpans;
  return {metrics.counter(row, {"sent"}), metrics.counter(row, {"failed"}), metrics.counter(row, {"rejected"})};
}

}  // namespace

struct Spans::Way {
  telemetry::SpanQueue queue;
  telemetry::Tracer tracer;
  services::SpanSender sender;
  Duration patience;

  Way(const config::OtlpConfig& otlp, Duration longest, const rollout::HostIdentity& host,
      boost::asio::any_io_executor executor, services::HttpClient& client, const base::Clock& clock,
      base::Random& random, const telemetry::Log& log, telemetry::Metrics& metrics)
      : queue({otlp.queue, otlp.batch}, metrics.counter(telemetry::metric::kOtlpSpans, {"dropped"})),
        tracer(queue, clock, random, otlp.sample_ratio.ppm),
        sender(std::move(executor), client, services::Collector{traces_url(otlp.endpoint), otlp.headers, otlp.timeout},
               queue,
               telemetry::SpanExport(queue, {otlp.service_name, host.version, host.instance}, otlp.interval,
                                     counters_in(metrics), random, log),
               clock),
        patience(longest) {}
};

Spans::Spans(const config::SiteConfig& site, const rollout::HostIdentity& host, boost::asio::any_io_executor executor,
             services::HttpClient& client, const base::Clock& clock, base::Random& random, const telemetry::Log& log,
             telemetry::Metrics& metrics) {
  const config::OtlpConfig& otlp = site.telemetry.otlp;
  if (otlp.endpoint.empty()) return;
  const Duration patience = std::min(seconds(1), Duration{site.shutdown_grace.ns / 4});
  way_ = std::make_unique<Way>(otlp, patience, host, std::move(executor), client, clock, random, log, metrics);
}

Spans::~Spans() = default;

telemetry::Tracer* Spans::tracer() { return way_ ? &way_->tracer : nullptr; }

void Spans::start() {
  if (way_) way_->sender.start();
}

boost::asio::awaitable<void> Spans::stop() {
  if (way_) co_await way_->sender.stop(way_->patience);
}

}  // namespace slipway::app
