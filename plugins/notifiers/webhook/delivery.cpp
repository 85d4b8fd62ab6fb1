#include "plugins/notifiers/webhook/delivery.hpp"

#include <algorithm>
#include <array>
#include <slipway/retry_after.hpp>

namespace slipway::notifier_webhook {

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
  return slipway::retry_after(header->second, now);
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
