#include "host/services/grants.hpp"

namespace slipway::services {

Status check_grant(const Requester& requester, const manifest::Grant& grant, std::string_view permission,
                   std::string_view name) {
  if (manifest::covers(grant, name)) return {};
  if (requester.on_denied) requester.on_denied(permission);
  return {Code::permission_denied, "instance \"" + requester.instance + "\" is not allowed " + std::string(permission) +
                                       " \"" + std::string(name) + "\"; allow it under permissions." +
                                       std::string(permission) + " in its plugin.json and in the profile"};
}

Status no_method(std::string_view service, const Request& request, std::string_view methods) {
  return {Code::unimplemented, "the service \"" + std::string(service) + "\" has no method \"" + request.method +
                                   "\"; there are " + std::string(methods)};
}

}  // namespace slipway::services
