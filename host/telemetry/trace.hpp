// W3C Trace Context, level 1 (https://www.w3.org/TR/trace-context-1/): the traceparent header. Plain values.
#pragma once

#include <cstdint>
#include <slipway/status.hpp>
#include <string>
#include <string_view>

#include "host/base/random.hpp"

namespace slipway::telemetry {

// Where a piece of work belongs. Hexadecimal in lower case, never all zeros.
struct Trace {
  std::string trace_id;  // 32 digits, the same through host, plugins and journal
  std::string span_id;   // 16 digits, the caller's piece of the work
  std::uint8_t flags = 0;

  [[nodiscard]] bool sampled() const { return (flags & 1) != 0; }
  bool operator==(const Trace&) const = default;
};

// INVALID_ARGUMENT when the header is not well-formed (section 3.2.2); the caller then makes a new trace. A later
// version than 00 is read by the rules for unknown versions (section 4.3).
Result<Trace> parse_traceparent(std::string_view header);

// As version 00.
std::string to_traceparent(const Trace& trace);

// A new, sampled trace.
Trace make_trace(base::Random& random);

// The same trace with a span of its own.
Trace child_of(const Trace& parent, base::Random& random);

}  // namespace slipway::telemetry
