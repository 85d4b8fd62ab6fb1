#include "host/api/conventions.hpp"

#include <charconv>

namespace slipway::api {
namespace {

Status query_fault(std::string name, const std::string& value, std::string message) {
  return {
      Code::invalid_argument, "the query is not valid", {{"?" + std::move(name), to_text(value), std::move(message)}}};
}

}  // namespace

rollout::Actor actor_of(const Request& request) {
  return {request.principal.tenant, request.principal.subject, request.traceparent};
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

rollout::IfVersion if_match(const Request& request) {
  std::string_view etag = request.header("if-match");
  if (etag.empty() || etag == "*") return std::nullopt;
  if (etag.size() < 2 || etag.front() != '"' || etag.back() != '"') {
    throw Refusal({Code::invalid_argument, "If-Match: want an ETag in quotes, as GET returned it"});
  }
  return std::string(etag.substr(1, etag.size() - 2));
}

rollout::Mode mode_of(const Request& request) {
  const auto found = request.query.find("dry_run");
  if (found == request.query.end() || found->second == "false") return rollout::Mode::commit;
  if (found->second != "true") throw Refusal(query_fault("dry_run", found->second, "want true or false"));
  return rollout::Mode::dry_run;
}

Response json_response(const Json& body, int status) {
  Response response;
  response.status = status;
  response.body = to_text(body);
  return response;
}

}  // namespace slipway::api
