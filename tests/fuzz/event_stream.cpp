// Server-sent events: however the bytes are cut, the same events come out, and the id kept is that of the last whole
// one.
#include <algorithm>
#include <string>

#include "tests/fuzz/harness.hpp"
#include "tools/cli/event_reader.hpp"

namespace {

struct Told {
  std::string events;
  std::string last_id;
  bool operator==(const Told&) const = default;
};

Told told(std::string_view text, std::size_t piece) {
  using namespace slipway;
  Told all;
  cli::EventReader reader(
      [&](const cli::ServerEvent& event) {
        all.events += event.id + "\n" + event.type + "\n" + to_text(event.data) + "\n";
        return event.type != "last";
      },
      "");
  while (!text.empty() && reader.feed(text.substr(0, piece))) text.remove_prefix(std::min(piece, text.size()));
  all.last_id = reader.last_id();
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  const std::string_view text = fuzz::text_of(data, size);
  const Told whole = told(text, text.size());
  fuzz::require(told(text, 1) == whole, "single bytes tell the same events");
  fuzz::require(told(text, 7) == whole, "pieces tell the same events");
  return 0;
}
