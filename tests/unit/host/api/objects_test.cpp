// What every object of the API has: id, tenant, version, times and an ETag, but for what decision 0050 leaves out.
#include <set>

#include "tests/unit/host/api/contract.hpp"
#include "tests/unit/host/api/fixture.hpp"

namespace slipway::api::test {
namespace {

using Names = std::set<std::string>;

class Objects : public ApiFixture {
 protected:
  Operations operations = all_operations(control, host, profile);

  static std::string target_of(const Operation& operation) {
    static const std::map<std::string, std::string> targets{
        {"getApplication", "/api/applications/web"}, {"getRelease", "/api/applications/web/releases/1.0"},
        {"getRollout", "/api/rollouts/r1"},          {"getPlugin", "/api/plugins/strategy-canary"},
        {"getRevision", "/api/profile/history/3"},   {"listReleases", "/api/applications/web/releases"},
        {"getJournal", "/api/rollouts/r1/journal"}};
    const auto found = targets.find(operation.id);
    return found == targets.end() ? operation.path : found->second;
  }
};

TEST_F(Objects, each_kind_has_the_fields_that_every_object_has_but_for_those_that_would_be_untrue) {
  // What is of a host is of no tenant. A binding is a name in the profile: what leads there comes and goes.
  const std::map<std::string, Names> left_out{{"Host", {"tenant"}},
                                              {"Plugin", {"tenant"}},
                                              {"Profile", {"tenant"}},
                                              {"Binding", {"tenant", "created_at"}},
                                              {"Revision", {"tenant"}}};
  (void)send("PUT", "/api/applications/web", R"({"name":"web"})");
  Names kinds;
  for (const Operation& operation : operations) {
    const bool is_list = has(operation.features, Feature::paged);
    if (operation.method != "GET" || (!is_list && operation.id != "getProfile")) continue;
    Json object = send("GET", target_of(operation)).json();
    if (is_list) object = object["items"].at(0);
    const std::string& kind = is_list ? operation.item.name : operation.reply.name;
    kinds.insert(kind);
    Names missing;
    for (const char* name : {"id", "tenant", "version", "created_at", "updated_at"}) {
      if (!object.contains(name) || object[name] == "") missing.insert(name);
    }
    for (const auto& [own, common] : {std::pair{"at", "created_at"},
                                      {"at", "updated_at"},
                                      {"joined_at", "created_at"},
                                      {"seen_at", "updated_at"}}) {
      if (!object.contains(own)) continue;
      EXPECT_EQ(object[common], object[own]) << kind;
    }
    EXPECT_EQ(missing, left_out.contains(kind) ? left_out.at(kind) : Names{}) << kind << " " << object.dump();
  }
  EXPECT_EQ(kinds, (Names{"Application", "Binding", "Host", "JournalEntry", "Plugin", "Profile", "Release", "Revision",
                          "Rollout"}));
}

TEST_F(Objects, an_event_has_them_too) {
  const std::string request = request_text("GET", "/api/events", "", "Last-Event-ID: 0\r\n");
  control.feed("rollout.started");
  const std::string stream = read_until(server.port(), request,
                                        R"("version":"1"})"
                                        "\n");
  const auto begin = stream.find("data: ") + 6;
  const Json event = Json::parse(stream.substr(begin, stream.find('\n', begin) - begin));
  EXPECT_EQ(event["id"], 1) << "its own, not that of every other object";
  for (const char* name : {"tenant", "version", "created_at", "updated_at"}) EXPECT_TRUE(event.contains(name)) << name;
  EXPECT_EQ(event["created_at"], event["at"]);
}

TEST_F(Objects, every_get_of_one_object_gives_an_etag_and_honours_if_none_match) {
  (void)send("PUT", "/api/applications/web", R"({"name":"web"})");
  int seen = 0;
  for (const Operation& operation : operations) {
    const Names without{"getHealth", "getLive", "getReady", "getMetrics", "streamEvents"};
    if (operation.method != "GET" || has(operation.features, Feature::paged) || without.contains(operation.id))
      continue;
    SCOPED_TRACE(operation.id);
    ++seen;
    EXPECT_TRUE(has(operation.features, Feature::etag));
    const std::string target = target_of(operation);
    const auto first = send("GET", target);
    ASSERT_TRUE(first.headers.contains("etag")) << first.body;
    const std::string etag = first.headers.at("etag");
    for (const std::string& known : {etag, "\"other\", " + etag, "W/" + etag, std::string("*")}) {
      const auto again = send("GET", target, "", "If-None-Match: " + known + "\r\n");
      EXPECT_EQ(again.status, 304) << known;
      EXPECT_EQ(again.body, "") << known;
      EXPECT_EQ(again.headers.at("etag"), etag);
      EXPECT_EQ(send("HEAD", target, "", "If-None-Match: " + known + "\r\n").status, 304) << known;
    }
    EXPECT_EQ(send("GET", target, "", "If-None-Match: \"other\"\r\n").status, 200);
  }
  EXPECT_EQ(seen, 9);
}

TEST_F(Objects, what_changed_under_the_same_version_is_answered_and_may_still_be_matched) {
  control.groups = {{.role = "stable", .release = "1.0", .replicas = 2, .ready = 1}};
  const std::string etag = send("GET", "/api/rollouts/r1").headers.at("etag");
  control.groups[0].ready = 2;
  const auto later = send("GET", "/api/rollouts/r1", "", "If-None-Match: " + etag + "\r\n");
  EXPECT_EQ(later.status, 200);
  EXPECT_EQ(later.json()["groups"][0]["ready"], 2);
  EXPECT_NE(later.headers.at("etag"), etag);
  EXPECT_EQ(send("POST", "/api/rollouts/r1/pause", "{}", "If-Match: " + etag + "\r\n").status, 200)
      << "the version has not changed";
}

}  // namespace
}  // namespace slipway::api::test
