#include "host/runtime/error_document.hpp"

#include <slipway/json.hpp>

namespace slipway::runtime {
namespace {

constexpr std::size_t kMaxShown = 500;
constexpr std::size_t kMaxProblems = 100;

std::string text_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) return {};
  return found->is_string() ? found->get<std::string>() : to_text(*found);
}

Problems problems_of(const Json& document) {
  Problems problems;
  const auto list = document.find("problems");
  if (list == document.end() || !list->is_array()) return problems;
  for (const Json& entry : *list) {
    if (!entry.is_object() || problems.size() == kMaxProblems) continue;
    problems.push_back({text_of(entry, "path"), text_of(entry, "value"), text_of(entry, "message")});
  }
  return problems;
}

std::string shown(std::string_view bytes) {
  // As a JSON text first, so that no byte that is not UTF-8 gets into a message.
  const std::string quoted = to_text(Json(bytes.substr(0, kMaxShown)));
  return quoted.substr(1, quoted.size() - 2);
}

}  // namespace

Status status_of(slipway_status code, std::string_view document, std::string_view otherwise) {
  const bool canonical = code > SLIPWAY_OK && code <= SLIPWAY_UNAUTHENTICATED;
  Status status(canonical ? static_cast<Code>(code) : Code::internal, std::string(otherwise));
  const auto parsed = parse_json(document);
  if (parsed.ok() && parsed->is_object()) {
    if (std::string message = text_of(*parsed, "message"); !message.empty()) status.message = std::move(message);
    status.problems = problems_of(*parsed);
  } else if (!document.empty()) {
    status.message = shown(document);
  }
  return status;
}

std::string error_document(const Status& status) {
  Json problems = Json::array();
  for (const Problem& problem : status.problems) {
    problems.push_back({{"path", problem.path}, {"value", problem.value}, {"message", problem.message}});
  }
  return to_text({{"message", status.message}, {"problems", std::move(problems)}});
}

}  // namespace slipway::runtime
