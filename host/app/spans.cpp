#include "host/app/spans.hpp"

#include "host/telemetry/metric_catalogue.hpp"

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

SpanSource::Parts::Parts(const config::OtlpConfig& otlp, const base::Clock& clock, base::Random& random,
                         telemetry::Metrics& metrics)
    : queue({otlp.queue, otlp.batch}, metrics.counter(telemetry::metric::kOtlpSpans, {"dropped"})),
      tracer(queue, clock, random, otlp.sample_ratio.ppm) {}

SpanSource::SpanSource(const config::OtlpConfig& otlp, const base::Clock& clock, base::Random& random,
                       telemetry::Metrics& metrics) {
  if (!otlp.endpoint.empty()) parts_.emplace(otlp, clock, random, metrics);
}

Spans::Spans(SpanSource& source, const config::OtlpConfig& otlp, const rollout::HostIdentity& host,
             boost::asio::any_io_executor executor, services::HttpClient& client, const base::Clock& clock,
             base::Random& random, const telemetry::Log& log, telemetry::Metrics& metrics)
    : queue_(source.queue()) {
  if (queue_ == nullptr) return;
  telemetry::SpanExport spans(*queue_, {otlp.service_name, host.version, host.instance}, otlp.interval,
                              counters_in(metrics), random, log);
  sender_.emplace(std::move(executor), client,
                  services::Collector{traces_url(otlp.endpoint), otlp.headers, otlp.timeout}, *queue_, std::move(spans),
                  clock);
}

Spans::~Spans() {
  if (queue_ != nullptr) queue_->on_batch(nullptr);
}

void Spans::start() {
  if (sender_) sender_->start();
}

boost::asio::awaitable<void> Spans::stop(Duration patience) {
  if (sender_) co_await sender_->stop(patience);
}

}  // namespace slipway::app
