// JSON text from outside: parsed with bounds, so that hostile input costs an error and nothing else.
#pragma once

#include <concepts>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <slipway/status.hpp>
#include <string>
#include <string_view>
#include <utility>

// Compiled once, in the SDK's library.
extern template class nlohmann::basic_json<>;

namespace slipway {

using Json = nlohmann::json;

// A value as its compact JSON text: for what is passed on and hardly looked at. Empty stands for null.
struct JsonText {
  std::string text;
  JsonText() = default;
  // Of text alone: `= {{"count", 3}}` would otherwise be the first three letters of "count".
  template <std::convertible_to<std::string_view> Text>
  JsonText(Text&& written) : text(std::forward<Text>(written)) {}
  [[nodiscard]] bool is_null() const { return text.empty(); }
  friend bool operator==(const JsonText&, const JsonText&) = default;
};

struct JsonLimits {
  std::size_t bytes = std::size_t{4} << 20;
  std::size_t depth = 64;
};

// INVALID_ARGUMENT says what is wrong: too large, too deep, a name twice, not JSON (with the byte), not UTF-8.
Result<Json> parse_json(std::string_view text, JsonLimits limits = {});

// Compact text. Bytes that are not UTF-8 become U+FFFD, so that a log line or an answer is always valid.
std::string to_text(const Json& value);
JsonText json_text(const Json& value);
// The value again. Throws Error (INVALID_ARGUMENT) for text that is no JSON.
Json tree_of(const JsonText& value);

}  // namespace slipway
