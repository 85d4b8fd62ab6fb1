// How one log record is spelled. Pure functions.
#pragma once

#include <slipway/values.hpp>
#include <string>
#include <string_view>

#include "host/telemetry/log.hpp"

namespace slipway::telemetry {

// Longer messages and field values are cut, with "…" at the end.
inline constexpr std::size_t kLongestLogText = 8192;

// The value as it stands in the line: JSON, or text with quotes where they are needed; redacted when the name says so.
std::string render_value(LogFormat format, const Field& field);

// A name that cannot be taken for one of the record's own: "time" becomes "field_time".
std::string field_name(std::string_view name);

// Without line end. What is added is a list of name and rendered value.
class LineBuilder {
 public:
  LineBuilder(LogFormat format, Instant time, Level level, std::string_view message);
  void add(std::string_view name, std::string_view rendered);
  std::string finish() &&;

 private:
  LogFormat format_;
  std::string line_;
};

}  // namespace slipway::telemetry
