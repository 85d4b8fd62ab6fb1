// The part of a text that means itself in JSON: looked for eight bytes at a time.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace slipway::detail {

constexpr bool is_plain(char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

// Whether all eight bytes are plain. ("Bit Twiddling Hacks", Sean Eron Anderson: determine if a word has a byte less
// than n, and equal to n.) It may say no for a plain byte beside one that is not.
constexpr bool are_plain(std::uint64_t bytes) {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kHigh = 0x8080808080808080;
  const auto has_zero = [](std::uint64_t word) { return (word - kOnes) & ~word & kHigh; };
  const std::uint64_t low = (bytes - kOnes * 0x20) & ~bytes;
  const std::uint64_t high = (bytes + kOnes) | bytes;  // 0x7f and above
  return ((low | high) & kHigh) == 0 && has_zero(bytes ^ kOnes * '"') == 0 && has_zero(bytes ^ kOnes * '\\') == 0;
}

// How many bytes from the beginning are printable ASCII without quotes and backslashes.
inline std::size_t plain_size(std::string_view text) {
  std::size_t size = 0;
  for (std::uint64_t bytes = 0; text.size() - size >= sizeof bytes; size += sizeof bytes) {
    std::memcpy(&bytes, text.data() + size, sizeof bytes);
    if (!are_plain(bytes)) break;
  }
  while (size < text.size() && is_plain(text[size])) ++size;
  return size;
}

}  // namespace slipway::detail
