#include "tests/integration/metrics_prometheus/native_histogram.hpp"

#include <cmath>
#include <cstring>

namespace slipway::test {
namespace {

std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  return bytes + static_cast<char>(value);
}

std::string number(std::uint64_t field, std::uint64_t value) { return varint(field << 3) + varint(value); }
// Zigzag.
std::string signed_number(std::uint64_t field, std::int64_t value) {
  return number(field, static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63));
}
std::string text(std::uint64_t field, const std::string& bytes) {
  return varint(field << 3 | 2) + varint(bytes.size()) + bytes;
}
std::string real(std::uint64_t field, double value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);  // little-endian, as the wire wants it
  return varint(field << 3 | 1) + bytes;
}

std::string family_of(const std::string& name, const std::string& release, const std::string& histogram) {
  const std::string metric = text(1, text(1, "release") + text(2, release)) + text(7, histogram);
  const std::string family = text(1, name) + text(2, "How long it took.") + number(3, 4) + text(4, metric);
  return varint(family.size()) + family;
}

}  // namespace

std::string native_histogram(const std::string& name, int schema, const std::map<int, std::int64_t>& buckets) {
  std::string spans;
  std::string deltas;
  std::int64_t all = 0;
  std::int64_t before = 0;
  int next = 0;
  for (const auto& [index, count] : buckets) {
    spans += text(12, signed_number(1, index - next) + number(2, 1));
    deltas += signed_number(13, count - before);
    next = index + 1;
    before = count;
    all += count;
  }
  return family_of(name, "2.0",
                   number(1, static_cast<std::uint64_t>(all)) + signed_number(5, schema) + real(6, 0.001) +
                       number(7, 0) + spans + deltas);
}

std::string native_histogram() {
  const std::string span = signed_number(1, 1) + number(2, 2);  // the buckets 1 and 2, whose bounds are 2 and 4
  return family_of("took_native", "1.0",
                   number(1, 100) + real(2, 250) + signed_number(5, 0) + real(6, 0.001) + number(7, 10) +
                       text(12, span) + signed_number(13, 30) + signed_number(13, 30));
}

void Observing::observe(const std::vector<double>& values) {
  const std::lock_guard lock(mutex_);
  values_.insert(values_.end(), values.begin(), values.end());
}

void Observing::make_coarser(int schema) {
  const std::lock_guard lock(mutex_);
  schema_ = schema;
}

void Observing::begin_anew() {
  const std::lock_guard lock(mutex_);
  values_.clear();
  schema_ = 3;
}

std::string Observing::told() const {
  const std::lock_guard lock(mutex_);
  std::map<int, std::int64_t> buckets;
  for (const double value : values_) ++buckets[static_cast<int>(std::ceil(std::ldexp(std::log2(value), schema_)))];
  return native_histogram(name_, schema_, buckets);
}

}  // namespace slipway::test
