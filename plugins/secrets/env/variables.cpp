#include "plugins/secrets/env/variables.hpp"

#include <algorithm>

namespace slipway::secrets_env {
namespace {

bool allowed(const Rules& rules, std::string_view name) {
  return !name.empty() &&
         (rules.names.empty() || std::find(rules.names.begin(), rules.names.end(), name) != rules.names.end());
}

}  // namespace

std::map<std::string, std::string> visible(const Rules& rules, std::span<const std::string_view> environment) {
  std::map<std::string, std::string> found;
  for (std::string_view entry : environment) {
    const auto equals = entry.find('=');
    if (equals == entry.npos || !entry.starts_with(rules.prefix) || equals < rules.prefix.size()) continue;
    const std::string_view name = entry.substr(rules.prefix.size(), equals - rules.prefix.size());
    const std::string_view value = entry.substr(equals + 1);
    if (allowed(rules, name) && !value.empty()) found.emplace(name, value);
  }
  return found;
}

}  // namespace slipway::secrets_env
