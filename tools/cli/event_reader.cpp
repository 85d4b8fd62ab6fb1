#include "tools/cli/event_reader.hpp"

#include <algorithm>

namespace slipway::cli {
namespace {

constexpr std::size_t kLongestEvent = std::size_t{64} << 20;

}  // namespace

bool EventReader::feed(std::string_view bytes) {
  while (!finished_ && !bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    rest_ += bytes.substr(0, end);
    if (rest_.size() + data_.size() > kLongestEvent) return false;
    if (end == bytes.npos) break;
    bytes.remove_prefix(end + 1);
    line(std::exchange(rest_, {}));
  }
  return !finished_;
}

void EventReader::lose_rest() {
  rest_.clear();
  event_ = {};
  data_.clear();
}

void EventReader::line(std::string_view text) {
  if (text.ends_with('\r')) text.remove_suffix(1);
  if (text.empty()) return dispatch();
  const std::size_t colon = std::min(text.find(':'), text.size());
  const std::string_view name = text.substr(0, colon);
  std::string_view value = text.substr(std::min(colon + 1, text.size()));
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (name == "id") event_.id = value;
  if (name == "event") event_.type = value;
  if (name == "data") data_ += std::string(value) + "\n";
}

void EventReader::dispatch() {
  ServerEvent event = std::exchange(event_, {});
  const std::string data = std::exchange(data_, {});
  // Known as the last one only now that it is whole: what breaks off before is sent again.
  if (!event.id.empty()) last_id_ = event.id;
  auto parsed = parse_json(data);
  if (!parsed.ok()) return;
  event.data = std::move(*parsed);
  finished_ = !on_event_(event);
}

}  // namespace slipway::cli
