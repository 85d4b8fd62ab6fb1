#include "host/rollout/census.hpp"

#include "host/telemetry/metric_catalogue.hpp"

namespace slipway::rollout {

Census::Place::~Place() {
  if (!counts_) return;
  const std::lock_guard lock(counts_->mutex);
  --counts_->reserved;
}

Result<Census::PlacePtr> Census::reserve() {
  const std::lock_guard lock(counts_->mutex);
  const std::uint32_t most = most_;
  if (counts_->active + counts_->reserved >= most)
    return Status(Code::resource_exhausted, std::to_string(counts_->active) +
                                                " rollouts are under way and the site allows " + std::to_string(most) +
                                                "; try again when one has ended, or raise rollouts.max_active");
  ++counts_->reserved;
  return std::make_unique<Place>(counts_);
}

// Both numbers change under one lock, so that a place that is being filled never counts twice.
void Census::moved(std::optional<State> from, std::optional<State> to, PlacePtr place) {
  if (from != to) {
    if (from) metrics_.gauge(telemetry::metric::kRollouts, {to_name(*from)}).add(-1);
    if (to) metrics_.gauge(telemetry::metric::kRollouts, {to_name(*to)}).add(1);
  }
  const std::lock_guard lock(counts_->mutex);
  if (from) --counts_->active;
  if (to) ++counts_->active;
  if (!place) return;
  place->counts_.reset();
  --counts_->reserved;
}

}  // namespace slipway::rollout
