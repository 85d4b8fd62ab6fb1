#include "host/rollout/decision_spans.hpp"

namespace slipway::rollout {
namespace {

telemetry::OpenSpan open(telemetry::Tracer& tracer, const Rollout& rollout, const JournalEntry& entry) {
  auto span = tracer.child(entry.traceparent, telemetry::SpanKind::internal, "decision " + entry.kind);
  if (!span) return span;
  span.set("slipway.rollout", rollout.id);
  span.set("slipway.application", rollout.application);
  span.set("slipway.tenant", rollout.tenant);
  span.set("slipway.kind", entry.kind);
  span.set("slipway.state", to_name(entry.state));
  span.set("slipway.step", std::int64_t{entry.step});
  return span;
}

std::string_view trace_id(std::string_view traceparent) { return traceparent.substr(0, sizeof("00-") - 1 + 32); }

}  // namespace

DecisionSpans::DecisionSpans(telemetry::Tracer* tracer, const Rollout& rollout,
                             const std::vector<JournalEntry>& journal) {
  if (tracer == nullptr) return;
  for (const JournalEntry& entry : journal) {
    auto span = open(*tracer, rollout, entry);
    if (!span) continue;
    if (trace_id(entry.traceparent) == trace_id(rollout.traceparent)) {
      goes_on_from_ = span.traceparent();
    } else {
      span.link(rollout.traceparent);
    }
    spans_.push_back(std::move(span));
  }
}

void DecisionSpans::fail(const Status& status) {
  for (auto& span : spans_) span.fail(name_of(status.code));
}

}  // namespace slipway::rollout
