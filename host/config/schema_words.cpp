#include "host/config/schema_words.hpp"

#include <algorithm>
#include <cmath>
#include <regex>
#include <slipway/values.hpp>

#include "host/config/expressions.hpp"
#include "host/config/fault.hpp"
#include "host/config/schema.hpp"

namespace slipway::config {
namespace {

bool has(const Json& schema, const char* keyword) { return schema.is_object() && schema.contains(keyword); }

std::string text_of(const Json& schema, const char* keyword) {
  const auto found = schema.find(keyword);
  return found != schema.end() && found->is_string() ? found->get<std::string>() : "";
}

std::string bare(const Json& value) { return value.is_string() ? value.get<std::string>() : to_text(value); }

// " from 1 to 5", " of at least 1", " of at most 5", or nothing.
std::string range_words(const Json& schema, const char* low, const char* high) {
  if (has(schema, low) && has(schema, high)) return " from " + bare(schema[low]) + " to " + bare(schema[high]);
  if (has(schema, low)) return " of at least " + bare(schema[low]);
  if (has(schema, high)) return " of at most " + bare(schema[high]);
  return "";
}

std::string counted(const char* what, const char* unit, const Json& schema, const char* low, const char* high) {
  const std::string range = range_words(schema, low, high);
  return range.empty() ? what : std::string(what) + " with a number of " + unit + range;
}

std::string enum_words(const Json& schema) {
  std::string text = "one of ";
  for (const Json& choice : schema["enum"]) text += (text.size() > 7 ? ", " : "") + bare(choice);
  return text;
}

std::string string_words(const Json& schema) {
  if (has(schema, "x-minimum") || has(schema, "x-maximum"))
    return "a duration" + range_words(schema, "x-minimum", "x-maximum");
  if (has(schema, "pattern")) return "a text that matches " + text_of(schema, "pattern");
  return counted("a text", "characters", schema, "minLength", "maxLength");
}

std::string type_words(const Json& schema, const std::string& type) {
  if (type == "integer") return "an integer" + range_words(schema, "minimum", "maximum");
  if (type == "number") return "a number" + range_words(schema, "minimum", "maximum");
  if (type == "boolean") return "true or false";
  if (type == "string") return string_words(schema);
  if (type == "array") return counted("a list", "entries", schema, "minItems", "maxItems");
  if (type == "object") return counted("an object", "fields", schema, "minProperties", "maxProperties");
  return type;
}

template <class List, class Words>
std::string either(const List& list, Words&& words) {
  std::string text;
  for (const Json& item : list) text += (text.empty() ? "" : " or ") + words(item);
  return text;
}

bool has_type(const Json& value, const std::string& type) {
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  if (type == "boolean") return value.is_boolean();
  if (type == "string") return value.is_string();
  if (type == "array") return value.is_array();
  if (type == "object") return value.is_object();
  return type != "null" || value.is_null();
}

bool type_fits(const Json& schema, const Json& value) {
  if (!has(schema, "type")) return true;
  const Json& type = schema["type"];
  if (type.is_string()) return has_type(value, type.get<std::string>());
  return !type.is_array() || std::ranges::any_of(type, [&](const Json& one) {
    return one.is_string() && has_type(value, one.get<std::string>());
  });
}

bool within(const Json& schema, const char* low, const char* high, double number) {
  const auto bound = [&](const char* keyword, double none) {
    return has(schema, keyword) && schema[keyword].is_number() ? schema[keyword].get<double>() : none;
  };
  return number >= bound(low, -HUGE_VAL) && number <= bound(high, HUGE_VAL);
}

bool duration_fits(const Json& schema, const std::string& text) {
  if (!has(schema, "x-minimum") && !has(schema, "x-maximum")) return true;
  const auto duration = parse_duration(text);
  if (!duration.ok()) return false;
  const auto low = parse_duration(text_of(schema, "x-minimum"));
  const auto high = parse_duration(text_of(schema, "x-maximum"));
  return (!low.ok() || *duration >= *low) && (!high.ok() || *duration <= *high);
}

bool pattern_fits(const Json& schema, const std::string& text) {
  if (!has(schema, "pattern")) return true;
  if (text.size() > kLongestMatched) return false;
  const auto wanted = expression(text_of(schema, "pattern"));
  try {
    return wanted != nullptr && std::regex_search(text, *wanted);
  } catch (const std::regex_error&) {
    return false;
  }
}

std::size_t characters(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

bool scalar_fits(const Json& schema, const Json& value) {
  if (has(schema, "enum") && std::ranges::find(schema["enum"], value) == schema["enum"].end()) return false;
  if (value.is_number()) return within(schema, "minimum", "maximum", value.get<double>());
  if (value.is_array()) return within(schema, "minItems", "maxItems", static_cast<double>(value.size()));
  if (value.is_object()) return within(schema, "minProperties", "maxProperties", static_cast<double>(value.size()));
  if (!value.is_string()) return true;
  const auto& text = value.get_ref<const std::string&>();
  return within(schema, "minLength", "maxLength", static_cast<double>(characters(text))) &&
         duration_fits(schema, text) && pattern_fits(schema, text);
}

bool any_fits(const Json& schema, const Json& value) {
  if (!has(schema, "anyOf")) return true;
  return std::ranges::any_of(schema["anyOf"], [&](const Json& branch) {
    Problems faults;
    collect_faults(branch, value, "", faults);
    return faults.empty();
  });
}

std::vector<std::string> names_of(const Json& schema) {
  std::vector<std::string> names;
  if (!has(schema, "properties")) return names;
  for (const auto& [name, ignored] : schema["properties"].items()) names.push_back(name);
  return names;
}

void collect_object(const Json& schema, const Json& value, const std::string& path, Problems& faults) {
  const Json none = Json::object();
  const Json& properties = has(schema, "properties") ? schema["properties"] : none;
  for (const auto& [name, field] : value.items()) {
    if (properties.contains(name)) {
      collect_faults(properties[name], field, child_path(path, name), faults);
    } else if (has(schema, "additionalProperties")) {
      const Json& rest = schema["additionalProperties"];
      if (rest == Json(false)) {
        faults.push_back({child_path(path, name), "", unknown_name(name, names_of(schema))});
      } else {
        collect_faults(rest, field, child_path(path, name), faults);
      }
    }
  }
  if (!has(schema, "required")) return;
  for (const Json& name : schema["required"]) {
    if (!name.is_string() || value.contains(name.get<std::string>())) continue;
    const std::string field = name.get<std::string>();
    const std::string words = properties.contains(field) ? words_for(properties[field]) : "";
    faults.push_back({child_path(path, field), "", words.empty() ? "is missing" : "is missing; want " + words});
  }
}

}  // namespace

std::string words_for(const Json& schema) {
  if (has(schema, "x-want")) return text_of(schema, "x-want");
  if (has(schema, "enum")) return enum_words(schema);
  if (has(schema, "anyOf")) return either(schema["anyOf"], words_for);
  if (!has(schema, "type")) return "";
  const Json& type = schema["type"];
  if (type.is_string()) return type_words(schema, type.get<std::string>());
  return either(type, [&](const Json& one) { return type_words(schema, bare(one)); });
}

void collect_faults(const Json& schema, const Json& value, const std::string& path, Problems& faults) {
  if (!schema.is_object()) return;
  if (!type_fits(schema, value) || !scalar_fits(schema, value) || !any_fits(schema, value)) {
    faults.push_back({path.empty() ? "/" : path, clip(to_text(value)), "want " + words_for(schema)});
    return;
  }
  if (value.is_object()) collect_object(schema, value, path, faults);
  if (!value.is_array() || !has(schema, "items")) return;
  for (std::size_t i = 0; i < value.size(); ++i)
    collect_faults(schema["items"], value[i], child_path(path, std::to_string(i)), faults);
}

}  // namespace slipway::config
