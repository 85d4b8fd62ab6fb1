// The OpenAPI document and the server hold each other to the contract.
#include "host/api/openapi.hpp"

#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "host/base/files.hpp"
#include "tests/unit/host/api/fixture.hpp"

namespace slipway::api::test {
namespace {

// References resolved in place: every schema stands for itself.
Json resolved(const Json& schema, const Json& document) {
  if (schema.is_object() && schema.contains("$ref")) {
    return resolved(document.at(Json::json_pointer(schema["$ref"].get<std::string>().substr(1))), document);
  }
  if (!schema.is_structured()) return schema;
  Json copy = schema;
  for (Json& part : copy) part = resolved(part, document);
  return copy;
}

std::string faults(const Json& schema, const Json& value) {
  valijson::Schema compiled;
  const valijson::adapters::NlohmannJsonAdapter schema_adapter(schema);
  valijson::SchemaParser().populateSchema(schema_adapter, compiled);
  valijson::ValidationResults results;
  const valijson::adapters::NlohmannJsonAdapter target(value);
  valijson::Validator validator;
  if (validator.validate(compiled, target, &results)) return "";
  std::string text;
  for (const auto& error : results) text += error.description + "\n";
  return text;
}

class OpenapiTest : public ApiFixture {
 protected:
  Json document = send("GET", "/openapi.json").json();

  // Sends the request and checks the answer against the document; the document must know its status.
  Json check(const std::string& method, const std::string& target, const std::string& path,
             const std::string& body = "") {
    const auto answer = send(method, target, body);
    std::string verb = method;
    for (char& c : verb) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const Json& operation = document["paths"][path][verb];
    EXPECT_TRUE(operation.is_object()) << method << " " << path;
    if (!body.empty()) {
      EXPECT_EQ(faults(resolved(operation["requestBody"]["content"]["application/json"]["schema"], document),
                       Json::parse(body)),
                "")
          << target;
    }
    const Json& responses = operation["responses"];
    const std::string status = std::to_string(answer.status);
    const Json& response = responses.contains(status) ? responses[status] : responses["default"];
    EXPECT_TRUE(responses.contains(status) || answer.status >= 400) << method << " " << target << ": " << status;
    if (answer.body.empty()) return nullptr;
    const std::string type = answer.headers.at("content-type").substr(0, answer.headers.at("content-type").find(';'));
    EXPECT_TRUE(response["content"].contains(type)) << target << " " << type;
    if (type != "application/json" && type != "application/problem+json") return nullptr;
    EXPECT_EQ(faults(resolved(response["content"][type]["schema"], document), answer.json()), "") << target;
    return answer.json();
  }
};

TEST_F(OpenapiTest, answers_of_every_operation_are_what_the_document_says) {
  check("PUT", "/api/applications/web", "/api/applications/{name}",
        R"({"name":"web","replicas":2,"analyses":[{"name":"errors"}]})");
  check("GET", "/api/applications/web", "/api/applications/{name}");
  check("GET", "/api/applications", "/api/applications");
  check("POST", "/api/applications/web/releases", "/api/applications/{name}/releases",
        R"({"release":{"version":"1.0","command":["run"]}})");
  check("GET", "/api/applications/web/releases", "/api/applications/{name}/releases");
  check("GET", "/api/applications/web/releases/9", "/api/applications/{name}/releases/{release}");
  check("POST", "/api/rollouts", "/api/rollouts", R"({"application":"web","release":"1.0"})");
  check("POST", "/api/rollouts?dry_run=true", "/api/rollouts", R"({"application":"web","release":"1.0"})");
  check("GET", "/api/rollouts", "/api/rollouts");
  check("GET", "/api/rollouts/r1", "/api/rollouts/{id}");
  check("GET", "/api/rollouts/r2", "/api/rollouts/{id}");
  check("GET", "/api/rollouts/r1/journal", "/api/rollouts/{id}/journal");
  for (const auto& entry : enum_names(rollout::Action{})) {
    const std::string name(entry.second);
    check("POST", "/api/rollouts/r1/" + name, "/api/rollouts/{id}/" + name, R"({"reason":"test"})");
  }
  for (const char* path : {"/api/plugins", "/api/bindings", "/api/profile", "/api/status", "/health", "/health/live",
                           "/health/ready", "/metrics"})
    check("GET", path, path);
  check("GET", "/api/plugins/strategy-canary", "/api/plugins/{id}");
  check("GET", "/docs", "/docs");
  check("DELETE", "/api/applications/web", "/api/applications/{name}");
}

TEST_F(OpenapiTest, bodies_that_the_document_forbids_are_refused) {
  const std::vector<std::pair<std::string, Json>> bad{
      {"ApplicationSpec", {{"name", "web"}, {"replicas", 0}}},
      {"ApplicationSpec", {{"replicas", 1}}},
      {"ApplicationSpec", {{"name", "web"}, {"sticky", "x"}}},
      {"ApplicationSpec", {{"name", "web"}, {"rollback", {{"over", "soon"}}}}}};
  for (const auto& [schema, body] : bad) {
    EXPECT_NE(faults(resolved(document["components"]["schemas"][schema], document), body), "") << body;
    EXPECT_EQ(send("PUT", "/api/applications/web", body.dump()).status, 400) << body;
  }
}

TEST_F(OpenapiTest, the_document_in_the_repository_is_the_one_that_is_served) {
  const auto file = base::read_file(SLIPWAY_SOURCE_DIR "/docs/reference/openapi.json", {.max_bytes = 4 << 20});
  ASSERT_TRUE(file.ok()) << to_string(file.status());
  EXPECT_EQ(*file, openapi_document(all_operations(control, host, profile), SLIPWAY_VERSION).dump(2) + "\n")
      << "run tools/reference to write it anew";
}

TEST_F(OpenapiTest, the_page_for_reading_names_every_operation) {
  const std::string page = send("GET", "/docs").body;
  for (const Operation& operation : all_operations(control, host, profile)) {
    if (operation.path == "/docs" || operation.path == "/openapi.json") continue;
    EXPECT_NE(page.find("id=\"" + operation.id + "\""), std::string::npos) << operation.id;
  }
}

}  // namespace
}  // namespace slipway::api::test
