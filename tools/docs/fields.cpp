#include "tools/docs/fields.hpp"

#include "tools/docs/markdown.hpp"

namespace slipway::docs {
namespace {

std::string word(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

std::string joined(const Json& list, std::string (*text)(const Json&), const char* separator) {
  std::string all;
  for (const Json& item : list) all += (all.empty() ? "" : separator) + text(item);
  return all;
}

std::string string_type(const Json& schema) {
  if (schema.value("format", "") == "date-time") return "moment";
  // The one pattern that durations have.
  if (schema.value("pattern", "").find("h|ms|m|s|us|ns") != std::string::npos) return "duration";
  if (schema.value("pattern", "").ends_with("%?$")) return "percentage";
  return "text";
}

// What an integer type bears anyway is no bound worth telling.
bool is_natural(const Json& bound) {
  return bound == std::numeric_limits<std::int32_t>::min() || bound == std::numeric_limits<std::int32_t>::max() ||
         bound == std::numeric_limits<std::uint32_t>::max();
}

std::string range(const Json& schema, const char* low, const char* high, const std::string& unit) {
  const bool has_high = schema.contains(high) && !is_natural(schema[high]);
  const bool has_low = schema.contains(low) && !is_natural(schema[low]) && !(schema[low] == 0 && !unit.empty());
  if (has_low && has_high) return word(schema[low]) + " to " + word(schema[high]) + unit;
  if (has_low) return "at least " + word(schema[low]) + unit;
  return has_high ? "at most " + word(schema[high]) + unit : "";
}

const Json& item_of(const Json& schema) {
  static const Json anything = Json::object();
  if (schema.contains("items")) return schema["items"];
  const auto more = schema.find("additionalProperties");
  return more != schema.end() && more->is_object() ? *more : anything;
}

void add_rows(FieldRows& rows, const Json& schema, const std::string& prefix) {
  if (!schema.contains("properties")) return;
  const Json required = schema.value("required", Json::array());
  for (const auto& [name, field] : schema["properties"].items()) {
    const bool must = std::find(required.begin(), required.end(), name) != required.end();
    rows.push_back({prefix + name, field, must});
    add_rows(rows, field, prefix + name + ".");
    add_rows(rows, item_of(field), prefix + name + (field.contains("items") ? "[]." : ".*."));
  }
}

std::string default_text(const FieldRow& row) {
  const auto value = row.schema.find("default");
  if (row.is_required || value == row.schema.end()) return "";
  return code(value->dump());
}

}  // namespace

std::string type_text(const Json& schema) {
  if (schema.contains("enum"))
    return "one of " + joined(
                           schema["enum"], [](const Json& v) { return code(word(v)); }, ", ");
  if (schema.contains("anyOf")) return joined(schema["anyOf"], type_text, " or ");
  const Json type = schema.value("type", Json());
  if (type.is_array())
    return joined(
        type,
        [](const Json& t) {
          return type_text({{"type", t}});
        },
        " or ");
  if (type == "string") return string_type(schema);
  if (type == "array") return "list of " + type_text(item_of(schema));
  if (type == "object" && !schema.contains("properties") && schema.contains("additionalProperties") &&
      schema["additionalProperties"].is_object())
    return "map of " + type_text(item_of(schema));
  return type.is_null() ? "anything" : word(type);
}

std::string bounds_text(const Json& schema) {
  if (schema.contains("x-want")) return word(schema["x-want"]);
  if (schema.contains("anyOf")) {
    std::string all;
    for (const Json& choice : schema["anyOf"]) {
      const std::string one = bounds_text(choice);
      all += (all.empty() || one.empty() ? "" : "; ") + one;
    }
    return all;
  }
  for (const auto& [low, high, unit] : {std::tuple{"minimum", "maximum", ""},
                                        {"x-minimum", "x-maximum", ""},
                                        {"minLength", "maxLength", " bytes"},
                                        {"minItems", "maxItems", " entries"},
                                        {"minProperties", "maxProperties", " entries"}}) {
    if (std::string text = range(schema, low, high, unit); !text.empty()) return text;
  }
  return "";
}

FieldRows rows_of_schema(const Json& schema) {
  FieldRows rows;
  add_rows(rows, schema, "");
  return rows;
}

std::string fields_table(const FieldRows& rows) {
  if (rows.empty()) return "No fields.\n\n";
  std::vector<Cells> cells;
  for (const FieldRow& row : rows) {
    cells.push_back({code(row.path), type_text(row.schema), row.is_required ? "yes" : "", default_text(row),
                     bounds_text(row.schema), row.schema.value("description", "")});
  }
  return table({"field", "type", "required", "default", "bounds", "meaning"}, cells);
}

}  // namespace slipway::docs
