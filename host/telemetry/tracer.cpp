#include "host/telemetry/tracer.hpp"

#include <charconv>

#include "host/telemetry/otlp.hpp"

namespace slipway::telemetry {
namespace {

constexpr std::uint64_t kMillion = 1'000'000;

// The last 56 bits, which W3C's level 2 wants random.
std::uint64_t randomness(const std::string& trace_id) {
  std::uint64_t value = 0;
  std::from_chars(trace_id.data() + trace_id.size() - 14, trace_id.data() + trace_id.size(), value, 16);
  return value;
}

}  // namespace

struct OpenSpan::Work {
  Tracer& tracer;
  std::int64_t began;
  Span span;
};

OpenSpan::OpenSpan(std::unique_ptr<Work> work) : work_(work.release()) {}

OpenSpan::~OpenSpan() = default;

// A wall clock that was set meanwhile makes no span longer or shorter.
void OpenSpan::Finish::operator()(Work* work) const {
  const std::unique_ptr<Work> owned(work);
  owned->span.end = {owned->span.begin.ns + owned->tracer.clock_.steady_ns() - owned->began};
  owned->tracer.sink_.finished(std::move(owned->span));
}

std::string OpenSpan::traceparent() const { return to_traceparent(work_->span.trace); }

// Cut here and not only when it is sent: spans that wait are bounded by their number alone.
void OpenSpan::rename(std::string_view name) {
  if (work_) work_->span.name = cut_attribute(name);
}

void OpenSpan::set(std::string_view name, std::string_view value) {
  if (work_ && !value.empty()) work_->span.attributes.emplace_back(name, std::string(cut_attribute(value)));
}

void OpenSpan::set(std::string_view name, std::int64_t value) {
  if (work_) work_->span.attributes.emplace_back(name, value);
}

void OpenSpan::link(std::string_view traceparent) {
  if (!work_) return;
  if (auto other = parse_traceparent(traceparent); other.ok()) work_->span.link = *std::move(other);
}

void OpenSpan::fail(std::string_view reason) {
  if (work_) work_->span.error = std::string(cut_attribute(reason));
}

Trace Tracer::begin_trace() {
  Trace trace = make_trace(random_);
  const bool sampled =
      randomness(trace.trace_id) / ((std::uint64_t{1} << 56) / kMillion) < ratio_ || ratio_ == kMillion;
  trace.flags = sampled ? 1 : 0;
  return trace;
}

OpenSpan Tracer::open(const Trace& self, std::string_view parent_id, SpanKind kind, std::string name) {
  if (!self.sampled()) return {};
  Span span{.trace = self, .parent_id = std::string(parent_id), .name = std::move(name), .kind = kind};
  span.begin = clock_.now();
  return OpenSpan(std::make_unique<OpenSpan::Work>(OpenSpan::Work{*this, clock_.steady_ns(), std::move(span)}));
}

OpenSpan Tracer::child(std::string_view traceparent, SpanKind kind, std::string name) {
  const auto parent = parse_traceparent(traceparent);
  if (!parent.ok() || !parent->sampled()) return {};
  return open(child_of(*parent, random_), parent->span_id, kind, std::move(name));
}

}  // namespace slipway::telemetry
