// Where a URL leads. Not for use outside this folder.
#pragma once

#include <compare>
#include <slipway/status.hpp>
#include <string>

namespace slipway::services {

// Scheme, host and port: requests to equal ones may share a connection.
struct HttpOrigin {
  bool secure = false;
  std::string host;  // without the brackets of an IPv6 address
  std::string port;
  auto operator<=>(const HttpOrigin&) const = default;
};

struct HttpTarget {
  HttpOrigin origin;
  std::string authority;  // for the Host field
  std::string path;       // with the query
  std::string shown;      // the URL for messages: without user, query and fragment
};

Result<HttpTarget> parse_target(const std::string& url);

}  // namespace slipway::services
