#include "host/services/grants.hpp"

#include <algorithm>

namespace slipway::services {
namespace {

// Greedy with one point to return to: linear in practice, never exponential.
bool matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = pattern.npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != pattern.npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == pattern.npos;
}

}  // namespace

bool covers(const manifest::Grant& grant, std::string_view name) {
  return std::any_of(grant.allowed.begin(), grant.allowed.end(),
                     [&](const std::string& pattern) { return matches(pattern, name); });
}

Status check_grant(const Requester& requester, const manifest::Grant& grant, std::string_view permission,
                   std::string_view name) {
  if (covers(grant, name)) return {};
  return {Code::permission_denied, "instance \"" + requester.instance + "\" is not allowed " + std::string(permission) +
                                       " \"" + std::string(name) + "\"; allow it under permissions." +
                                       std::string(permission) + " in its plugin.json and in the profile"};
}

Status no_method(std::string_view service, const Request& request, std::string_view methods) {
  return {Code::unimplemented, "the service \"" + std::string(service) + "\" has no method \"" + request.method +
                                   "\"; there are " + std::string(methods)};
}

}  // namespace slipway::services
