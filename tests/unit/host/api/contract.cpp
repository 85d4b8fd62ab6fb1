#include "tests/unit/host/api/contract.hpp"

#include <map>
#include <memory>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

namespace slipway::api::test {
namespace {

const valijson::Schema& compiled(const Json& schema) {
  static std::map<std::string, std::unique_ptr<valijson::Schema>> cache;
  auto& entry = cache[schema.dump()];
  if (!entry) {
    entry = std::make_unique<valijson::Schema>();
    const valijson::adapters::NlohmannJsonAdapter adapter(schema);
    valijson::SchemaParser().populateSchema(adapter, *entry);
  }
  return *entry;
}

Json closed(Json schema) {
  if (!schema.is_structured()) return schema;
  for (Json& part : schema) part = closed(std::move(part));
  if (schema.is_object() && schema.contains("properties") && schema["properties"].is_object() &&
      !schema.contains("additionalProperties"))
    schema["additionalProperties"] = false;
  return schema;
}

}  // namespace

Json resolved(const Json& schema, const Json& document) {
  if (schema.is_object() && schema.contains("$ref")) {
    return resolved(document.at(Json::json_pointer(schema["$ref"].get<std::string>().substr(1))), document);
  }
  if (!schema.is_structured()) return schema;
  Json copy = schema;
  for (Json& part : copy) part = resolved(part, document);
  return copy;
}

Json resolved_and_closed(const Json& schema, const Json& document) { return closed(resolved(schema, document)); }

std::string faults(const Json& schema, const Json& value) {
  valijson::ValidationResults results;
  const valijson::adapters::NlohmannJsonAdapter target(value);
  valijson::Validator validator;
  if (validator.validate(compiled(schema), target, &results)) return "";
  std::string text;
  for (const auto& error : results) text += error.description + "\n";
  return text;
}

}  // namespace slipway::api::test
