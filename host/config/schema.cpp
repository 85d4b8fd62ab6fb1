#include "host/config/schema.hpp"

#include <algorithm>
#include <exception>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "host/config/expressions.hpp"
#include "host/config/fault.hpp"
#include "host/config/schema_words.hpp"

namespace slipway::config {
namespace {

using Adapter = valijson::adapters::NlohmannJsonAdapter;

// {"<root>", "[limits]", "[connections]"} as "/limits/connections".
std::string path_of(const std::vector<std::string>& context) {
  std::string path;
  for (std::size_t i = 1; i < context.size(); ++i) {
    const std::string& part = context[i];
    path = child_path(path, part.size() >= 2 && part.front() == '[' ? part.substr(1, part.size() - 2) : part);
  }
  return path.empty() ? "/" : path;
}

bool inside(const std::string& path, const std::string& other) {
  return other == "/" || path == other || path.starts_with(other + "/");
}

// What the library would follow without end, or what would make a text of our own run as a costly expression. Empty:
// none.
std::string unusable(const Json& schema) {
  constexpr std::size_t kLongestPattern = 512;
  if (schema.is_array()) {
    for (const Json& part : schema) {
      if (auto reason = unusable(part); !reason.empty()) return reason;
    }
  }
  if (!schema.is_object()) return "";
  for (const char* keyword : {"$ref", "patternProperties"}) {
    if (schema.contains(keyword))
      return "\"" + std::string(keyword) + "\" is not allowed; write the part out where it is used";
  }
  if (const auto found = schema.find("pattern"); found != schema.end() && found->is_string()) {
    const auto& pattern = found->get_ref<const std::string&>();
    if (pattern.size() > kLongestPattern) return "a pattern has at most " + std::to_string(kLongestPattern) + " bytes";
    if (expression(pattern) == nullptr) return clip(to_text(*found)) + " is no regular expression";
  }
  for (const auto& [name, part] : schema.items()) {
    if (auto reason = unusable(part); !reason.empty()) return reason;
  }
  return "";
}

// The schema without the patterns that the words see wherever they stand: the library compiles each anew at each check.
Json without_seen_patterns(Json schema) {
  if (!schema.is_object()) return schema;
  if (const auto pattern = schema.find("pattern"); pattern != schema.end() && pattern->is_string())
    schema.erase(pattern);
  for (const char* keyword : {"items", "additionalProperties"}) {
    if (schema.contains(keyword)) schema[keyword] = without_seen_patterns(std::move(schema[keyword]));
  }
  const auto properties = schema.find("properties");
  if (properties == schema.end() || !properties->is_object()) return schema;
  for (Json& field : *properties) field = without_seen_patterns(std::move(field));
  return schema;
}

bool has_long_text(const Json& value) {
  if (value.is_string()) return value.get_ref<const std::string&>().size() > kLongestMatched;
  return value.is_structured() && std::ranges::any_of(value, has_long_text);
}

}  // namespace

struct Schema::Compiled {
  Json words;
  valijson::Schema rules;

  // What the validator sees at places where the words saw nothing: an object's fault repeats those of its fields.
  void add_unseen(const Json& value, Problems& faults) const {
    valijson::Validator validator(valijson::Validator::kStrongTypes);
    valijson::ValidationResults results;
    const Adapter target(value);
    if (validator.validate(rules, target, &results)) return;
    for (const auto& error : results) {
      const std::string path = path_of(error.context);
      const bool told = std::ranges::any_of(
          faults, [&](const Problem& fault) { return inside(fault.path, path) || inside(path, fault.path); });
      if (!told) faults.push_back({path, "", error.description});
    }
  }
};

Result<Schema> Schema::parse(const Json& schema) {
  if (!schema.is_object()) return Status(Code::invalid_argument, "want an object that is a JSON Schema");
  if (const auto reason = unusable(schema); !reason.empty())
    return Status(Code::invalid_argument, "no usable JSON Schema: " + reason);
  auto compiled = std::make_shared<Compiled>();
  compiled->words = schema;
  try {
    const Json unseen = without_seen_patterns(schema);
    const Adapter adapter(unseen);
    valijson::SchemaParser(valijson::SchemaParser::kDraft7).populateSchema(adapter, compiled->rules);
  } catch (const std::exception& error) {
    return Status(Code::invalid_argument, std::string("no usable JSON Schema: ") + error.what());
  }
  return Schema(std::move(compiled));
}

Problems Schema::check(const Json& value) const {
  Problems faults;
  collect_faults(compiled_->words, value, "", faults);
  try {
    if (!has_long_text(value)) compiled_->add_unseen(value, faults);
  } catch (const std::exception& error) {
    faults.push_back({"/", "", std::string("cannot be checked: ") + error.what()});
  }
  std::ranges::stable_sort(faults, {}, &Problem::path);
  return faults;
}

std::string unknown_name(std::string_view name, const std::vector<std::string>& names) {
  if (const auto near = nearest_name(name, names); !near.empty())
    return "is no field here; did you mean \"" + near + "\"?";
  std::string all;
  for (const auto& one : names) all += (all.empty() ? "" : ", ") + one;
  return all.empty() ? "is no field here; none is allowed" : "is no field here; want one of " + all;
}

}  // namespace slipway::config
