// What a host service is to those who build and call one.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <slipway/status.hpp>
#include <string>
#include <string_view>

#include "host/manifest/permissions.hpp"

namespace slipway::services {

// Who asks: one plugin instance and what the profile allows it.
struct Requester {
  std::string instance;
  manifest::Permissions permissions;
  // Told of each refusal, with the permission's name; may be empty. Thread-safe.
  std::function<void(std::string_view permission)> on_denied;
};

// One request. `requester` outlives the coroutine.
struct Request {
  const Requester& requester;
  std::string method;
  std::string payload;
  std::int64_t budget_ns;
  std::string traceparent{};  // of the call that it is made for, where the plugin says so; well-formed or empty
};

// Thread-safe; outlives the requests under way.
class Service {
 public:
  Service() = default;
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  virtual ~Service() = default;

  // "http" and so on.
  [[nodiscard]] virtual std::string_view name() const = 0;
  // The reply document, or why not: PERMISSION_DENIED when it is not granted, UNIMPLEMENTED for an unknown method. Ends
  // within the budget.
  virtual boost::asio::awaitable<Result<std::string>> handle(const Request& request) = 0;
};

// UNIMPLEMENTED, with the methods that there are.
Status no_method(std::string_view service, const Request& request, std::string_view methods);

}  // namespace slipway::services
