// Exports of a store of any bytes: refused with a reason, or rows. Rows that are written are read as they were, and no
// longer when a byte of them has changed.
#include <sstream>

#include "tests/fuzz/harness.hpp"
#include "tools/storage/stream.hpp"

namespace {

using namespace slipway;
using namespace slipway::storage_tool;

// Nothing for what is refused.
std::optional<std::vector<backup::Row>> rows_of(const std::string& text) {
  std::istringstream in(text);
  try {
    StreamReader reader(in, "input");
    std::vector<backup::Row> rows;
    while (auto row = reader.next()) rows.push_back(*std::move(row));
    return rows;
  } catch (const Error& error) {
    fuzz::require(!std::string(error.what()).empty(), "a refusal says why");
    return std::nullopt;
  }
}

std::string stream_of(const std::vector<backup::Row>& rows) {
  std::ostringstream out;
  StreamWriter writer(out, {.plugin = "fuzz", .rows = static_cast<std::int64_t>(rows.size())});
  for (const backup::Row& row : rows) writer.add(row);
  writer.end();
  return out.str();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text_of(data, size));
  (void)rows_of(text);
  std::vector<backup::Row> rows;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (auto row = decode_text<backup::Row>(line, "row"); row.ok()) rows.push_back(*std::move(row));
  std::string stream = stream_of(rows);
  const auto again = rows_of(stream);
  fuzz::require(again.has_value() && *again == rows, "rows that are written are read as they were");
  const auto begin = stream.find('\n') + 1;
  const auto place = rows.empty() ? begin : begin + stream.substr(begin).find("\"name\":\"") + 8;
  if (rows.empty() || stream[place] == '\\') return 0;
  stream[place] = stream[place] == 'x' ? 'y' : 'x';
  fuzz::require(!rows_of(stream), "rows that were changed are refused");
  return 0;
}
