// How long a server wants to be left alone.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <slipway/values.hpp>
#include <string>
#include <string_view>

namespace slipway {
namespace detail {

// "Sun, 06 Nov 1994 08:49:37 GMT" becomes "1994-11-06T08:49:37Z".
inline std::optional<Instant> http_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (text.size() != 29 || text.substr(25) != " GMT") return std::nullopt;
  const auto* const month = std::find(kMonths.begin(), kMonths.end(), text.substr(8, 3));
  if (month == kMonths.end()) return std::nullopt;
  const auto number = std::to_string(month - kMonths.begin() + 1);
  const auto parsed = parse_instant(std::string(text.substr(12, 4)) + "-" + (number.size() == 1 ? "0" : "") + number +
                                    "-" + std::string(text.substr(5, 2)) + "T" + std::string(text.substr(17, 8)) + "Z");
  return parsed.ok() ? std::optional<Instant>(*parsed) : std::nullopt;
}

}  // namespace detail

// Retry-After (RFC 9110, 10.2.3): seconds, or a date in the preferred form. Nothing when malformed; never negative, and
// a week at most.
inline std::optional<Duration> retry_after(std::string_view text, Instant now) {
  constexpr std::int64_t kLongestSeconds = std::int64_t{7} * 24 * 3600;
  std::int64_t amount = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), amount);
  if (error == std::errc{} && end == text.data() + text.size() && amount >= 0)
    return seconds(std::min(amount, kLongestSeconds));
  const auto date = detail::http_date(text);
  if (!date) return std::nullopt;
  return std::max(Duration{}, std::min(*date - now, seconds(kLongestSeconds)));
}

}  // namespace slipway
