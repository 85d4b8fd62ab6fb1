// The OpenAPI document and the server hold each other to the contract: answers of every operation, problems,
// parameters.
#include "host/api/openapi.hpp"

#include <gmock/gmock.h>

#include "host/api/version.hpp"
#include "host/base/files.hpp"
#include "tests/unit/host/api/contract.hpp"
#include "tests/unit/host/api/fixture.hpp"

namespace slipway::api::test {
namespace {

using testing::HasSubstr;

struct Sample {
  std::string arguments;  // the target, where it differs from the path
  std::string body;
};

// Something that each operation answers with success; several where its answers differ in kind.
std::multimap<std::string, Sample> samples() {
  std::multimap<std::string, Sample> all{
      {"putApplication", {"/api/applications/web", R"({"name":"web","replicas":2,"analyses":[{"name":"errors"}]})"}},
      {"getApplication", {"/api/applications/web", ""}},
      {"deleteApplication", {"/api/applications/web", ""}},
      {"createRelease", {"/api/applications/web/releases", R"({"release":{"version":"1.0","command":["run"]}})"}},
      {"listReleases", {"/api/applications/web/releases", ""}},
      {"getRelease", {"/api/applications/web/releases/1.0", ""}},
      {"startRollout", {"/api/rollouts", R"({"application":"web","release":"1.0"})"}},
      {"startRollout", {"/api/rollouts?dry_run=true", R"({"application":"web","release":"1.0"})"}},
      {"getRollout", {"/api/rollouts/r1", ""}},
      {"getJournal", {"/api/rollouts/r1/journal", ""}},
      {"getPlugin", {"/api/plugins/strategy-canary", ""}},
      {"putProfile", {"", R"({"profile":{"profile":{"name":"dev"}},"reason":"test"})"}},
      {"putProfile", {"/api/profile?dry_run=true", R"({"profile":{"profile":{"name":"dev"}}})"}},
      {"rollBackProfile", {"", R"({"revision":2})"}},
      {"getRevision", {"/api/profile/history/3", ""}},
      {"drainHost", {"/api/hosts/dock-1/drain", ""}},
      {"undrainHost", {"/api/hosts/dock-1/undrain", ""}},
      {"swapBinding", {"/api/bindings/strategies.canary/swap", R"({"version":"^2.0"})"}},
      {"swapBinding", {"/api/bindings/strategies.canary/swap", R"({"version":"^2.0","share":"10%"})"}}};
  for (const char* path :
       {"listApplications", "listRollouts", "listHosts", "listPlugins", "listBindings", "getProfile", "getStatus",
        "getHealth", "getLive", "getReady", "getMetrics", "getDocs", "getOpenapi", "listRevisions"})
    all.insert({path, {}});
  for (const auto& entry : enum_names(rollout::Action{})) {
    const std::string name(entry.second);
    all.insert({name + "Rollout", {"/api/rollouts/r1/" + name, R"({"reason":"test"})"}});
  }
  return all;
}

class OpenapiTest : public ApiFixture {
 protected:
  Json document = send("GET", "/openapi.json").json();
  Operations operations = all_operations(control, host, profile);

