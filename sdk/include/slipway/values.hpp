// The small values that documents share: durations, instants, counts, shares of traffic.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <slipway/status.hpp>
#include <string>
#include <string_view>

namespace slipway {

// A span of time in nanoseconds. In documents: "250ms", "1m30s", "2h"; units h, m, s, ms, us, ns.
struct Duration {
  std::int64_t ns = 0;
  auto operator<=>(const Duration&) const = default;
};
constexpr Duration nanoseconds(std::int64_t n) { return {n}; }
constexpr Duration milliseconds(std::int64_t n) { return {n * 1'000'000}; }
constexpr Duration seconds(std::int64_t n) { return {n * 1'000'000'000}; }
constexpr Duration operator+(Duration a, Duration b) { return {a.ns + b.ns}; }
constexpr Duration operator-(Duration a, Duration b) { return {a.ns - b.ns}; }
constexpr Duration operator*(Duration a, std::int64_t n) { return {a.ns * n}; }

// A moment: nanoseconds since 1970-01-01T00:00:00Z. In documents: RFC 3339 in UTC, "2026-01-31T12:00:00.25Z".
struct Instant {
  std::int64_t ns = 0;
  auto operator<=>(const Instant&) const = default;
};
constexpr Instant operator+(Instant t, Duration d) { return {t.ns + d.ns}; }
constexpr Instant operator-(Instant t, Duration d) { return {t.ns - d.ns}; }
constexpr Duration operator-(Instant a, Instant b) { return {a.ns - b.ns}; }

// Shares of traffic are parts per million, so that they add up exactly.
inline constexpr std::uint32_t kAllTraffic = 1'000'000;

enum class Round { up, down };

// A number of replicas, or a percentage of them. In documents: 3 or "25%".
struct Count {
  std::uint32_t value = 0;
  enum class Unit { replicas, percent } unit = Unit::replicas;
  auto operator<=>(const Count&) const = default;

  // How many of `total` this is. Kubernetes rounds a surge up and an unavailability down.
  [[nodiscard]] constexpr std::int32_t of(std::int32_t total, Round round) const {
    if (unit == Unit::replicas) return static_cast<std::int32_t>(value);
    const std::int64_t product = static_cast<std::int64_t>(value) * total;
    return static_cast<std::int32_t>((product + (round == Round::up ? 99 : 0)) / 100);
  }
};
constexpr Count replicas(std::uint32_t n) { return {n, Count::Unit::replicas}; }
constexpr Count percent(std::uint32_t n) { return {n, Count::Unit::percent}; }

// Text forms. The parsers answer INVALID_ARGUMENT with what is allowed.
std::string to_string(Duration duration);
std::string to_string(Instant instant);
// The same without an allocation.
struct InstantText {
  std::array<char, 32> bytes;
  std::size_t size;
  [[nodiscard]] std::string_view view() const { return {bytes.data(), size}; }
};
InstantText text_of(Instant instant);
std::string to_string(Count count);
// A share for people: "25%", "0.01%".
std::string share_to_string(std::uint32_t ppm);
Result<Duration> parse_duration(std::string_view text);
Result<Instant> parse_instant(std::string_view text);
Result<Count> parse_count(std::string_view text);

}  // namespace slipway
