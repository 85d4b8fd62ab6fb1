#include <charconv>
#include <cmath>
#include <slipway/settings.hpp>

namespace slipway {

Result<Share> parse_share(std::string_view text) {
  const auto fault = [] {
    return Status(Code::invalid_argument, "want a percentage from 0 to 100 with at most four decimals, like \"12.5%\"");
  };
  if (!text.empty() && text.back() == '%') text.remove_suffix(1);
  double percent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), percent, std::chars_format::fixed);
  if (error != std::errc{} || end != text.data() + text.size() || !(percent >= 0 && percent <= 100)) return fault();
  const double ppm = percent * 10'000;
  if (std::abs(ppm - std::round(ppm)) > 1e-6) return fault();
  return Share{static_cast<std::uint32_t>(std::lround(ppm))};
}

}  // namespace slipway
