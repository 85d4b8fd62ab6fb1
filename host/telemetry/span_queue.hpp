// Finished spans, until they are sent.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "host/telemetry/metrics.hpp"
#include "host/telemetry/span.hpp"

namespace slipway::telemetry {

struct SpanQueueSettings {
  std::size_t most = 2'048;
  std::size_t batch = 512;
};

// Thread-safe. When it is full, the newest are dropped and counted: the caller never waits.
class SpanQueue final : public SpanSink {
 public:
  SpanQueue(SpanQueueSettings settings, Counter dropped) : settings_(settings), dropped_(dropped) {}

  void finished(Span span) override;
  // The oldest, at most a batch.
  std::vector<Span> take();
  [[nodiscard]] bool has_batch() const;
  [[nodiscard]] std::size_t size() const;
  // Called whenever the queue comes to hold a batch, by whoever brings its last span. Null: nobody is.
  void on_batch(std::function<void()> wake);

 private:
  const SpanQueueSettings settings_;
  const Counter dropped_;
  mutable std::mutex mutex_;
  std::deque<Span> spans_;
  std::function<void()> wake_;
};

}  // namespace slipway::telemetry
