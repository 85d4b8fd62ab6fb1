#include "host/api/conventions.hpp"

#include <algorithm>
#include <charconv>

#include "host/base/sha256.hpp"

namespace slipway::api {
namespace {

// An ETag: the object's version, this, and the digest of what was shown.
constexpr char kBeside = '.';
constexpr std::size_t kShownDigits = 16;

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

Parameter text_filter(std::string name, std::string field, std::string doc) {
  return {std::move(name), {{"type", "string"}, {"minLength", 1}}, std::move(doc), std::move(field)};
}

Parameter truth_filter(std::string name, std::string field, std::string doc) {
  return {std::move(name), {{"type", "boolean"}}, std::move(doc), std::move(field)};
}

Parameter choice_filter(std::string name, std::string field, Json choices, std::string doc) {
  return {std::move(name), {{"type", "string"}, {"enum", std::move(choices)}}, std::move(doc), std::move(field)};
}

namespace {

// What is wrong with the value of a parameter; empty when nothing.
std::string wrong_with(const std::string& value, const Json& schema) {
  if (schema["type"] == "boolean") return value == "true" || value == "false" ? "" : "want true or false";
  if (value.empty() && schema.contains("minLength")) return "want a value, or no such filter";
  if (!schema.contains("enum")) return "";
  std::string choices;
  for (const Json& choice : schema["enum"]) {
    if (choice == value) return "";
    choices += (choices.empty() ? "" : ", ") + choice.get<std::string>();
  }
  return "want one of " + choices;
}

bool has_value(const Json& field, const std::string& value) {
  if (field.is_array())
    return std::any_of(field.begin(), field.end(), [&](const Json& part) { return has_value(part, value); });
  return (field.is_string() ? field.get_ref<const std::string&>() : field.dump()) == value;
}

// Whether If-None-Match names this ETag. The weak comparison: a proxy may have made it weak.
bool names(std::string_view list, std::string_view etag) {
  if (list == "*") return true;
  for (auto at = list.find(etag); at != list.npos; at = list.find(etag, at + 1)) {
    const std::string_view before = list.substr(0, at);
    if (before.empty() || before.ends_with(' ') || before.ends_with(',') || before.ends_with("W/")) return true;
  }
  return false;
}

}  // namespace

bool passes(const Request& request, const Json& entry) {
  return std::all_of(request.filters.begin(), request.filters.end(), [&](const Filter& filter) {
    const Json::json_pointer field(filter.field);
    return entry.contains(field) && has_value(entry.at(field), filter.value);
  });
}

std::vector<Filter> check_query(const Operation& operation, const Request& request) {
  const auto known = query_names(operation);
  std::string listed;
  for (const std::string_view name : known) listed += (listed.empty() ? "" : ", ") + std::string(name);
  const std::string allowed = known.empty() ? "this operation takes no query" : "want one of " + listed;
  Status fault(Code::invalid_argument, "the query is not valid");
  for (const auto& [name, value] : request.query) {
    if (std::find(known.begin(), known.end(), name) == known.end())
      fault.problems.push_back({"?" + name, to_text(value), "is unknown here; " + allowed});
  }
  std::vector<Filter> filters;
  for (const Parameter& parameter : operation.query) {
    const auto found = request.query.find(parameter.name);
    if (found == request.query.end()) continue;
    if (std::string wrong = wrong_with(found->second, parameter.schema); !wrong.empty())
      fault.problems.push_back({"?" + parameter.name, to_text(found->second), std::move(wrong)});
    if (!parameter.field.empty()) filters.push_back({parameter.field, found->second});
  }
  if (!fault.problems.empty()) throw Refusal(std::move(fault));
  return filters;
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
  etag = etag.substr(1, etag.size() - 2);
  return std::string(etag.substr(0, etag.find(kBeside)));
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

Response tagged(const Request& request, Response response, std::string_view version) {
  const std::string shown = base::sha256_hex(response.body).substr(0, kShownDigits);
  const std::string etag =
      "\"" + std::string(version) + (version.empty() ? "" : std::string(1, kBeside)) + shown + "\"";
  response.headers["ETag"] = etag;
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (reads && names(request.header("if-none-match"), etag)) {
    response.status = 304;
    response.body.clear();
  }
  return response;
}

Response list_response(Json items, const std::string& next) {
  Json body{{"items", std::move(items)}};
  if (!next.empty()) body["next_cursor"] = next;
  return json_response(body);
}

Response json_response(const Json& body, int status) {
  Response response;
  response.status = status;
  response.body = to_text(body);
  return response;
}

}  // namespace slipway::api
