// Lists: what they are filtered by, and that a filter and a cursor go together.
#include "tests/unit/host/api/contract.hpp"
#include "tests/unit/host/api/fixture.hpp"

namespace slipway::api::test {
namespace {

class Lists : public ApiFixture {
 protected:
  // One field of every entry, page by page.
  std::vector<std::string> all(const std::string& target, const char* field, int limit) {
    std::vector<std::string> found;
    std::string cursor;
    int pages = 0;
    do {
      const std::string more = cursor.empty() ? "" : "&cursor=" + cursor;
      const auto answer = send("GET", target + "&limit=" + std::to_string(limit) + more);
      EXPECT_EQ(answer.status, 200) << answer.body;
      const Json page = answer.json();
      EXPECT_LE(page["items"].size(), static_cast<std::size_t>(limit));
      for (const Json& item : page["items"]) found.push_back(item.at(Json::json_pointer(field)).get<std::string>());
      cursor = page.value("next_cursor", "");
    } while (!cursor.empty() && ++pages < 100);
    return found;
  }
  std::string fault(const std::string& target) {
    const auto answer = send("GET", target);
    EXPECT_EQ(answer.status, 400) << target;
    return answer.json()["errors"][0]["message"];
  }
  void put_applications() {
    for (const std::string name : {"a", "b", "c", "d", "e", "f"}) {
      const std::string strategy = name == "b" || name == "e" ? "rolling" : "canary";
      const Json body{{"name", name}, {"hosts", {name + ".test", "all.test"}}, {"strategy", {{"name", strategy}}}};
      send("PUT", "/api/applications/" + name, body.dump());
    }
  }
};

TEST_F(Lists, applications_are_filtered_and_the_cursor_goes_on_under_the_filter) {
  put_applications();
  for (const int limit : {1, 2, 3, 4, 50}) {
    SCOPED_TRACE(limit);
    EXPECT_EQ(all("/api/applications?strategy=canary", "/spec/name", limit),
              (std::vector<std::string>{"a", "c", "d", "f"}));
    EXPECT_EQ(all("/api/applications?strategy=rolling", "/spec/name", limit), (std::vector<std::string>{"b", "e"}));
    EXPECT_EQ(all("/api/applications?host=all.test&strategy=rolling", "/spec/name", limit).size(), 2U);
    EXPECT_EQ(all("/api/applications?host=c.test", "/spec/name", limit), (std::vector<std::string>{"c"}));
  }
  EXPECT_EQ(send("GET", "/api/applications?strategy=canary&limit=3").json()["items"].size(), 3U)
      << "a page is filled although a third of what was read does not pass";
}

TEST_F(Lists, releases_are_filtered_by_name_digest_and_whether_they_served_well) {
  const std::string path = "/api/applications/web/releases?";
  EXPECT_EQ(all(path + "name=1.0", "/name", 50), (std::vector<std::string>{"1.0"}));
  EXPECT_EQ(all(path + "digest=abc", "/name", 50), (std::vector<std::string>{"1.1"}));
  EXPECT_EQ(all(path + "good=true", "/name", 50), (std::vector<std::string>{"1.1"}));
  EXPECT_EQ(all(path + "good=false", "/name", 50), (std::vector<std::string>{"1.0"}));
}

TEST_F(Lists, plugins_and_bindings_are_filtered) {
  host.more_plugins = {"gate-a", "gate-b"};
  const auto plugins = [&](const std::string& query) { return all("/api/plugins?" + query, "/id", 1); };
  using Names = std::vector<std::string>;
  EXPECT_EQ(plugins("id=gate-a"), Names{"gate-a"});
  EXPECT_EQ(plugins("state=installed"), (Names{"gate-a", "gate-b"}));
  EXPECT_EQ(plugins("interface=slipway.strategy/1"), Names{"strategy-canary"});
  EXPECT_EQ(plugins("interface=slipway.strategy"), Names{});
  EXPECT_EQ(plugins("placement=in-process"), Names{"strategy-canary"});
  EXPECT_EQ(plugins("placement=isolated"), Names{});
  EXPECT_EQ(plugins("version=1.0.0&id=gate-b"), Names{"gate-b"});
  EXPECT_EQ(plugins("instance=canary"), Names{"strategy-canary"});
  const auto bindings = [&](const std::string& query) { return all("/api/bindings?" + query, "/name", 1); };
  EXPECT_EQ(bindings("name=gates.gate-a"), Names{"gates.gate-a"});
  EXPECT_EQ(bindings("interface=slipway.gate/1"), (Names{"gates.gate-a", "gates.gate-b"}));
  EXPECT_EQ(bindings("instance=canary"), Names{"strategies.canary"});
  EXPECT_EQ(bindings("plugin=gate-b"), Names{"gates.gate-b"});
  EXPECT_EQ(bindings("version=0.1.0"), Names{"strategies.canary"});
}

TEST_F(Lists, journals_hosts_and_revisions_are_filtered) {
  using Names = std::vector<std::string>;
  control.decisions = 30;
  EXPECT_EQ(all("/api/rollouts/r1/journal?kind=started", "/id", 5), Names{"r1/1"});
  EXPECT_EQ(all("/api/rollouts/r1/journal?kind=verdict", "/id", 2), (Names{"r1/10", "r1/20", "r1/30"}));
  EXPECT_EQ(all("/api/rollouts/r1/journal?kind=step&state=pending", "/id", 7).size(), 26U);
  EXPECT_EQ(all("/api/rollouts/r1/journal?state=paused", "/id", 7), Names{});
  EXPECT_EQ(all("/api/hosts?state=serving", "/name", 1), (Names{"dock-1", "dock-2"}));
  EXPECT_EQ(all("/api/hosts?state=drained", "/name", 1), Names{});
  EXPECT_EQ(all("/api/profile/history?author=admin", "/id", 1), Names{"3"});
  EXPECT_EQ(all("/api/profile/history?author=somebody", "/id", 1), Names{});
}

TEST_F(Lists, a_filter_that_hardly_anything_passes_reads_on_only_so_far_for_one_page) {
  control.decisions = 1'000;
  const Json page = send("GET", "/api/rollouts/r1/journal?kind=ended&limit=10").json();
  EXPECT_TRUE(page["items"].empty());
  EXPECT_EQ(page.value("next_cursor", ""), "200") << "twenty reads of ten entries";
  EXPECT_EQ(all("/api/rollouts/r1/journal?kind=verdict", "/id", 10).size(), 100U);
}

TEST_F(Lists, values_that_no_entry_can_have_are_told_by_name_and_all_at_once) {
  EXPECT_EQ(
      fault("/api/plugins?state=running"),
      "want one of installed, staged, verified, loaded, prepared, warm, active, draining, retired, parked, unloaded, "
      "failed");
  EXPECT_EQ(fault("/api/plugins?placement=outside"), "want one of in-process, isolated");
  EXPECT_EQ(fault("/api/rollouts/r1/journal?kind=steps"),
            "want one of started, step, command, verdict, gate, strategy, rollback, verified, ended, resumed");
  EXPECT_EQ(fault("/api/applications/web/releases?good=yes"), "want true or false");
  EXPECT_EQ(fault("/api/applications?strategy="), "want a value, or no such filter");
  EXPECT_EQ(fault("/api/bindings?plugins=x"),
            "is unknown here; want one of name, interface, instance, plugin, version, limit, cursor");
  EXPECT_EQ(send("GET", "/api/plugins?state=x&placement=y&z=1").json()["errors"].size(), 3U);
}

// The schema below a JSON pointer of a document's fields; null when it has no such field.
Json schema_at(const Json& schema, const std::string& field) {
  Json at = schema;
  for (std::size_t begin = 1; begin <= field.size();) {
    const std::size_t end = std::min(field.find('/', begin), field.size());
    const Json properties = at.value("properties", Json::object());
    at = properties.value(field.substr(begin, end - begin), Json());
    if (!at.is_object()) return nullptr;
    begin = end + 1;
  }
  return at;
}

TEST_F(Lists, every_list_has_filters_and_each_is_by_a_field_of_its_entries) {
  int seen = 0;
  for (const Operation& operation : all_operations(control, host, profile)) {
    if (!has(operation.features, Feature::paged)) continue;
    EXPECT_FALSE(operation.query.empty()) << operation.id;
    for (const Parameter& filter : operation.query) {
      if (filter.field.empty()) continue;
      const Json field = schema_at(operation.item.schema, filter.field);
      ASSERT_TRUE(field.is_object()) << operation.id << " " << filter.field;
      const Json& scalar = field.contains("items") ? field["items"] : field;
      EXPECT_EQ(scalar["type"], filter.schema["type"]) << operation.id << " " << filter.field;
      ++seen;
    }
  }
  EXPECT_GT(seen, 20);
}

}  // namespace
}  // namespace slipway::api::test
