#include "plugins/metrics/probe/expectation.hpp"

#include <algorithm>
#include <cctype>

namespace slipway::probe {
namespace {

constexpr std::size_t kShown = 80;

std::string quoted(const std::string& text) {
  return to_text(Json(text.size() <= kShown ? text : text.substr(0, kShown) + "..."));
}

std::string clipped(const Json& value) {
  const std::string text = to_text(value);
  return text.size() <= kShown ? text : text.substr(0, kShown) + "...";
}

std::string wrong_status(const Expect& expect, std::int32_t status) {
  std::string wanted;
  for (const StatusRange& range : expect.status) {
    if (status >= range.low && status <= range.high) return "";
    wanted += (wanted.empty() ? "" : ", ") + to_string(range);
  }
  return "status " + std::to_string(status) + ", want " + wanted;
}

std::string wrong_header(const Expect& expect, const services::HttpReply& reply) {
  for (const auto& [name, value] : expect.headers) {
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const auto found = reply.headers.find(lower);
    if (found == reply.headers.end()) return "there is no header " + name;
    if (found->second != value) return "header " + name + " is " + quoted(found->second) + ", want " + quoted(value);
  }
  return "";
}

std::string wrong_json(const Expect& expect, const std::string& body) {
  if (expect.json.empty()) return "";
  const auto document = parse_json(body);
  if (!document.ok()) return "the body is " + document.status().message;
  for (const auto& [pointer, value] : expect.json) {
    const Json::json_pointer place(pointer);
    if (!document->contains(place)) return "the body has no " + pointer;
    if (document->at(place) != value)
      return pointer + " is " + clipped(document->at(place)) + ", want " + clipped(value);
  }
  return "";
}

}  // namespace

std::string too_slow(const Expect& expect, Duration elapsed) {
  if (!expect.max_latency || elapsed <= *expect.max_latency) return "";
  return "took " + to_string(elapsed) + ", want at most " + to_string(*expect.max_latency);
}

std::string mismatch(const Expect& expect, const services::HttpReply& reply) {
  if (auto wrong = wrong_status(expect, reply.status); !wrong.empty()) return wrong;
  if (auto wrong = wrong_header(expect, reply); !wrong.empty()) return wrong;
  if (reply.body.find(expect.body_contains) == reply.body.npos)
    return "the body does not contain " + quoted(expect.body_contains);
  if (auto wrong = wrong_json(expect, reply.body); !wrong.empty()) return wrong;
  return too_slow(expect, reply.elapsed);
}

}  // namespace slipway::probe
