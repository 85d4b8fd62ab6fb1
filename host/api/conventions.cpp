#include "host/api/conventions.hpp"

#include <algorithm>
#include <charconv>

namespace slipway::api {
namespace {

bool holds_nul(std::string_view text) { return text.find('\0') != text.npos; }

// The depth is bounded by parse_json.
void refuse_nul(Reader& in, const Json& value) {
  if (value.is_string() && holds_nul(value.get_ref<const std::string&>()))
    in.fault(&value, "holds the character U+0000, which no text may have");
  if (!value.is_structured()) return;
  for (const auto& [name, part] : value.items()) {
    if (holds_nul(name)) in.fault(nullptr, "has a name that holds the character U+0000: " + to_text(name));
    in.inside(name, [&in, &part = part] { refuse_nul(in, part); });
  }
}

}  // namespace

Json json_of(const Request& request, std::string_view what) {
  auto json = parse_json(request.body.empty() ? "{}" : request.body);
  if (!json.ok()) throw Refusal(Status(Code::invalid_argument, std::string(what) + ": " + json.status().message));
  Reader in;
  refuse_nul(in, *json);
  if (in.problems().empty()) return std::move(*json);
  throw Refusal(Status(Code::invalid_argument, std::string(what) + " is not valid", std::move(in.problems())));
}

std::vector<std::string_view> query_names(const Operation& operation) {
  std::vector<std::string_view> names;
  for (const Parameter& parameter : operation.query) names.emplace_back(parameter.name);
  if (has(operation.features, Feature::paged)) {
    names.emplace_back("limit");
    names.emplace_back("cursor");
  }
  if (has(operation.features, Feature::dry_run)) names.emplace_back("dry_run");
  return names;
}

Status query_fault(const std::string& name, const std::string& value, std::string message) {
  return {Code::invalid_argument, "the query is not valid", {{"?" + name, to_text(value), std::move(message)}}};
}

void check_query(const Operation& operation, const Request& request) {
  const auto known = query_names(operation);
  std::string listed;
  for (const std::string_view name : known) listed += (listed.empty() ? "" : ", ") + std::string(name);
  const std::string allowed = known.empty() ? "this operation takes no query" : "want one of " + listed;
  Status fault(Code::invalid_argument, "the query is not valid");
  for (const auto& [name, value] : request.query) {
    if (std::find(known.begin(), known.end(), name) == known.end())
      fault.problems.push_back({"?" + name, to_text(value), "is unknown here; " + allowed});
  }
  if (!fault.problems.empty()) throw Refusal(std::move(fault));
}

bool flag_of(const Request& request, const std::string& name) {
  const auto found = request.query.find(name);
  if (found == request.query.end() || found->second == "false") return false;
  if (found->second != "true") throw Refusal(query_fault(name, found->second, "want true or false"));
  return true;
}

rollout::Actor actor_of(const Request& request) {
  return {request.principal.tenant, request.principal.subject, request.traceparent, request.id, request.once};
}

rollout::PageRequest page_of(const Request& request) {
  rollout::PageRequest page;
  if (const auto found = request.query.find("limit"); found != request.query.end()) {
    const std::string& text = found->second;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), page.limit);
    if (error != std::errc{} || end != text.data() + text.size() || page.limit < 1 || page.limit > 500) {
      throw Refusal(query_fault("limit", text, "want an integer from 1 to 500"));
    }
  }
  if (const auto found = request.query.find("cursor"); found != request.query.end()) page.cursor = found->second;
  return page;
}

std::string cursor_of(std::string_view key) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string cursor;
  for (const char c : key) {
    const auto byte = static_cast<unsigned char>(c);
    cursor += kDigits[byte >> 4U];
    cursor += kDigits[byte & 15U];
  }
  return cursor;
}

std::string position_of(const rollout::PageRequest& page) {
  std::string key;
  for (std::size_t at = 0; at < page.cursor.size(); at += 2) {
    unsigned byte = 0;
    const char* begin = page.cursor.data() + at;
    const char* end = page.cursor.data() + std::min(at + 2, page.cursor.size());
    const auto read = std::from_chars(begin, end, byte, 16);
    if (read.ec != std::errc{} || read.ptr != begin + 2)
      throw Refusal(
          query_fault("cursor", page.cursor, "want the next_cursor of the page before, or none for the first page"));
    key += static_cast<char>(byte);
  }
  return key;
}

rollout::IfVersion if_match(const Request& request) {
  std::string_view etag = request.header("if-match");
  if (etag.empty() || etag == "*") return std::nullopt;
  if (etag.size() < 2 || etag.front() != '"' || etag.back() != '"') {
    throw Refusal({Code::invalid_argument, "If-Match: want an ETag in quotes, as GET returned it"});
  }
  return std::string(etag.substr(1, etag.size() - 2));
}

std::int64_t last_event_id(const Request& request) {
  const std::string_view text = request.header("last-event-id");
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc{} || end != text.data() + text.size() || id < 0)
    throw Refusal({Code::invalid_argument, "Last-Event-ID: want the id of an event"});
  return id;
}

rollout::Mode mode_of(const Request& request) {
  return flag_of(request, "dry_run") ? rollout::Mode::dry_run : rollout::Mode::commit;
}

Response json_response(const Json& body, int status) {
  Response response;
  response.status = status;
  response.body = to_text(body);
  return response;
}

}  // namespace slipway::api
