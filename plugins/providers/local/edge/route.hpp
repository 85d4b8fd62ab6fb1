// What one application's traffic does: the value of its entry in the map of routes, which one command replaces as a
// whole. Plain values; the text form is
//   <stable>:<next>:<ppm to next>:<salt>:<sticky header|->:<sticky cookie|->:<mirror backend|->:<ppm>:<cap>:<headers|->
// and with a baseline at its end
//   :<baseline>:<ppm to next and baseline together>
// so that an application without one has the entry that it had before there were baselines.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::local {

struct Route {
  std::string stable;          // backend of the stable role
  std::string next;            // backend of the next role
  std::uint32_t next_ppm = 0;  // share of the next role, parts per million
  std::string baseline;        // backend of the baseline role; empty: none
  std::uint32_t baseline_ppm = 0;
  std::string salt = "0";        // draws users anew for each rollout
  std::string sticky_header;     // empty: none
  std::string sticky_cookie;     // empty: none; with neither, each request draws by chance
  std::string mirror;            // backend that gets copies; empty: none
  std::uint32_t mirror_ppm = 0;  // sampled share of the requests
  std::uint32_t mirror_cap = 0;  // copies in flight at most
  bool header_routes = false;    // whether the map of header routes has lines for this application
  bool operator==(const Route&) const = default;
};

std::string to_entry(const Route& route);

// Nothing when the text is no entry of ours.
std::optional<Route> parse_entry(std::string_view text);

}  // namespace slipway::local
