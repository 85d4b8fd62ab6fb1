#include "plugins/storage/common/pages.hpp"

#include <charconv>

namespace slipway::store {

std::string to_cursor(const storage::Key& key) { return std::to_string(key.tenant.size()) + ":" + key.tenant + key.id; }

Place from_cursor(std::string_view cursor) {
  if (cursor.empty()) return {};
  const Error fault(Code::invalid_argument,
                    "\"after\" is no cursor of this store; give the \"next\" of the page before");
  std::size_t length = 0;
  const auto [end, error] = std::from_chars(cursor.data(), cursor.data() + cursor.size(), length);
  if (error != std::errc{} || end == cursor.data() + cursor.size() || *end != ':') throw fault;
  cursor.remove_prefix(static_cast<std::size_t>(end - cursor.data()) + 1);
  if (length > cursor.size()) throw fault;
  return {std::string(cursor.substr(0, length)), std::string(cursor.substr(length))};
}

Error too_much_at_once(std::size_t records) {
  return {Code::resource_exhausted, "the " + std::to_string(records) + " records wanted have more than " +
                                        std::to_string(kReplyBytes) + " bytes together; ask for fewer at once"};
}

}  // namespace slipway::store
