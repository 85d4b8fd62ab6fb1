// Secrets in an environment. Pure functions over "NAME=value" entries.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::secrets_env {

struct Rules {
  std::string prefix;
  std::vector<std::string> names;  // those allowed; empty for all
};

// Secrets by their name without the prefix. A variable without a value counts as absent.
std::map<std::string, std::string> visible(const Rules& rules, std::span<const std::string_view> environment);

}  // namespace slipway::secrets_env
