#include "tests/integration/metrics_prometheus/native_histogram.hpp"

#include <cstdint>
#include <cstring>

namespace slipway::test {
namespace {

std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  return bytes + static_cast<char>(value);
}

std::string number(std::uint64_t field, std::uint64_t value) { return varint(field << 3) + varint(value); }
// Zigzag; of a positive value.
std::string signed_number(std::uint64_t field, std::uint64_t value) { return number(field, value * 2); }
std::string text(std::uint64_t field, const std::string& bytes) {
  return varint(field << 3 | 2) + varint(bytes.size()) + bytes;
}
std::string real(std::uint64_t field, double value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);  // little-endian, as the wire wants it
  return varint(field << 3 | 1) + bytes;
}

}  // namespace

std::string native_histogram() {
  const std::string span = signed_number(1, 1) + number(2, 2);  // the buckets 1 and 2, whose bounds are 2 and 4
  const std::string histogram = number(1, 100) + real(2, 250) + signed_number(5, 0) + real(6, 0.001) + number(7, 10) +
                                text(12, span) + signed_number(13, 30) + signed_number(13, 30);
  const std::string metric = text(1, text(1, "release") + text(2, "1.0")) + text(7, histogram);
  const std::string family = text(1, "took_native") + text(2, "How long it took.") + number(3, 4) + text(4, metric);
  return varint(family.size()) + family;
}

}  // namespace slipway::test
