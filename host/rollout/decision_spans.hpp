// Decisions as spans: parts of the request that asked for them, else of the one that started the rollout. What is done
// until the next decision is a part of the last one.
#pragma once

#include <slipway/status.hpp>
#include <string>
#include <vector>

#include "host/rollout/rollout_model.hpp"
#include "host/telemetry/tracer.hpp"

namespace slipway::rollout {

// Those of one commit, from its beginning to the store's word. Empty when nobody wants spans.
class DecisionSpans {
 public:
  DecisionSpans(telemetry::Tracer* tracer, const Rollout& rollout, const std::vector<JournalEntry>& journal);

  // Of the last one, when it belongs to the rollout's own trace; else "".
  [[nodiscard]] const std::string& goes_on_from() const { return goes_on_from_; }
  // Of the last one, "" when there is none: what is done for the commit itself is a part of it.
  [[nodiscard]] std::string last() const { return spans_.empty() ? std::string() : spans_.back().traceparent(); }
  void fail(const Status& status);

 private:
  std::vector<telemetry::OpenSpan> spans_;
  std::string goes_on_from_;
};

}  // namespace slipway::rollout
