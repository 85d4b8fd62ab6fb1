#include "plugins/providers/local/edge/route.hpp"

#include <charconv>
#include <slipway/values.hpp>
#include <vector>

namespace slipway::local {
namespace {

constexpr std::size_t kFields = 10, kFieldsWithBaseline = 12;

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }
std::string no_dash(std::string_view text) { return text == "-" ? std::string() : std::string(text); }

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> fields;
  for (;;) {
    const auto colon = text.find(':');
    fields.push_back(text.substr(0, colon));
    if (colon == text.npos) return fields;
    text.remove_prefix(colon + 1);
  }
}

bool parse_number(std::string_view text, std::uint32_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::string to_entry(const Route& route) {
  std::string entry = route.stable + ':' + route.next + ':' + std::to_string(route.next_ppm) + ':' + route.salt + ':' +
                      or_dash(route.sticky_header) + ':' + or_dash(route.sticky_cookie) + ':' + or_dash(route.mirror) +
                      ':' + std::to_string(route.mirror_ppm) + ':' + std::to_string(route.mirror_cap) + ':' +
                      (route.header_routes ? "headers" : "-");
  if (!route.baseline.empty())
    entry += ':' + route.baseline + ':' + std::to_string(route.next_ppm + route.baseline_ppm);
  return entry;
}

std::optional<Route> parse_entry(std::string_view text) {
  const auto f = split(text);
  if (f.size() != kFields && f.size() != kFieldsWithBaseline) return std::nullopt;
  Route route;
  if (!parse_number(f[2], route.next_ppm) || !parse_number(f[7], route.mirror_ppm) ||
      !parse_number(f[8], route.mirror_cap)) {
    return std::nullopt;
  }
  std::uint32_t both = route.next_ppm;
  if (f.size() == kFieldsWithBaseline) {
    route.baseline = f[10];
    if (route.baseline.empty() || !parse_number(f[11], both)) return std::nullopt;
  }
  if (both < route.next_ppm || both > kAllTraffic || route.mirror_ppm > kAllTraffic) return std::nullopt;
  route.baseline_ppm = both - route.next_ppm;
  route.stable = f[0];
  route.next = f[1];
  route.salt = f[3];
  route.sticky_header = no_dash(f[4]);
  route.sticky_cookie = no_dash(f[5]);
  route.mirror = no_dash(f[6]);
  route.header_routes = f[9] == "headers";
  return route;
}

}  // namespace slipway::local
