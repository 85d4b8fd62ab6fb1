// Recorded metrics of any bytes, as CSV and as JSON: refused with a place, or windows of one length without gaps.
#include "tests/fuzz/harness.hpp"
#include "tools/backtest/recording.hpp"

namespace {

using namespace slipway;
using namespace slipway::backtest;

void check(Result<std::vector<Row>> rows) {
  if (!rows.ok()) return fuzz::require(rows.status().message.find("input") != std::string::npos, "a refusal names it");
  const std::size_t count = rows->size();
  const auto recording = recording_of(*std::move(rows), std::nullopt, std::nullopt);
  if (!recording.ok()) return fuzz::require(!recording.status().message.empty(), "a refusal says why");
  fuzz::require(recording->interval.ns > 0, "windows have a length");
  std::size_t groups = 0;
  for (std::size_t i = 0; i < recording->windows.size(); ++i) {
    const auto passed = recording->windows[i].from - recording->windows.front().from;
    fuzz::require(passed.ns == static_cast<std::int64_t>(i) * recording->interval.ns, "windows follow each other");
    groups += recording->windows[i].groups.size();
  }
  fuzz::require(groups == count, "no row is lost");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text_of(data, size));
  check(rows_of_csv(text, "input"));
  check(rows_of_json(text, "input"));
  return 0;
}
