// What the document says of a request's body is what the server takes: each field of each is broken in every way, and
// where the document finds a fault, so does the server, and the other way round.
#include <gtest/gtest.h>

#include <set>

#include "host/api/openapi.hpp"
#include "tests/unit/host/api/contract.hpp"
#include "tests/unit/host/api/fixture.hpp"

namespace slipway::api::test {
namespace {

// A whole body for each schema: every field is there, lists have one entry.
const std::map<std::string, const char*>& whole_bodies() {
  static const std::map<std::string, const char*> bodies{
      {"ApplicationSpec", R"({
        "name": "web", "hosts": ["web.test"], "replicas": 2, "sticky": "none",
        "strategy": {"name": "canary", "settings": {}},
        "analyses": [{"name": "errors", "metrics": "haproxy", "query": {}, "analyzer": "threshold", "settings": {},
                      "interval": "5s", "initial_delay": "1s", "on_inconclusive": "hold",
                      "on_insufficient_data": "promote", "on_error": "rollback"}],
        "verification": {"period": "1m", "analyses": ["errors"]},
        "rollback": {"mode": "gradual", "over": "1m", "min_ready": "50%"},
        "gates": [{"gate": "approval", "at": "promote", "settings": {}, "message": "Shall it?"}]})"},
      {"ReleaseRequest", R"({
        "notes": "The first one.",
        "release": {
          "version": "1.0", "artefact": {"path": "/bin/true", "archive": "", "digest": ""}, "command": ["run"],
          "env": {"A": "b"}, "secrets": {"C": "env:D"}, "files": [{"path": "a", "content": "b"}],
          "working_directory": "", "user": "",
          "limits": {"open_files": 64, "memory_bytes": 1048576, "processes": 8, "core_bytes": 0},
          "readiness": {"kind": "http", "path": "/", "command": [], "interval": "1s", "timeout": "1s",
                        "initial_delay": "0s", "successes": 1, "failures": 3},
          "liveness": {"kind": "tcp", "path": "/", "command": [], "interval": "1s", "timeout": "1s",
                       "initial_delay": "0s", "successes": 1, "failures": 3},
          "stop_grace": "10s"}})"},
      {"RolloutRequest", R"({
        "application": "web", "release": "1.0", "strategy": {"name": "canary", "settings": {}}, "supersede": "replace",
        "reason": "because"})"},
      {"ActionRequest", R"({"full": true, "to": "1.0", "reason": "because"})"},
      {"ProfileRequest", R"({"profile": {"profile": {"name": "dev"}}, "reason": "because", "bake": "30s"})"},
      {"RollbackRequest", R"({"revision": 2, "reason": "because"})"},
      {"SwapRequest", R"({
        "version": "^2.0", "share": "10%", "for": "1m", "analyzer": "threshold", "settings": {}, "bake": "30s",
        "reason": "because"})"}};
  return bodies;
}

const std::vector<Json>& odd_values() {
  static const std::vector<Json> values{true,
                                        0,
                                        1,
                                        -1,
                                        17,
                                        100'000,
                                        3.5,
                                        "",
                                        "x",
                                        "no such word",
                                        std::string(6'000, 'x'),
                                        "10s",
                                        "50%",
                                        Json::array(),
                                        Json::array({17}),
                                        Json::array({"x"}),
                                        Json::object(),
                                        Json{{"x", 1}},
                                        Json{{"x", "y"}}};
  return values;
}

struct Change {
  std::string what;
  Json body;
};

// Visits every value below `schema` that `body` has at `at`, and adds each way to change it.
void add_changes(const Json& schema, const Json& body, const Json::json_pointer& at, std::vector<Change>& changes) {
  if (!at.empty()) {
    for (const Json& odd : odd_values()) {
      Change& change = changes.emplace_back(Change{at.to_string() + " = " + odd.dump().substr(0, 40), body});
      change.body[at] = odd;
    }
  }
  if (schema.contains("items")) return add_changes(schema["items"], body, at / 0, changes);
  if (!schema.contains("properties")) return;
  Change& unknown = changes.emplace_back(Change{at.to_string() + " with an unknown field", body});
  unknown.body[at / "no_such_field"] = 1;
  for (const auto& [name, property] : schema["properties"].items()) {
    EXPECT_TRUE(body.contains(at / name)) << (at / name).to_string() << " is not in the whole body here";
    if (!body.contains(at / name)) continue;
    Change& missing = changes.emplace_back(Change{(at / name).to_string() + " is missing", body});
    missing.body[at].erase(name);
    add_changes(property, body, at / name, changes);
  }
}

class OpenapiRequests : public ApiFixture {
 protected:
  Json document = send("GET", "/openapi.json").json();

  // One request of an operation that takes this schema.
  HttpAnswer ask(const Operation& operation, const Json& body) {
    std::string target = operation.path;
    for (const auto& [word, value] :
         {std::pair{"{name}", operation.id == "swapBinding" ? "strategies.canary" : "web"}, std::pair{"{id}", "r1"}}) {
      if (const auto found = target.find(word); found != target.npos)
        target.replace(found, std::string(word).size(), value);
    }
    return send(operation.method, target, body.dump());
  }
};

TEST_F(OpenapiRequests, each_field_of_each_body_is_taken_or_refused_as_the_document_says) {
  std::set<std::string> done;
  for (const Operation& operation : all_operations(control, host, profile)) {
    const std::string& name = operation.request.name;
    if (name.empty() || !done.insert(name).second) continue;
    SCOPED_TRACE(name);
    ASSERT_TRUE(whole_bodies().contains(name)) << "has no whole body here";
    const Json schema = resolved(document["components"]["schemas"][name], document);
    const Json whole = Json::parse(whole_bodies().at(name));
    std::vector<Change> changes{{"whole", whole}};
    add_changes(schema, whole, Json::json_pointer(), changes);
    int refused = 0;
    for (const auto& [what, body] : changes) {
      // The name in the path must be the one in the body, which no schema can say.
      if (what.starts_with("/name = ")) continue;
      const std::string found = faults(schema, body);
      const auto answer = ask(operation, body);
      EXPECT_EQ(answer.status == 400, !found.empty()) << what << ": " << answer.status << " " << answer.body << found;
      refused += answer.status == 400 ? 1 : 0;
    }
    EXPECT_GT(refused, 10);
    EXPECT_GT(static_cast<int>(changes.size()) - refused, 3);
  }
}

}  // namespace
}  // namespace slipway::api::test
