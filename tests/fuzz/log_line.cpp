// Log records of any bytes: one line each, and in JSON an object.
#include "host/telemetry/log_line.hpp"

#include <slipway/json.hpp>

#include "tests/fuzz/harness.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  using namespace slipway::telemetry;
  const auto text = fuzz::text_of(data, size);
  for (const auto format : {LogFormat::text, LogFormat::json}) {
    LineBuilder builder(format, Instant{}, Level::info, text);
    builder.add("field", render_value(format, {"field", text}));
    const auto line = std::move(builder).finish();
    fuzz::require(line.find('\n') == line.npos, "a record is one line");
    if (format == LogFormat::json) fuzz::require(parse_json(line).ok(), "a record is JSON");
  }
  return 0;
}
