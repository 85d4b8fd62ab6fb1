#include "host/api/openapi.hpp"

namespace slipway::api {
namespace {

Json reference(const std::string& name) { return {{"$ref", "#/components/schemas/" + name}}; }

Json content(const std::string& type, Json schema) { return {{type, {{"schema", std::move(schema)}}}}; }

Json problem_schema() {
  const Json text{{"type", "string"}};
  return {{"type", "object"},
          {"description", "RFC 9457 problem details."},
          {"required", {"type", "title", "status", "detail", "code", "errors"}},
          {"properties",
           {{"type", text},
            {"title", text},
            {"status", {{"type", "integer"}}},
            {"detail", text},
            {"instance", text},
            {"code", text},
            {"errors",
             {{"type", "array"},
              {"items",
               {{"type", "object"},
                {"required", {"pointer", "message"}},
                {"properties", {{"pointer", text}, {"value", text}, {"message", text}}}}}}}}}};
}

Json parameter(std::string_view name, std::string_view where, Json schema, std::string_view doc) {
  return {{"name", name},
          {"in", where},
          {"required", where == "path"},
          {"schema", std::move(schema)},
          {"description", doc}};
}

void add_path_parameters(Json& list, std::string_view path) {
  for (std::size_t open = path.find('{'); open != path.npos; open = path.find('{', open + 1)) {
    const std::size_t close = path.find('}', open);
    list.push_back(parameter(path.substr(open + 1, close - open - 1), "path", {{"type", "string"}}, "Which one."));
  }
}

Json parameters_of(const Operation& operation) {
  Json list = Json::array();
  add_path_parameters(list, operation.path);
  for (const Parameter& query : operation.query)
    list.push_back(parameter(query.name, "query", query.schema, query.doc));
  if (has(operation.features, Feature::paged)) {
    list.push_back(parameter("limit", "query", {{"type", "integer"}, {"minimum", 1}, {"maximum", 500}, {"default", 50}},
                             "Entries a page."));
    list.push_back(parameter("cursor", "query", {{"type", "string"}}, "next_cursor of the page before."));
  }
  if (has(operation.features, Feature::dry_run)) {
    list.push_back(parameter("dry_run", "query", {{"type", "boolean"}, {"default", false}},
                             "Check and show, but change nothing."));
  }
  if (has(operation.features, Feature::if_match))
    list.push_back(parameter("If-Match", "header", {{"type", "string"}}, "ETag that must still hold; else 412."));
  if (has(operation.features, Feature::idempotent)) {
    list.push_back(parameter("Idempotency-Key", "header", {{"type", "string"}, {"minLength", 1}, {"maxLength", 128}},
                             "Repeats within 24 h answer as the first did."));
  }
  if (operation.id == "streamEvents")
    list.push_back(parameter("Last-Event-ID", "header", {{"type", "string"}}, "Resume after this event."));
  if (operation.access == Access::authenticated) {
    list.push_back(parameter("X-Slipway-Tenant", "header", {{"type", "string"}, {"default", "default"}},
                             "Tenant, for administrators of several."));
  }
  return list;
}

Json reply_of(const Operation& operation) {
  Json reply{{"description", operation.summary}};
  if (!operation.reply.name.empty()) {
    reply["content"] = content(operation.reply_type, reference(operation.reply.name));
  } else if (operation.reply_type != "application/json") {
    reply["content"] = content(operation.reply_type, {{"type", "string"}});
  }
  if (has(operation.features, Feature::etag))
    reply["headers"]["ETag"] = {{"schema", {{"type", "string"}}}, {"description", "Version of the object."}};
  if (has(operation.features, Feature::of_host))
    reply["headers"]["Slipway-Host"] = {{"schema", {{"type", "string"}}},
                                        {"description", "The host that this is about: the one that was asked."}};
  return reply;
}

Json responses_of(const Operation& operation) {
  Json responses = Json::object();
  responses[std::to_string(operation.success)] = reply_of(operation);
  if (operation.id == "putApplication") responses["201"] = reply_of(operation);
  if (operation.id == "startRollout") {
    responses["200"] = {{"description", "With dry_run: the plan."},
                        {"content", content("application/json", reference("RolloutPlan"))}};
  }
  if (operation.id == "swapBinding") responses["202"] = reply_of(operation);
  if (operation.id == "getHealth" || operation.id == "getReady") responses["503"] = reply_of(operation);
  if (has(operation.features, Feature::etag) && operation.method == "GET")
    responses["304"] = {{"description", "Not changed since If-None-Match."}};
  responses["default"] = {{"description", "A problem."},
                          {"content", content("application/problem+json", reference("Problem"))}};
  return responses;
}

Json operation_json(const Operation& operation) {
  Json json{{"operationId", operation.id},
            {"summary", operation.summary},
            {"parameters", parameters_of(operation)},
            {"responses", responses_of(operation)}};
  if (!operation.request.name.empty()) {
    json["requestBody"] = {{"required", operation.request.schema.contains("required")},
                           {"content", content("application/json", reference(operation.request.name))}};
  }
  if (operation.access == Access::everybody) json["security"] = Json::array();
  return json;
}

// What people send is read strictly: a field that is not there is a fault. What they get may grow.
Json closed(Json schema) {
  if (!schema.is_structured()) return schema;
  for (Json& part : schema) part = closed(std::move(part));
  if (schema.is_object() && schema.value("type", Json()) == "object" && schema.contains("properties"))
    schema["additionalProperties"] = false;
  return schema;
}

void add_schema(Json& schemas, const Schema& schema) {
  if (!schema.name.empty()) schemas[schema.name] = schema.schema;
}

}  // namespace

Json openapi_document(const Operations& operations, std::string_view version) {
  Json paths = Json::object();
  Json schemas{{"Problem", problem_schema()}};
  for (const Operation& operation : operations) {
    std::string method = operation.method;
    for (char& c : method) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    paths[operation.path][method] = operation_json(operation);
    add_schema(schemas, {operation.request.name, closed(operation.request.schema)});
    add_schema(schemas, operation.reply);
    add_schema(schemas, operation.item);
  }
  return {
      {"openapi", "3.1.0"},
      {"info", {{"title", "Slipway"}, {"version", version}, {"description", "Deployment control plane."}}},
      {"security", {{{"token", Json::array()}}}},
      {"paths", std::move(paths)},
      {"components",
       {{"schemas", std::move(schemas)}, {"securitySchemes", {{"token", {{"type", "http"}, {"scheme", "bearer"}}}}}}}};
}

}  // namespace slipway::api
