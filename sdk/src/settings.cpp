#include <charconv>
#include <slipway/settings.hpp>

namespace slipway {
namespace {

constexpr std::size_t kDecimals = 4;
constexpr std::uint32_t kPpmOfPercent = 10'000;

// Digits and nothing else, in whole.
std::optional<std::uint32_t> number_of(std::string_view digits) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

// "12.5" as 125'000.
std::optional<std::uint32_t> ppm_of(std::string_view text) {
  const auto dot = text.find('.');
  const auto percent = number_of(text.substr(0, dot));
  if (!percent || *percent > 100) return std::nullopt;
  if (dot == text.npos) return *percent * kPpmOfPercent;
  std::string decimals(text.substr(dot + 1));
  if (decimals.empty() || decimals.size() > kDecimals) return std::nullopt;
  decimals.resize(kDecimals, '0');
  const auto rest = number_of(decimals);
  if (!rest) return std::nullopt;
  return *percent * kPpmOfPercent + *rest;
}

}  // namespace

Result<Share> parse_share(std::string_view text) {
  if (text.ends_with('%')) text.remove_suffix(1);
  const auto ppm = ppm_of(text);
  if (ppm && *ppm <= kAllTraffic) return Share{*ppm};
  return Status(Code::invalid_argument, "want a percentage from 0 to 100 with at most four decimals, like \"12.5%\"");
}

}  // namespace slipway
