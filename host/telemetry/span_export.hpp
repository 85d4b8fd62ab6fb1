// When spans are sent, and what becomes of those that a collector does not take: OTLP/HTTP without its I/O
// (https://opentelemetry.io/docs/specs/otlp/#otlphttp-response).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "host/base/random.hpp"
#include "host/telemetry/log.hpp"
#include "host/telemetry/metrics.hpp"
#include "host/telemetry/otlp.hpp"
#include "host/telemetry/span_queue.hpp"

namespace slipway::telemetry {

// How long the last spans may be sent when `left` of the grace of a shutdown is left: never so long that a collector
// which does not answer makes a clean stop one that is out of time.
Duration patience_at_end(Duration grace, Duration left);

// How one request ended.
struct Collected {
  std::int32_t status = 0;                // of HTTP; 0: no answer came
  std::optional<Duration> retry_after{};  // what the header says
  std::string body{};                     // of the answer
  std::string fault{};                    // why no answer came
  bool lasting = false;                   // without an answer: trying again would not help
};

// Told the time and the answers, says what to do next. One thread at a time; the queue is fed by any.
class SpanExport {
 public:
  static constexpr int kAttempts = 6;
  static constexpr Duration kLongestRetryAfter = seconds(120);

  struct Counters {
    Counter sent, failed, rejected;
  };
  struct Next {
    const std::string* body = nullptr;  // to be sent now, then answered(); alive until then
    std::int64_t until = 0;             // else: nothing to do before
    bool done = false;                  // else: never again
  };

  SpanExport(SpanQueue& queue, Resource resource, Duration interval, Counters counters, base::Random& random, Log log)
      : queue_(queue),
        resource_(std::move(resource)),
        interval_(interval),
        counters_(counters),
        random_(random),
        log_(std::move(log)) {}

  Next next(std::int64_t now);
  void answered(std::int64_t now, const Collected& answer);
  // From now on each batch is sent at once and only once; what the first one fails for, the others would too.
  void close() { closing_ = true; }

 private:
  struct Batch {
    std::string body;
    std::size_t spans = 0;
    int attempts = 0;
    std::int64_t due = 0;
  };

  void took(std::int64_t rejected, const std::string& why);
  void give_up();
  void tell_failure(const std::string& why, bool again);
  void tell_healed();
  std::optional<Duration> again_in(const Collected& answer);

  SpanQueue& queue_;
  const Resource resource_;
  const Duration interval_;
  const Counters counters_;
  base::Random& random_;
  const Log log_;
  std::optional<Batch> batch_;
  std::int64_t look_at_ = 0;  // when spans that are no whole batch are sent too
  bool closing_ = false;
  bool failing_ = false;
  bool rejecting_ = false;
};

}  // namespace slipway::telemetry
