// One finished piece of work, as a collector is told of it. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <slipway/values.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "host/telemetry/trace.hpp"

namespace slipway::telemetry {

// By the numbers of OTLP (opentelemetry/proto/trace/v1/trace.proto).
enum class SpanKind : std::uint8_t { internal = 1, server = 2, client = 3 };

struct Span {
  using Value = std::variant<std::string, std::int64_t>;

  Trace trace;            // its own span_id
  std::string parent_id;  // empty: the trace begins here
  std::string name;
  SpanKind kind = SpanKind::internal;
  Instant begin;
  Instant end;
  std::vector<std::pair<std::string_view, Value>> attributes;  // names that outlive the span
  std::optional<Trace> link;                                   // another trace that it belongs to
  std::optional<std::string> error;                            // why it failed
};

// Where finished spans go. Called from any thread; must not block.
class SpanSink {
 public:
  SpanSink() = default;
  SpanSink(const SpanSink&) = delete;
  SpanSink& operator=(const SpanSink&) = delete;
  virtual ~SpanSink() = default;

  virtual void finished(Span span) = 0;
};

}  // namespace slipway::telemetry
