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

constexpr bool is_leap(unsigned year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

constexpr unsigned days_in_month(unsigned year, unsigned month) {
  constexpr std::array<unsigned, 12> kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : kDays.at(month - 1);
}

// Over the zeros before `end`.
void put_digits(char* end, std::int64_t value) {
  for (; value != 0; value /= 10) *--end = static_cast<char>('0' + value % 10);
}

// Without trailing zeros: ".25"; nothing for 0. At most `width` bytes and the point; where it ends.
char* put_fraction(char* to, std::int64_t value, std::size_t width) {
  if (value == 0) return to;
  *to++ = '.';
  std::fill_n(to, width, '0');
  put_digits(to + width, value);
  for (to += width; to[-1] == '0';) --to;
  return to;
}

char* put_two(char* to, std::uint64_t value) {
  *to++ = static_cast<char>('0' + value / 10);
  *to++ = static_cast<char>('0' + value % 10);
  return to;
}

// Two digits; more than any four of them when they are not there.
constexpr unsigned kNoDigits = 10'000;
unsigned two_at(const char* at) {
  const unsigned tens = static_cast<unsigned char>(at[0]) - unsigned{'0'};
  const unsigned ones = static_cast<unsigned char>(at[1]) - unsigned{'0'};
  return tens < 10 && ones < 10 ? tens * 10 + ones : kNoDigits;
}

// "Z" as 0, ".25Z" as nanoseconds; -1 when malformed.
std::int64_t fraction_in(std::string_view text) {
  constexpr std::size_t kDigits = 9;
  if (text == "Z") return 0;
  const std::size_t digits = text.size() - 2;
  if (text.size() < 3 || digits > kDigits || text.front() != '.' || text.back() != 'Z') return -1;
  std::int64_t value = 0;
  for (const char c : text.substr(1, digits)) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  for (std::size_t i = digits; i < kDigits; ++i) value *= 10;
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

InstantText text_of(Instant instant) {
  constexpr std::int64_t kSecond = 1'000'000'000, kDay = 86'400;
  std::int64_t second = instant.ns / kSecond;
  std::int64_t fraction = instant.ns % kSecond;
  if (fraction < 0) {
    fraction += kSecond;
    --second;
  }
  std::int64_t day = second / kDay;
  std::int64_t rest = second % kDay;
  if (rest < 0) {
    rest += kDay;
    --day;
  }
  const auto date = civil_from_days(day);
  const auto year = static_cast<std::uint64_t>(date.year), of_day = static_cast<std::uint64_t>(rest);
  InstantText text;
  char* to = put_two(put_two(text.bytes.data(), year / 100), year % 100);
  const auto next = [&to](char separator, std::uint64_t value) {
    *to++ = separator;
    to = put_two(to, value);
  };
  next('-', date.month);
  next('-', date.day);
  next('T', of_day / 3600);
  next(':', of_day / 60 % 60);
  next(':', of_day % 60);
  to = put_fraction(to, fraction, 9);
  *to++ = 'Z';
  text.size = static_cast<std::size_t>(to - text.bytes.data());
  return text;
}

std::string to_string(Instant instant) { return std::string(text_of(instant).view()); }

Result<Instant> parse_instant(std::string_view text) {
  constexpr std::string_view kForm = "yyyy-MM-ddThh:mm:ss";
  const auto fault = [] {
    return Status(Code::invalid_argument, "want a moment in UTC like \"2026-01-31T12:00:00Z\"");
  };
  if (text.size() <= kForm.size()) return fault();
  const char* const at = text.data();
  if (at[4] != '-' || at[7] != '-' || at[10] != 'T' || at[13] != ':' || at[16] != ':') return fault();
  const unsigned year = two_at(at) * 100 + two_at(at + 2);
  const unsigned month = two_at(at + 5), day = two_at(at + 8);
  const unsigned hour = two_at(at + 11), minute = two_at(at + 14), second = two_at(at + 17);
  if (year < 1970 || year > 2200 || month < 1 || month > 12) return fault();
  if (day < 1 || day > days_in_month(year, month) || hour > 23 || minute > 59 || second > 59) return fault();
  const std::int64_t fraction = fraction_in(text.substr(kForm.size()));
  if (fraction < 0) return fault();
  const std::int64_t hours = days_from_civil(year, month, day) * 24 + hour;
  return Instant{(hours * 3600 + minute * 60 + second) * 1'000'000'000 + fraction};
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
  std::array<char, 5> fraction{};
  const char* const end = put_fraction(fraction.data(), ppm % 10'000, 4);
  return std::to_string(ppm / 10'000) + std::string(std::string_view(fraction.data(), end)) + "%";
}

}  // namespace slipway
