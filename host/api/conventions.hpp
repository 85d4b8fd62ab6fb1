// What all operations share: bodies, pages, ETags, dry runs.
#pragma once

#include <algorithm>
#include <slipway/document.hpp>
#include <string>

#include "host/api/message.hpp"
#include "host/api/operation.hpp"
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

// The body as JSON. Texts with U+0000 are refused: programs, files and stores would end them there.
Json json_of(const Request& request, std::string_view what);

// The body as a document; unknown fields are faults. An empty body stands for {} when the document has no required
// field.
template <class T>
T body_of(const Request& request, std::string_view what) {
  return value_or_refuse(decode<T>(json_of(request, what), what, Unknown::refused));
}

// Refuses names in the query that the operation does not know: one that is misspelt must not pass as none.
void check_query(const Operation& operation, const Request& request);
// The query's value of a name: true or false; false when it is not there.
bool flag_of(const Request& request, const std::string& name);
// INVALID_ARGUMENT about one value of the query.
Status query_fault(const std::string& name, const std::string& value, std::string message);

rollout::Actor actor_of(const Request& request);
// limit (1 to 500, 50 by default) and cursor.
rollout::PageRequest page_of(const Request& request);
// A position in a list as a cursor, and the other way round; a cursor that is none is refused.
std::string cursor_of(std::string_view key);
std::string position_of(const rollout::PageRequest& page);
// If-Match as the opaque version; absent or "*": any.
rollout::IfVersion if_match(const Request& request);
// Last-Event-ID, which is there.
std::int64_t last_event_id(const Request& request);
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

// The page of a list that is there as a whole. `key_of` gives each item its own place in the order.
template <class T, class KeyOf>
rollout::Page<T> page_from(std::vector<T> all, const rollout::PageRequest& page, KeyOf key_of) {
  std::sort(all.begin(), all.end(), [&](const T& a, const T& b) { return key_of(a) < key_of(b); });
  const std::string position = position_of(page);
  std::erase_if(all, [&](const T& item) { return !position.empty() && key_of(item) <= position; });
  rollout::Page<T> result{std::move(all), ""};
  const auto limit = static_cast<std::size_t>(page.limit);
  if (result.items.size() <= limit) return result;
  result.items.resize(limit);
  result.next = cursor_of(key_of(result.items.back()));
  return result;
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
