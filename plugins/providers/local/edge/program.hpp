// The program of a managed HAProxy, looked at before it is needed. Blocks for as long as `haproxy -v` takes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace slipway::local {

struct HaproxyVersion {
  int major = 0, minor = 0;
  auto operator<=>(const HaproxyVersion&) const = default;
};

// The first with servers that are added, checked and removed at run time as the provider does it.
inline constexpr HaproxyVersion kOldestHaproxy{2, 6};

// Of the first line of `haproxy -v`; nothing for another program's words.
std::optional<HaproxyVersion> version_in(std::string_view words);

// Throws slipway::Error (FAILED_PRECONDITION) when there is no such program in `path` (folders with colons between
// them), when it can't be run, is no HAProxy or too old a one.
void check_haproxy(const std::string& binary, std::string_view path);

}  // namespace slipway::local
