#include "host/telemetry/request_ids.hpp"

#include "host/telemetry/trace.hpp"

namespace slipway::telemetry {
namespace {

constexpr std::size_t kMost = 1024;

}  // namespace

void RequestIds::remember(std::string_view traceparent, const std::string& request_id) {
  const auto trace = parse_traceparent(traceparent);
  if (!trace.ok()) return;
  const std::lock_guard lock(mutex_);
  if (by_trace_.insert_or_assign(trace->trace_id, request_id).second) in_order_.push_back(trace->trace_id);
  if (in_order_.size() <= kMost) return;
  by_trace_.erase(in_order_.front());
  in_order_.pop_front();
}

std::string RequestIds::of(std::string_view traceparent) const {
  const auto trace = parse_traceparent(traceparent);
  if (!trace.ok()) return {};
  const std::lock_guard lock(mutex_);
  const auto found = by_trace_.find(trace->trace_id);
  return found == by_trace_.end() ? std::string() : found->second;
}

}  // namespace slipway::telemetry
