#include "host/config/variables.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>

namespace slipway::config {
namespace {

constexpr std::string_view kPrefix = "SLIPWAY_";

std::vector<std::string> split(std::string_view text, std::string_view separator) {
  std::vector<std::string> parts;
  for (std::size_t at = 0;;) {
    const auto end = text.find(separator, at);
    parts.emplace_back(text.substr(at, end - at));
    if (end == text.npos) return parts;
    at = end + separator.size();
  }
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return result;
}

std::string type_at(const Json& schema, const std::vector<std::string>& path) {
  const Json* here = &schema;
  for (const auto& name : path) {
    if (!here->contains("properties") || !(*here)["properties"].contains(name)) return "";
    here = &(*here)["properties"][name];
  }
  return here->value("type", "");
}

// What cannot be read as wanted stays text, and the schema's check then says what is allowed.
Json value_as(const std::string& type, const std::string& text) {
  if (type == "string" || type.empty()) return text;
  if (const auto parsed = parse_json(text, {.bytes = 65536, .depth = 8}); parsed.ok()) return *parsed;
  if (type != "array") return text;
  Json list = Json::array();
  for (auto& part : split(text, ",")) list.push_back(std::move(part));
  return list;
}

Source source_of(const std::string& name, const std::string& text, const Json& schema) {
  const auto path = split(lower(std::string_view(name).substr(kPrefix.size())), "__");
  Source source{"environment variable " + name, Json::object(), {}, {}};
  Json* here = &source.value;
  for (const auto& part : path) here = &(*here)[part];
  *here = value_as(type_at(schema, path), text);
  return source;
}

}  // namespace

bool is_foreign_variable(std::string_view name) {
  // SLIPWAY_TOKEN_FILE too: a host that took over the command line's would write the token of another host.
  constexpr std::array<std::string_view, 12> kForeign{
      "SLIPWAY_URL",     "SLIPWAY_TOKEN",   "SLIPWAY_TOKEN_FILE",    "SLIPWAY_TENANT",
      "SLIPWAY_OUTPUT",  "SLIPWAY_CONFIG",  "SLIPWAY_PROFILE",       "SLIPWAY_CONFIG_DIRECTORY",
      "SLIPWAY_RELEASE", "SLIPWAY_REPLICA", "SLIPWAY_KEY_DIRECTORY", "SLIPWAY_APPLICATION"};
  return name.starts_with("SLIPWAY_SECRET_") || std::ranges::find(kForeign, name) != kForeign.end();
}

Variables environment_variables() {
  Variables variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (const auto equal = text.find('='); equal != text.npos)
      variables.emplace(text.substr(0, equal), text.substr(equal + 1));
  }
  return variables;
}

std::vector<Source> variable_sources(const Variables& variables, const Json& schema) {
  std::vector<Source> sources;
  for (const auto& [name, text] : variables) {
    if (name.starts_with(kPrefix) && name.size() > kPrefix.size() && name.size() <= 200 && !is_foreign_variable(name)) {
      sources.push_back(source_of(name, text, schema));
    }
  }
  return sources;
}

}  // namespace slipway::config
