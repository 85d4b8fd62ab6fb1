#include <array>
#include <charconv>
#include <limits>
#include <slipway/values.hpp>
#include <utility>

namespace slipway {
namespace {

constexpr std::array<std::pair<std::string_view, std::int64_t>, 6> kUnits{{{"h", 3'600'000'000'000},
                                                                           {"m", 60'000'000'000},
                                                                           {"s", 1'000'000'000},
                                                                           {"ms", 1'000'000},
                                                                           {"us", 1'000},
                                                                           {"ns", 1}}};

// Days since 1970-01-01 of a proleptic Gregorian date, and back (Howard Hinnant, "chrono-Compatible Low-Level Date
// Algorithms", days_from_civil and civil_from_days).
constexpr std::int64_t days_from_civil(std::int64_t y, unsigned m, unsigned d) {
  y -= m <= 2 ? 1 : 0;
  const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
  const auto yoe = static_cast<std::uint64_t>(y - era * 400);
  const std::uint64_t doy = (153 * (m + (m > 2 ? -3U : 9U)) + 2) / 5 + d - 1;
  const std::uint64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return era * 146097 + static_cast<std::int64_t>(doe) - 719468;
}

struct Civil {
  std::int64_t year;
  unsigned month, day;
};

constexpr Civil civil_from_days(std::int64_t z) {
  z += 719468;
  const std::int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  const auto doe = static_cast<std::uint64_t>(z - era * 146097);
  const std::uint64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const std::uint64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const std::uint64_t mp = (5 * doy + 2) / 153;
  const auto month = static_cast<unsigned>(mp < 10 ? mp + 3 : mp - 9);
  return {static_cast<std::int64_t>(yoe) + era * 400 + (month <= 2 ? 1 : 0), month,
          static_cast<unsigned>(doy - (153 * mp + 2) / 5 + 1)};
}

constexpr unsigned days_in_month(std::int64_t year, unsigned month) {
  const std::int64_t next = month == 12 ? days_from_civil(year + 1, 1, 1) : days_from_civil(year, month + 1, 1);
  return static_cast<unsigned>(next - days_from_civil(year, month, 1));
}

// Over the zeros before `end`.
void put_digits(char* end, std::int64_t value) {
  for (; value != 0; value /= 10) *--end = static_cast<char>('0' + value % 10);
}

// Without trailing zeros: ".25"; nothing for 0.
void append_fraction(std::string& text, std::int64_t value, std::size_t width) {
  if (value == 0) return;
  text += '.';
  text.append(width, '0');
  put_digits(text.data() + text.size(), value);
  text.erase(text.find_last_not_of('0') + 1);
}

// Eats exactly `width` digits; -1 when they are not there.
int take_digits(std::string_view& text, std::size_t width) {
  if (text.size() < width) return -1;
  int value = 0;
  for (const char c : text.substr(0, width)) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(width);
  return value;
}

bool take(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

// ".25" as nanoseconds; -1 when malformed; 0 when there is none.
std::int64_t take_fraction(std::string_view& text) {
  if (!take(text, '.')) return 0;
  std::int64_t value = 0;
  std::size_t digits = 0;
  for (; digits < text.size() && digits < 9 && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
    value = value * 10 + (text[digits] - '0');
  }
  if (digits == 0) return -1;
  text.remove_prefix(digits);
  for (; digits < 9; ++digits) value *= 10;
  return value;
}

}  // namespace

std::string to_string(Duration duration) {
  if (duration.ns == 0) return "0s";
  std::string text = duration.ns < 0 ? "-" : "";
  auto rest = duration.ns < 0 ? ~static_cast<std::uint64_t>(duration.ns) + 1 : static_cast<std::uint64_t>(duration.ns);
  for (const auto& [unit, size] : kUnits) {
    const auto amount = rest / static_cast<std::uint64_t>(size);
    if (amount == 0) continue;
    text += std::to_string(amount);
    text += unit;
    rest %= static_cast<std::uint64_t>(size);
  }
  return text;
}

Result<Duration> parse_duration(std::string_view text) {
  const auto fault = [] {
    return Status(Code::invalid_argument, "want a duration like \"30s\", \"1m30s\" or \"250ms\"");
  };
  if (text == "0") return Duration{};
  if (text.empty()) return fault();
  std::int64_t total = 0;
  while (!text.empty()) {
    std::int64_t amount = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), amount);
    if (error != std::errc{} || amount < 0) return fault();
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const std::string_view word = text.substr(0, std::min(text.find_first_of("0123456789"), text.size()));
    const auto* const unit = std::find_if(kUnits.begin(), kUnits.end(), [&](const auto& u) { return u.first == word; });
    if (unit == kUnits.end()) return fault();
    std::int64_t part = 0;
    if (__builtin_mul_overflow(amount, unit->second, &part) || __builtin_add_overflow(total, part, &total))
      return fault();
    text.remove_prefix(word.size());
  }
  return Duration{total};
}

std::string to_string(Instant instant) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  std::int64_t second = instant.ns / kSecond;
  std::int64_t fraction = instant.ns % kSecond;
  if (fraction < 0) {
    fraction += kSecond;
    --second;
  }
  std::int64_t day = second / 86400;
  std::int64_t of_day = second % 86400;
  if (of_day < 0) {
    of_day += 86400;
    --day;
  }
  const auto date = civil_from_days(day);
  std::string text;
  text.reserve(32);
  text = "0000-00-00T00:00:00";
  put_digits(&text[4], date.year);
  put_digits(&text[7], date.month);
  put_digits(&text[10], date.day);
  put_digits(&text[13], of_day / 3600);
  put_digits(&text[16], of_day / 60 % 60);
  put_digits(&text[19], of_day % 60);
  append_fraction(text, fraction, 9);
  text += 'Z';
  return text;
}

Result<Instant> parse_instant(std::string_view text) {
  const auto fault = [] {
    return Status(Code::invalid_argument, "want a moment in UTC like \"2026-01-31T12:00:00Z\"");
  };
  const int year = take_digits(text, 4);
  if (year < 1970 || year > 2200 || !take(text, '-')) return fault();
  const int month = take_digits(text, 2);
  if (month < 1 || month > 12 || !take(text, '-')) return fault();
  const int day = take_digits(text, 2);
  if (day < 1 || day > static_cast<int>(days_in_month(year, static_cast<unsigned>(month))) || !take(text, 'T'))
    return fault();
  const int hour = take_digits(text, 2);
  if (hour < 0 || hour > 23 || !take(text, ':')) return fault();
  const int minute = take_digits(text, 2);
  if (minute < 0 || minute > 59 || !take(text, ':')) return fault();
  const int second = take_digits(text, 2);
  if (second < 0 || second > 59) return fault();
  const std::int64_t fraction = take_fraction(text);
  if (fraction < 0 || text != "Z") return fault();
  const std::int64_t days = days_from_civil(year, static_cast<unsigned>(month), static_cast<unsigned>(day));
  return Instant{((days * 24 + hour) * 3600 + minute * 60 + second) * 1'000'000'000 + fraction};
}

std::string to_string(Count count) {
  return std::to_string(count.value) + (count.unit == Count::Unit::percent ? "%" : "");
}

Result<Count> parse_count(std::string_view text) {
  const auto fault = [] {
    return Status(Code::invalid_argument, "want a number of replicas like 3, or a percentage like \"25%\"");
  };
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || value > 1'000'000) return fault();
  const std::string_view rest(end, text.size() - static_cast<std::size_t>(end - text.data()));
  if (rest == "%") return percent(value);
  if (rest.empty()) return replicas(value);
  return fault();
}

std::string share_to_string(std::uint32_t ppm) {
  std::string text = std::to_string(ppm / 10'000);
  append_fraction(text, ppm % 10'000, 4);
  return text + "%";
}

}  // namespace slipway
