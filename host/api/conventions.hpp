// What all operations share: bodies, pages, ETags, dry runs.
#pragma once

#include <slipway/document.hpp>
#include <string>

#include "host/api/message.hpp"
#include "host/api/problem.hpp"
#include "host/rollout/control.hpp"

namespace slipway::api {

// Thrown by a handler to answer with a problem; Api::handle catches it.
class Refusal {
 public:
  explicit Refusal(Status status) : status_(std::move(status)) {}
  [[nodiscard]] const Status& status() const { return status_; }

 private:
  Status status_;
};

template <class T>
T value_or_refuse(Result<T> result) {
  if (!result.ok()) throw Refusal(result.status());
  return std::move(result).value();
}

// The body as a document; unknown fields are faults. An empty body stands for {} when the document has no required
// field.
template <class T>
T body_of(const Request& request, std::string_view what) {
  return value_or_refuse(decode_text<T>(request.body.empty() ? "{}" : request.body, what, Unknown::refused));
}

rollout::Actor actor_of(const Request& request);
// limit (1 to 500, 50 by default) and cursor.
rollout::PageRequest page_of(const Request& request);
// If-Match as the opaque version; absent or "*": any.
rollout::IfVersion if_match(const Request& request);
// ?dry_run=true
rollout::Mode mode_of(const Request& request);

Response json_response(const Json& body, int status = 200);

// An object with its ETag; 304 when the client has this version already.
template <class T>
Response object_response(const Request& request, const T& object, int status = 200) {
  const std::string etag = "\"" + object.version + "\"";
  Response response = json_response(encode(object), status);
  response.headers["ETag"] = etag;
  if (request.method == "GET" && request.header("if-none-match") == etag) {
    response.status = 304;
    response.body.clear();
  }
  return response;
}

template <class T>
Response page_response(const rollout::Page<T>& page) {
  Json items = Json::array();
  for (const T& item : page.items) items.push_back(encode(item));
  Json body{{"items", std::move(items)}};
  if (!page.next.empty()) body["next_cursor"] = page.next;
  return json_response(body);
}

}  // namespace slipway::api
