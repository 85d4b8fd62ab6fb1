// slipway.secrets/1: values of secrets by name. A value goes to the process that needs it and nowhere else: never into
// logs, errors, state or the journal.
#pragma once

#include <slipway/interface.hpp>

namespace slipway::secrets {

inline constexpr std::string_view kId = "slipway.secrets/1";

struct ResolveRequest {
  std::string tenant;
  std::vector<std::string> names;
  static constexpr auto fields() {
    return slipway::fields(
        required("tenant", &ResolveRequest::tenant, "On whose behalf."),
        required("names", &ResolveRequest::names,
                 "Names without the binding's prefix: \"DB_PASSWORD\" of \"env:DB_PASSWORD\".", between(1, 64)));
  }
};
struct ResolveReply {
  std::map<std::string, std::string> values;
  static constexpr auto fields() {
    return slipway::fields(required("values", &ResolveReply::values, "Value of each name."));
  }
};
struct ListRequest {
  std::string tenant;
  static constexpr auto fields() {
    return slipway::fields(required("tenant", &ListRequest::tenant, "On whose behalf."));
  }
};
struct ListReply {
  std::vector<std::string> names;
  static constexpr auto fields() {
    return slipway::fields(required("names", &ListReply::names, "Names, sorted; never values."));
  }
};

struct Resolve {
  static constexpr std::string_view name = "resolve";
  static constexpr auto call = [](auto& plugin,
                                  auto&&... rest) -> decltype(plugin.resolve(std::forward<decltype(rest)>(rest)...)) {
    return plugin.resolve(std::forward<decltype(rest)>(rest)...);
  };
  static constexpr std::string_view doc = "Values of secrets; NOT_FOUND names every one that is missing.";
  using Request = ResolveRequest;
  using Reply = ResolveReply;
};
struct List {
  static constexpr std::string_view name = "list";
  static constexpr auto call = [](auto& plugin,
                                  auto&&... rest) -> decltype(plugin.list(std::forward<decltype(rest)>(rest)...)) {
    return plugin.list(std::forward<decltype(rest)>(rest)...);
  };
  static constexpr std::string_view doc = "Names of the secrets that there are.";
  using Request = ListRequest;
  using Reply = ListReply;
};
struct Interface : MethodList<Resolve, List> {
  static constexpr std::string_view id = kId;
};

}  // namespace slipway::secrets
