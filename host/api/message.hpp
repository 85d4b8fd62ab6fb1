// Requests and responses as the API's handlers see them: plain values, no HTTP library.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <slipway/status.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/access/token.hpp"

namespace slipway::api {

// What a list is asked for: entries whose field (a JSON pointer) has the value.
struct Filter {
  std::string field;
  std::string value;
};

// `path` is decoded and without query; header names are in lower case. `arguments` are the path's {parts} in order.
struct Request {
  std::string method;
  std::string target;
  std::string path;
  std::map<std::string, std::string> query;
  std::map<std::string, std::string> headers;
  std::string body;
  std::vector<std::string> arguments;
  std::vector<Filter> filters;  // of the query, once it is checked
  access::Principal principal;
  std::string id;           // X-Request-Id, taken or made
  std::string traceparent;  // W3C, taken or made
  std::string once;         // the name of a deed that is done at most once; empty for any other
  std::string made;         // what that deed made, when a host did it that ended before it answered

  [[nodiscard]] std::string_view header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string_view() : found->second;
  }
};

// The next piece of a stream; empty means the end.
using NextChunk = std::function<boost::asio::awaitable<std::string>()>;

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::map<std::string, std::string> headers;
  std::string body;
  NextChunk stream;  // when set, body is ignored and pieces are sent until the end
};

using Answer = boost::asio::awaitable<Response>;

}  // namespace slipway::api
