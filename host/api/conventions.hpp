// What all operations share: bodies, pages, ETags, dry runs.
#pragma once

#include <algorithm>
#include <slipway/document.hpp>
#include <string>

#include "host/api/message.hpp"
#include "host/api/operation.hpp"
#include "host/api/problem.hpp"
#include "host/api/shown.hpp"
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

// Refuses names in the query that the operation does not know, for one that is misspelt must not pass as none, and
// values that its schema does not allow; every fault at once. Returns the filters that are in it.
std::vector<Filter> check_query(const Operation& operation, const Request& request);
// Whether an entry of a list is one that was asked for.
bool passes(const Request& request, const Json& entry);
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
// If-Match as the opaque version, without what an ETag has beside it; absent or "*": any.
rollout::IfVersion if_match(const Request& request);
// Last-Event-ID, which is there.
std::int64_t last_event_id(const Request& request);
// ?dry_run=true
rollout::Mode mode_of(const Request& request);

Response json_response(const Json& body, int status = 200);

// The answer with its ETag: the version, and a digest of what is shown, since an object may show more than its version
// covers: how many replicas are ready. 304 when the client has all of this already.
Response tagged(const Request& request, Response response, std::string_view version = {});

template <class T>
Response object_response(const Request& request, const T& object, int status = 200) {
  return tagged(request, json_response(shown(request, object), status), object.version);
}

// The page of a list that is there as a whole. `key_of` gives each item its own place in the order.
template <class T, class KeyOf>
rollout::Page<T> page_from(std::vector<T> all, const Request& request, KeyOf key_of) {
  const rollout::PageRequest page = page_of(request);
  std::erase_if(all, [&](const T& item) { return !passes(request, shown(request, item)); });
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

Response list_response(Json items, const std::string& next);

template <class T>
Response page_response(const Request& request, const rollout::Page<T>& page) {
  Json items = Json::array();
  for (const T& item : page.items) items.push_back(shown(request, item));
  return list_response(std::move(items), page.next);
}

// The page of a list that is read by pages: `read` is given a PageRequest. With a filter it reads on until the page is
// full, and after so many reads answers what it has, with the cursor to go on from.
inline constexpr int kReads = 20;
template <class Read>
Answer filtered_page(Request request, Read read) {
  rollout::PageRequest page = page_of(request);
  const auto limit = static_cast<std::size_t>(page.limit);
  Json items = Json::array();
  for (int reads = 0; reads < kReads && items.size() < limit; ++reads) {
    page.limit = static_cast<std::int32_t>(limit - items.size());
    const auto found = value_or_refuse(co_await read(page));
    for (const auto& item : found.items) {
      Json entry = shown(request, item);
      if (passes(request, entry)) items.push_back(std::move(entry));
    }
    page.cursor = found.next;
    if (page.cursor.empty() || request.filters.empty()) break;
  }
  co_return list_response(std::move(items), page.cursor);
}

}  // namespace slipway::api
