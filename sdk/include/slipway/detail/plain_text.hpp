// The part of a text that means itself in JSON: looked for eight bytes at a time.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace slipway::detail {

inline constexpr std::size_t kWord = sizeof(std::uint64_t);

constexpr bool is_plain(char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

// Eight bytes, the first of them lowest.
inline std::uint64_t word_at(const char* text) {
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, text, sizeof bytes);
  return std::endian::native == std::endian::little ? bytes : __builtin_bswap64(bytes);
}

// How many of the eight are plain, from the first one. ("Bit Twiddling Hacks", Sean Eron Anderson: determine if a word
// has a byte less than n, and equal to n. Their borrows go upwards, where they are not looked at.)
constexpr std::size_t plain_size_of(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kHigh = 0x8080808080808080;
  const auto less_than = [](std::uint64_t bytes, std::uint64_t n) { return (bytes - kOnes * n) & ~bytes; };
  const auto equal_to = [&](char c) { return less_than(word ^ kOnes * static_cast<unsigned char>(c), 1); };
  const std::uint64_t above = (word + kOnes) | word;  // 0x7f and more
  const std::uint64_t marks = (less_than(word, 0x20) | above | equal_to('"') | equal_to('\\')) & kHigh;
  return static_cast<std::size_t>(std::countr_zero(marks)) / 8;
}

// How many bytes from the beginning are printable ASCII without quotes and backslashes.
inline std::size_t plain_size(std::string_view text) {
  std::size_t size = 0;
  for (; text.size() - size >= kWord; size += kWord) {
    const std::size_t plain = plain_size_of(word_at(text.data() + size));
    if (plain != kWord) return size + plain;
  }
  while (size < text.size() && is_plain(text[size])) ++size;
  return size;
}

}  // namespace slipway::detail
