// What is wrong in what a person wrote, and where. Plain values.
#pragma once

#include <slipway/status.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::config {

// Where something was written. Line 0: not known.
struct Place {
  std::string file;
  int line = 0;
  bool operator==(const Place&) const = default;
};

struct Fault {
  Place place;
  Problem problem;
  bool operator==(const Fault&) const = default;
};
using Faults = std::vector<Fault>;

// "config/site.yaml:12: /limits/body_bytes: is -1; want an integer from 1024 to 67108864". Without a line, a path or a
// value that part is left out.
std::string to_string(const Fault& fault);
// One line each, sorted by file, line and path; INVALID_ARGUMENT's message for a caller that wants a Status.
std::string to_string(const Faults& faults);

// The name that was probably meant: at most two letters away, or a third of its length. Empty when none is near.
std::string nearest_name(std::string_view wrong, const std::vector<std::string>& names);

// A value as it appears in a fault: JSON, cut after 120 bytes at a character.
std::string clip(std::string text);

// RFC 6901: `parent` with one more name.
std::string child_path(std::string_view parent, std::string_view name);

}  // namespace slipway::config
