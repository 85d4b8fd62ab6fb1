#include "host/api/router.hpp"

#include <optional>
#include <set>

namespace slipway::api {
namespace {

std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

std::optional<std::vector<std::string>> match(std::string_view pattern, std::string_view path) {
  std::vector<std::string> arguments;
  while (!pattern.empty() && !path.empty()) {
    const std::string_view wanted = take_segment(pattern);
    const std::string_view given = take_segment(path);
    if (wanted.starts_with('{')) {
      if (given.empty()) return std::nullopt;
      arguments.emplace_back(given);
    } else if (wanted != given) {
      return std::nullopt;
    }
  }
  if (!pattern.empty() || !path.empty()) return std::nullopt;
  return arguments;
}

}  // namespace

Match Router::find(std::string_view method, std::string_view path) const {
  Match result;
  std::set<std::string> allowed;
  if (!path.starts_with('/')) return result;
  for (const Operation& operation : operations_) {
    auto arguments = match(operation.path, path);
    if (!arguments) continue;
    allowed.insert(operation.method);
    if (operation.method == "GET") allowed.insert("HEAD");
    if (operation.method == method || (method == "HEAD" && operation.method == "GET")) {
      result.operation = &operation;
      result.arguments = std::move(*arguments);
      return result;
    }
  }
  for (const std::string& name : allowed) result.allowed += (result.allowed.empty() ? "" : ", ") + name;
  return result;
}

}  // namespace slipway::api
