#include "host/rollout/census.hpp"

#include "host/telemetry/metric_catalogue.hpp"

namespace slipway::rollout {

Census::Place::~Place() {
  if (of_ != nullptr) of_->release();
}

void Census::set_most(std::uint32_t most) {
  const std::lock_guard lock(mutex_);
  most_ = most;
}

Result<Census::PlacePtr> Census::reserve() {
  const std::lock_guard lock(mutex_);
  if (active_ + reserved_ >= most_)
    return Status(Code::resource_exhausted, std::to_string(active_) + " rollouts are under way and the site allows " +
                                                std::to_string(most_) +
                                                "; try again when one has ended, or raise rollouts.max_active");
  ++reserved_;
  return std::make_unique<Place>(*this);
}

// Both numbers change under one lock, so that a place that is being filled never counts twice.
void Census::moved(std::optional<State> from, std::optional<State> to, PlacePtr place) {
  if (from != to) {
    if (from) metrics_.gauge(telemetry::metric::kRollouts, {to_name(*from)}).add(-1);
    if (to) metrics_.gauge(telemetry::metric::kRollouts, {to_name(*to)}).add(1);
  }
  const std::lock_guard lock(mutex_);
  if (from) --active_;
  if (to) ++active_;
  if (!place) return;
  place->of_ = nullptr;
  --reserved_;
}

void Census::release() {
  const std::lock_guard lock(mutex_);
  --reserved_;
}

}  // namespace slipway::rollout
