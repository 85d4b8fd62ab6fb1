#include "plugins/analyzers/common/packed.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <slipway/status.hpp>

namespace slipway::packed {
namespace {

static_assert(std::endian::native == std::endian::little, "the numbers of a state are written as they lie in memory");

constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNone = 0xFF;

constexpr std::array<std::uint8_t, 256> kValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNone);
  for (std::size_t i = 0; i < kLetters.size(); ++i)
    values[static_cast<unsigned char>(kLetters[i])] = static_cast<std::uint8_t>(i);
  return values;
}();

// Each three bytes are four letters; written out, as a state has thousands of them and is read and written at each
// look.
std::string text_of(std::string_view bytes) {
  std::string text(bytes.size() / 3 * 4, '\0');
  char* to = text.data();
  for (std::size_t from = 0; from + 3 <= bytes.size(); from += 3, to += 4) {
    const auto byte = [&](std::size_t i) { return std::uint32_t{static_cast<unsigned char>(bytes[from + i])}; };
    const std::uint32_t group = byte(0) << 16U | byte(1) << 8U | byte(2);
    to[0] = kLetters[group >> 18U];
    to[1] = kLetters[group >> 12U & 63U];
    to[2] = kLetters[group >> 6U & 63U];
    to[3] = kLetters[group & 63U];
  }
  return text;
}

std::string bytes_of(std::string_view text, std::string_view what) {
  if (text.size() % 4 != 0) damaged(what, "its length is no multiple of 4");
  std::string bytes(text.size() / 4 * 3, '\0');
  char* to = bytes.data();
  std::uint32_t seen = 0;
  for (std::size_t from = 0; from < text.size(); from += 4, to += 3) {
    const auto value = [&](std::size_t i) {
      return std::uint32_t{kValues[static_cast<unsigned char>(text[from + i])]};
    };
    const std::uint32_t group = value(0) << 18U | value(1) << 12U | value(2) << 6U | value(3);
    seen |= value(0) | value(1) | value(2) | value(3);
    to[0] = static_cast<char>(group >> 16U);
    to[1] = static_cast<char>(group >> 8U);
    to[2] = static_cast<char>(group);
  }
  if (seen > 63) damaged(what, "it has a character that is not of base64");
  return bytes;
}

}  // namespace

void damaged(std::string_view what, std::string_view why) {
  throw Error(Code::invalid_argument, std::string(what) + " is damaged: " + std::string(why));
}

// Padded with zero bits to whole characters and no further, which the length tells apart.
template <class Number>
std::string pack(std::span<const Number> numbers) {
  std::string bytes(reinterpret_cast<const char*>(numbers.data()), numbers.size_bytes());
  bytes.append((3 - bytes.size() % 3) % 3, '\0');
  return text_of(bytes);
}

template <class Number>
std::vector<Number> unpack(std::string_view text, std::string_view what) {
  const std::string bytes = bytes_of(text, what);
  std::vector<Number> numbers(bytes.size() / sizeof(Number));
  if (!numbers.empty()) std::memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(Number));
  return numbers;
}

template std::string pack<float>(std::span<const float>);
template std::string pack<double>(std::span<const double>);
template std::vector<float> unpack<float>(std::string_view, std::string_view);
template std::vector<double> unpack<double>(std::string_view, std::string_view);

}  // namespace slipway::packed
