#include "plugins/providers/local/edge/route.hpp"

#include <array>
#include <charconv>

namespace slipway::local {
namespace {

constexpr std::size_t kFields = 10;

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }
std::string no_dash(std::string_view text) { return text == "-" ? std::string() : std::string(text); }

std::optional<std::array<std::string_view, kFields>> split(std::string_view text) {
  std::array<std::string_view, kFields> fields;
  for (std::size_t i = 0; i < kFields; ++i) {
    const auto colon = text.find(':');
    const bool last = i + 1 == kFields;
    if ((colon == text.npos) != last) return std::nullopt;
    fields[i] = text.substr(0, colon);
    if (!last) text.remove_prefix(colon + 1);
  }
  return fields;
}

bool parse_number(std::string_view text, std::uint32_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::string to_entry(const Route& route) {
  return route.stable + ':' + route.next + ':' + std::to_string(route.next_ppm) + ':' + route.salt + ':' +
         or_dash(route.sticky_header) + ':' + or_dash(route.sticky_cookie) + ':' + or_dash(route.mirror) + ':' +
         std::to_string(route.mirror_ppm) + ':' + std::to_string(route.mirror_cap) + ':' +
         (route.header_routes ? "headers" : "-");
}

std::optional<Route> parse_entry(std::string_view text) {
  const auto fields = split(text);
  if (!fields) return std::nullopt;
  const auto& f = *fields;
  Route route;
  if (!parse_number(f[2], route.next_ppm) || !parse_number(f[7], route.mirror_ppm) ||
      !parse_number(f[8], route.mirror_cap)) {
    return std::nullopt;
  }
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
