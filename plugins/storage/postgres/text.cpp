#include "plugins/storage/postgres/text.hpp"

namespace slipway::postgres {
namespace {

constexpr char32_t kLargest = 0x10ffff;
constexpr char32_t kSurrogates = 0xd800;
constexpr char32_t kBehindSurrogates = 0xe000;

// Takes the last code point off.
char32_t take_last(std::string& text) {
  char32_t point = 0;
  int shift = 0;
  while ((static_cast<unsigned char>(text.back()) & 0xc0U) == 0x80) {
    point |= (static_cast<unsigned char>(text.back()) & 0x3fU) << shift;
    shift += 6;
    text.pop_back();
  }
  const auto lead = static_cast<unsigned char>(text.back());
  text.pop_back();
  const unsigned mask = shift == 0 ? 0x7fU : 0x3fU >> (shift / 6);
  return point | (lead & mask) << shift;
}

std::string encoded(char32_t point) {
  const auto tail = [point](int shift) { return static_cast<char>(0x80U | ((point >> shift) & 0x3fU)); };
  const auto lead = [point](unsigned mark, int shift) { return static_cast<char>(mark | (point >> shift)); };
  if (point < 0x80) return {lead(0, 0)};
  if (point < 0x800) return {lead(0xc0, 6), tail(0)};
  if (point < 0x10000) return {lead(0xe0, 12), tail(6), tail(0)};
  return {lead(0xf0, 18), tail(12), tail(6), tail(0)};
}

}  // namespace

std::string to_stored(std::string_view text) {
  std::string stored;
  stored.reserve(text.size());
  for (const char c : text) {
    if (c == '\0') {
      stored += "\x01\x01";
    } else if (c == '\x01') {
      stored += "\x01\x02";
    } else {
      stored += c;
    }
  }
  return stored;
}

std::string from_stored(std::string_view stored) {
  std::string text;
  text.reserve(stored.size());
  for (std::size_t i = 0; i < stored.size(); ++i) {
    const bool escaped = stored[i] == '\x01' && i + 1 < stored.size();
    text += escaped ? static_cast<char>(stored[++i] - 1) : stored[i];
  }
  return text;
}

std::string end_of(std::string prefix) {
  while (!prefix.empty()) {
    const char32_t last = take_last(prefix);
    if (last == kLargest) continue;
    return prefix + encoded(last + 1 == kSurrogates ? kBehindSurrogates : last + 1);
  }
  std::string behind_all;
  for (int i = 0; i < 129; ++i) behind_all += encoded(kLargest);
  return behind_all;
}

std::string array_of(const std::vector<std::string>& texts) {
  std::string array = "{";
  for (const std::string& text : texts) {
    array += array.size() == 1 ? "\"" : ",\"";
    for (const char c : text) {
      if (c == '"' || c == '\\') array += '\\';
      array += c;
    }
    array += '"';
  }
  return array + "}";
}

std::string array_of(const std::vector<std::int64_t>& numbers) {
  std::string array = "{";
  for (const std::int64_t number : numbers) array += (array.size() == 1 ? "" : ",") + std::to_string(number);
  return array + "}";
}

}  // namespace slipway::postgres
