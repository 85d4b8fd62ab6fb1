#include "host/telemetry/span_queue.hpp"

#include <algorithm>
#include <iterator>

namespace slipway::telemetry {

void SpanQueue::finished(Span span) {
  const std::lock_guard lock(mutex_);
  if (spans_.size() >= settings_.most) return dropped_.add();
  spans_.push_back(std::move(span));
  if (spans_.size() == std::min(settings_.batch, settings_.most) && wake_) wake_();
}

std::vector<Span> SpanQueue::take() {
  const std::lock_guard lock(mutex_);
  const auto end = spans_.begin() + static_cast<std::ptrdiff_t>(std::min(settings_.batch, spans_.size()));
  std::vector<Span> taken(std::make_move_iterator(spans_.begin()), std::make_move_iterator(end));
  spans_.erase(spans_.begin(), end);
  return taken;
}

bool SpanQueue::has_batch() const { return size() >= std::min(settings_.batch, settings_.most); }

std::size_t SpanQueue::size() const {
  const std::lock_guard lock(mutex_);
  return spans_.size();
}

void SpanQueue::on_batch(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  wake_ = std::move(wake);
}

}  // namespace slipway::telemetry
