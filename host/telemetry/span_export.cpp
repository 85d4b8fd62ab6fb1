#include "host/telemetry/span_export.hpp"

#include <algorithm>
#include <slipway/backoff.hpp>

namespace slipway::telemetry {
namespace {

constexpr Backoff kBackoff{.base = seconds(1), .cap = seconds(30)};

bool is_success(std::int32_t status) { return status >= 200 && status < 300; }

// Those of the specification; everything else says that the same bytes would be refused again.
bool may_pass(const Collected& answer) {
  if (answer.status == 0) return !answer.lasting;
  return answer.status == 429 || (answer.status >= 502 && answer.status <= 504);
}

std::string reason_of(const Collected& answer) {
  return answer.status == 0 ? answer.fault : "the collector answered " + std::to_string(answer.status);
}

}  // namespace

Duration patience_at_end(Duration grace, Duration left) {
  const std::int64_t most = grace.ns / 4;
  return {std::clamp<std::int64_t>(left.ns - most / 10, 0, most)};
}

SpanExport::Next SpanExport::next(std::int64_t now) {
  if (batch_) {
    if (now >= batch_->due || closing_) return {.body = &batch_->body};
    return {.until = batch_->due};
  }
  const bool due = now >= look_at_ || closing_ || queue_.has_batch();
  const std::vector<Span> spans = due ? queue_.take() : std::vector<Span>();
  if (!spans.empty()) {
    batch_.emplace(Batch{.body = otlp_traces(resource_, spans), .spans = spans.size()});
    return {.body = &batch_->body};
  }
  if (due) look_at_ = now + interval_.ns;
  return {.until = look_at_, .done = closing_};
}

void SpanExport::answered(std::int64_t now, const Collected& answer) {
  if (is_success(answer.status)) {
    const PartialSuccess partial = partial_success(answer.body);
    took(partial.rejected, partial.message);
    look_at_ = now + interval_.ns;
    return;
  }
  const auto delay = again_in(answer);
  tell_failure(reason_of(answer), delay.has_value());
  if (delay) {
    batch_->due = now + delay->ns;
    return;
  }
  give_up();
  look_at_ = now + interval_.ns;
  // A collector that is away takes no other batch either, and the process wants to end.
  while (closing_ && queue_.size() > 0) counters_.failed.add(static_cast<double>(queue_.take().size()));
}

std::optional<Duration> SpanExport::again_in(const Collected& answer) {
  if (closing_ || !may_pass(answer) || ++batch_->attempts >= kAttempts) return std::nullopt;
  const double fraction = static_cast<double>(random_.below(1'000'000)) / 1'000'000;
  const Duration wanted = std::min(answer.retry_after.value_or(Duration{}), kLongestRetryAfter);
  return std::max(kBackoff.delay(batch_->attempts, fraction), wanted);
}

void SpanExport::took(std::int64_t rejected, const std::string& why) {
  const auto all = static_cast<double>(batch_->spans);
  const double refused = std::min(static_cast<double>(rejected), all);
  counters_.sent.add(all - refused);
  counters_.rejected.add(refused);
  batch_.reset();
  tell_healed();
  if (refused > 0 && !rejecting_)
    log_.warn("the collector rejects spans", {{"rejected", rejected}, {"reason", cut_attribute(why)}});
  rejecting_ = refused > 0;
}

void SpanExport::give_up() {
  counters_.failed.add(static_cast<double>(batch_->spans));
  batch_.reset();
}

void SpanExport::tell_failure(const std::string& why, bool again) {
  if (!failing_)
    log_.warn(again ? "spans can't be exported; they are tried again, and dropped once the queue is full"
                    : "spans can't be exported; these are given up",
              {{"reason", why}});
  failing_ = true;
}

void SpanExport::tell_healed() {
  if (failing_) log_.info("spans are exported again");
  failing_ = false;
}

}  // namespace slipway::telemetry
