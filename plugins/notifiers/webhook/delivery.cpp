#include "plugins/notifiers/webhook/delivery.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace slipway::notifier_webhook {
namespace {

constexpr std::int64_t kLongestSeconds = std::int64_t{7} * 24 * 3600;

std::optional<int> month_of(std::string_view name) {
  constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto* const found = std::find(kMonths.begin(), kMonths.end(), name);
  if (found == kMonths.end()) return std::nullopt;
  return static_cast<int>(found - kMonths.begin()) + 1;
}

// "Sun, 06 Nov 1994 08:49:37 GMT" becomes "1994-11-06T08:49:37Z".
std::optional<Instant> http_date(std::string_view text) {
  if (text.size() != 29 || text.substr(25) != " GMT") return std::nullopt;
  const auto month = month_of(text.substr(8, 3));
  if (!month) return std::nullopt;
  const std::string number = (*month < 10 ? "0" : "") + std::to_string(*month);
  const auto parsed = parse_instant(std::string(text.substr(12, 4)) + "-" + number + "-" +
                                    std::string(text.substr(5, 2)) + "T" + std::string(text.substr(17, 8)) + "Z");
  return parsed.ok() ? std::optional<Instant>(*parsed) : std::nullopt;
}

}  // namespace

Delivery judge(std::int32_t status) {
  if (status >= 200 && status < 300) return Delivery::done;
  if (status == 408 || status == 425 || status == 429 || status >= 500) return Delivery::again;
  constexpr std::array kOfTheAddress{401, 403, 404, 405, 407, 410};
  const bool turned_away = status < 400 || std::ranges::find(kOfTheAddress, status) != kOfTheAddress.end();
  return turned_away ? Delivery::turned_away : Delivery::refused;
}

std::optional<Duration> retry_after(const services::HttpReply& answer, Instant now) {
  const auto header = answer.headers.find("retry-after");
  if (header == answer.headers.end()) return std::nullopt;
  const std::string& text = header->second;
  std::int64_t amount = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), amount);
  if (error == std::errc{} && end == text.data() + text.size() && amount >= 0)
    return seconds(std::min(amount, kLongestSeconds));
  const auto date = http_date(text);
  if (!date) return std::nullopt;
  return std::max(Duration{}, std::min(*date - now, seconds(kLongestSeconds)));
}

std::string shown(const std::string& url) {
  std::string text = url.substr(0, url.find_first_of("?#"));
  const auto scheme = text.find("://");
  if (scheme == text.npos) return text;
  const auto host = scheme + 3;
  const auto at = text.substr(0, text.find('/', host)).rfind('@');
  if (at != text.npos && at >= host) text.erase(host, at + 1 - host);
  return text;
}

}  // namespace slipway::notifier_webhook
