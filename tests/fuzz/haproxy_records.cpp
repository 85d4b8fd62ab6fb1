// A stream of access records of any bytes: however it is cut, the same messages; and what is read of one fits.
#include <slipway/json.hpp>
#include <string>
#include <vector>

#include "plugins/metrics/haproxy/frames.hpp"
#include "plugins/metrics/haproxy/record.hpp"
#include "tests/fuzz/harness.hpp"

namespace {

using slipway::haproxy::Frames;

std::vector<std::string> messages_of(std::string_view bytes, std::size_t step) {
  Frames frames;
  std::vector<std::string> messages;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    frames.feed(bytes.substr(at, step));
    while (const auto message = frames.next()) messages.emplace_back(*message);
  }
  return messages;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  const auto bytes = fuzz::text_of(data, size);
  const auto whole = messages_of(bytes, bytes.size() + 1);
  fuzz::require(whole == messages_of(bytes, 1), "cuts make no difference");
  for (const std::string& message : whole) {
    const auto record = haproxy::parse_record(message);
    if (!record) continue;
    fuzz::require(record->status >= 0 && record->status <= 999, "a status has at most three digits");
    fuzz::require(record->termination.size() == 2, "a termination state has two letters");
    fuzz::require(!record->ended || record->ended->ns > 0, "a time is after 1970");
  }
  return 0;
}
