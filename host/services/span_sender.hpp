// Spans on their way to a collector, by OTLP/HTTP.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <map>
#include <memory>
#include <slipway/values.hpp>
#include <string>

#include "host/base/clock.hpp"
#include "host/services/http_client.hpp"
#include "host/telemetry/span_export.hpp"

namespace slipway::services {

struct Collector {
  std::string url;  // whole, of traces
  std::map<std::string, std::string> headers;
  Duration timeout = seconds(10);  // of one request
};

// Everything that it is given outlives it; it outlives the executor's last run.
class SpanSender {
 public:
  SpanSender(boost::asio::any_io_executor executor, HttpClient& client, Collector collector,
             telemetry::SpanQueue& queue, telemetry::SpanExport spans, const base::Clock& clock);
  SpanSender(const SpanSender&) = delete;
  SpanSender& operator=(const SpanSender&) = delete;
  ~SpanSender();

  void start();
  // What waits is sent once more, as far as the patience reaches; the rest is lost. Once, after start.
  boost::asio::awaitable<void> stop(Duration patience);

 private:
  struct Core;
  const std::shared_ptr<Core> core_;
};

}  // namespace slipway::services