  const Json& described(const Operation& operation) {
    std::string verb = operation.method;
    for (char& c : verb) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return document["paths"][operation.path][verb];
  }
  // The answer is one that the document knows of, with the headers, the media type and the body that it says.
  void expect_as_described(const Operation& operation, const HttpAnswer& answer, const std::string& what) {
    SCOPED_TRACE(what + ": " + std::to_string(answer.status) + " " + answer.body.substr(0, 300));
    const Json& responses = described(operation)["responses"];
    const std::string status = std::to_string(answer.status);
    ASSERT_TRUE(responses.contains(status) || answer.status >= 400);
    const Json& response = responses.contains(status) ? responses[status] : responses["default"];
    const Json headers = response.value("headers", Json::object());
    for (const auto& header : headers.items()) {
      std::string name = header.key();
      for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      EXPECT_TRUE(answer.headers.contains(name)) << name;
    }
    EXPECT_EQ(answer.body.empty(), !response.contains("content"));
    if (answer.body.empty() || !response.contains("content")) return;
    const std::string type = answer.headers.at("content-type").substr(0, answer.headers.at("content-type").find(';'));
    ASSERT_TRUE(response["content"].contains(type)) << type;
    if (!type.ends_with("json")) return;
    EXPECT_EQ(faults(resolved_and_closed(response["content"][type]["schema"], document), answer.json()), "");
  }
  std::string target_of(const Operation& operation, const Sample& sample) {
    return sample.arguments.empty() ? operation.path : sample.arguments;
  }
};

TEST_F(OpenapiTest, answers_of_every_operation_are_what_the_document_says) {
  const auto all = samples();
  (void)send("PUT", "/api/applications/web", R"({"name":"web"})");
  for (const std::string_view last : {"", "DELETE"}) {
    for (const Operation& operation : operations) {
      if (operation.id == "streamEvents" || (operation.method == "DELETE") != (last == "DELETE")) continue;
      EXPECT_TRUE(all.contains(operation.id)) << operation.id << " has no sample here";
      const auto [from, to] = all.equal_range(operation.id);
      for (auto sample = from; sample != to; ++sample) {
        const std::string target = target_of(operation, sample->second);
        const auto answer = send(operation.method, target, sample->second.body);
        expect_as_described(operation, answer, operation.method + " " + target);
      }
    }
  }
}

TEST_F(OpenapiTest, events_come_as_the_stream_that_the_document_says) {
  const auto stream = read_until(server.port(), request_text("GET", "/api/events"), "\r\n\r\n");
  EXPECT_THAT(stream, HasSubstr("text/event-stream"));
  EXPECT_TRUE(document["paths"]["/api/events"]["get"]["responses"]["200"]["content"].contains("text/event-stream"));
}

TEST_F(OpenapiTest, every_problem_is_the_one_that_the_document_says) {
  const auto all = samples();
  for (const Operation& operation : operations) {
    const auto sample = all.find(operation.id);
    const std::string target = target_of(operation, sample == all.end() ? Sample{} : sample->second);
    if (operation.access == Access::authenticated) {
      const auto answer = exchange(
          server.port(), operation.method + " " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      EXPECT_EQ(answer.status, 401) << target;
      expect_as_described(operation, answer, operation.id + " without a token");
    }
    if (!operation.request.name.empty()) {
      const auto answer = send(operation.method, target, "{");
      EXPECT_EQ(answer.status, 400) << target;
      expect_as_described(operation, answer, operation.id + " with half a body");
    }
    if (operation.path.ends_with("}") && operation.method != "PUT") {
      const auto answer = send(operation.method, target.substr(0, target.rfind('/')) + "/none");
      EXPECT_EQ(answer.status, 404) << operation.path;
      expect_as_described(operation, answer, operation.id + " of nothing");
    }
  }
}

// As the schema of a query parameter sees a text: a number or a truth where it reads as one.
Json value_of(const std::string& text, const Json& schema) {
  const std::string type = schema.value("type", "string");
  if (type == "string") return text;
  const auto parsed = parse_json(text);
  return parsed.ok() ? *parsed : Json(text);
}

TEST_F(OpenapiTest, parameters_that_the_document_forbids_are_refused) {
  const auto all = samples();
  int broken = 0;
  for (const Operation& operation : operations) {
    const auto sample = all.find(operation.id);
    for (const Json& parameter : described(operation)["parameters"]) {
      if (parameter["in"] != "query") continue;
      for (const std::string text : {"0", "501", "-1", "yes", "TRUE", "1.5", "9999999999999999999999"}) {
        if (faults(parameter["schema"], value_of(text, parameter["schema"])).empty()) continue;
        std::string target = target_of(operation, sample == all.end() ? Sample{} : sample->second);
        target = target.substr(0, target.find('?')) + "?" + parameter["name"].get<std::string>() + "=" + text;
        const auto answer = send(operation.method, target, sample == all.end() ? "" : sample->second.body);
        EXPECT_EQ(answer.status, 400) << target;
        expect_as_described(operation, answer, target);
        ++broken;
      }
    }
  }
  EXPECT_GT(broken, 50);
}

TEST_F(OpenapiTest, the_document_in_the_repository_is_the_one_that_is_served) {
  const auto file = base::read_file(SLIPWAY_SOURCE_DIR "/docs/reference/openapi.json", {.max_bytes = 4 << 20});
  ASSERT_TRUE(file.ok()) << to_string(file.status());
  EXPECT_EQ(*file, openapi_document(operations, kVersion).dump(2) + "\n") << "run tools/reference to write it anew";
}

TEST_F(OpenapiTest, the_page_for_reading_names_every_operation) {
  const std::string page = send("GET", "/docs").body;
  for (const Operation& operation : operations) {
    if (operation.path == "/docs" || operation.path == "/openapi.json") continue;
    EXPECT_NE(page.find("id=\"" + operation.id + "\""), std::string::npos) << operation.id;
  }
}

}  // namespace
}  // namespace slipway::api::test
