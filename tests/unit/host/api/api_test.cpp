// What every operation shares, seen from a client's socket.
#include <gmock/gmock.h>

#include "tests/unit/host/api/fixture.hpp"

namespace slipway::api::test {
namespace {

class ApiTest : public ApiFixture {
 protected:
  static std::string start_body(const std::string& release = "1.0") {
    return R"({"application":"web","release":")" + release + "\"}";
  }
};

TEST_F(ApiTest, wants_the_token_for_everything_but_health_and_documentation) {
  const auto bare = [&](const std::string& target) {
    return exchange(server.port(), "GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  };
  for (const char* target : {"/health", "/health/live", "/health/ready", "/openapi.json", "/docs"})
    EXPECT_EQ(bare(target).status, 200) << target;
  for (const char* target : {"/metrics", "/api/applications", "/api/rollouts/r1", "/api/events", "/api/plugins",
                             "/api/profile", "/api/bindings", "/api/status"}) {
    const auto answer = bare(target);
    EXPECT_EQ(answer.status, 401) << target;
    EXPECT_EQ(answer.headers.at("www-authenticate"), "Bearer realm=\"slipway\"");
  }
}

TEST_F(ApiTest, answers_unknown_paths_and_methods_with_problems) {
  const auto missing = send("GET", "/api/nothing");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.headers.at("content-type"), "application/problem+json");
  EXPECT_EQ(missing.json()["detail"], "there is nothing at /api/nothing; /docs lists what there is");
  const auto wrong = send("DELETE", "/api/rollouts");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.headers.at("allow"), "GET, HEAD, POST");
}

TEST_F(ApiTest, wants_json_as_media_type) {
  const std::string body = start_body();
  const auto answer = exchange(
      server.port(),
      "POST /api/rollouts HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer " + std::string(kToken) +
          "\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  EXPECT_EQ(answer.status, 415);
}

TEST_F(ApiTest, names_every_fault_of_a_body) {
  const auto answer =
      send("PUT", "/api/applications/web", R"({"name":"web","replicas":0,"replica":1,"sticky":"maybe"})");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.json()["errors"],
            Json::parse(R"([{"pointer":"/replicas","value":"0","message":"want an integer from 1 to 10000"},
    {"pointer":"/sticky","value":"\"maybe\"","message":"want one of none, user"},
    {"pointer":"/replica","value":"1","message":"is no field here; there are name, hosts, replicas, sticky, strategy, analyses, verification, rollback, gates"}])"));
}

TEST_F(ApiTest, refuses_hostile_bodies) {
  EXPECT_EQ(send("POST", "/api/rollouts", "{").status, 400);
  EXPECT_EQ(send("POST", "/api/rollouts", std::string(1000, '[')).json()["detail"],
            "the rollout: nested deeper than 64 levels");
  EXPECT_EQ(send("POST", "/api/rollouts", R"({"application":"a","application":"b","release":"1"})").json()["detail"],
            "the rollout: the name \"application\" occurs twice in one object");
  EXPECT_EQ(send("POST", "/api/rollouts", "\"\xff\xfe\"").status, 400);
  EXPECT_EQ(send("POST", "/api/rollouts", "[]").status, 400);
}

TEST_F(ApiTest, refuses_the_character_nul_in_any_text_and_name) {
  const auto answer =
      send("POST", "/api/rollouts",
           R"({"application":"web","release":"1\u0000","strategy":{"settings":[{"a\u0000b":[" \u0000"]}]}})");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.json()["errors"], Json::parse(R"([
    {"pointer":"/release","value":"\"1\\u0000\"","message":"holds the character U+0000, which no text may have"},
    {"pointer":"/strategy/settings/0","message":"has a name that holds the character U+0000: \"a\\u0000b\""},
    {"pointer":"/strategy/settings/0/a\u0000b/0","value":"\" \\u0000\"",
     "message":"holds the character U+0000, which no text may have"}])"));
}

TEST_F(ApiTest, gives_etags_and_honours_them) {
  const auto made = send("PUT", "/api/applications/web", R"({"name":"web"})");
  EXPECT_EQ(made.status, 201);
  const std::string etag = made.headers.at("etag");
  EXPECT_TRUE(etag.starts_with("\"1.")) << etag;
  EXPECT_EQ(send("GET", "/api/applications/web", "", "If-None-Match: " + etag + "\r\n").status, 304);
  EXPECT_EQ(send("PUT", "/api/applications/web?dry_run=true", R"({"name":"web"})", "If-Match: \"1\"\r\n").status, 200);
  EXPECT_EQ(send("PUT", "/api/applications/web", R"({"name":"web"})", "If-Match: " + etag + "\r\n").status, 200);
  EXPECT_EQ(send("PUT", "/api/applications/web", R"({"name":"web"})", "If-Match: " + etag + "\r\n").status, 412);
  const auto stale = send("PUT", "/api/applications/web", R"({"name":"web"})", "If-Match: \"1\"\r\n");
  EXPECT_EQ(stale.status, 412);
  EXPECT_EQ(stale.json()["detail"], "application \"web\" has changed");
  EXPECT_EQ(send("PUT", "/api/applications/web", R"({"name":"web"})", "If-Match: 1\r\n").status, 400);
}

TEST_F(ApiTest, wants_the_name_of_the_path_in_the_body) {
  EXPECT_EQ(send("PUT", "/api/applications/web", R"({"name":"other"})").json()["errors"][0]["message"],
            "want the name of the path, web");
}

TEST_F(ApiTest, names_the_host_where_the_answer_is_about_it_alone) {
  for (const char* path : {"/api/plugins", "/api/bindings", "/api/profile", "/api/status", "/metrics"})
    EXPECT_EQ(send("GET", path).headers.at("slipway-host"), "dock-1") << path;
  for (const char* path : {"/api/applications", "/api/hosts", "/health/live", "/api/nothing"})
    EXPECT_FALSE(send("GET", path).headers.contains("slipway-host")) << path;
}

TEST_F(ApiTest, changes_nothing_on_a_dry_run) {
  EXPECT_EQ(send("PUT", "/api/applications/web?dry_run=true", R"({"name":"web"})").status, 201);
  EXPECT_EQ(send("GET", "/api/applications/web").status, 404);
  EXPECT_EQ(send("POST", "/api/rollouts?dry_run=true", start_body()).json()["to_release"], "1.0");
  EXPECT_EQ(control.started, 0);
  EXPECT_EQ(send("POST", "/api/rollouts?dry_run=perhaps", start_body()).status, 400);
}

TEST_F(ApiTest, hands_a_dry_run_on_for_every_mutation) {
  const std::string release = R"({"release":{"version":"1.0","command":["/bin/app"]}})";
  const std::vector<std::array<std::string, 4>> mutations{
      {"DELETE", "/api/applications/web", "", "delete"},
      {"POST", "/api/applications/web/releases", release, "release"},
      {"POST", "/api/rollouts/r1/promote", "{}", "promote"},
      {"POST", "/api/rollouts/r1/pause", "{}", "pause"},
      {"POST", "/api/rollouts/r1/resume", "{}", "resume"},
      {"POST", "/api/rollouts/r1/abort", "{}", "abort"},
      {"POST", "/api/rollouts/r1/retry", "{}", "retry"},
      {"POST", "/api/rollouts/r1/skip", "{}", "skip"},
      {"POST", "/api/rollouts/r1/rollback", "{}", "rollback"},
      {"POST", "/api/rollouts/r1/approve", "{}", "approve"}};
  for (const auto& [method, path, body, name] : mutations) {
    send(method, path + "?dry_run=true", body);
    EXPECT_TRUE(control.dry.at(name)) << name;
    send(method, path + "?dry_run=false", body);
    EXPECT_FALSE(control.dry.at(name)) << name;
    EXPECT_EQ(send(method, path + "?dry_run=1", body).json()["errors"],
              Json::parse(R"([{"pointer":"?dry_run","value":"\"1\"","message":"want true or false"}])"))
        << name;
  }
}

TEST_F(ApiTest, filters_rollouts_and_refuses_filters_that_are_none) {
  EXPECT_EQ(send("GET", "/api/rollouts?application=web&state=paused&active=true").status, 200);
  EXPECT_EQ(control.filtered.application, "web");
  EXPECT_EQ(control.filtered.state, rollout::State::paused);
  EXPECT_TRUE(control.filtered.active_only);
  EXPECT_EQ(send("GET", "/api/rollouts?active=false").status, 200);
  EXPECT_FALSE(control.filtered.active_only);
  const auto fault = [&](const std::string& query) {
    const auto answer = send("GET", "/api/rollouts?" + query);
    EXPECT_EQ(answer.status, 400) << query;
    return answer.json()["errors"][0]["message"].get<std::string>();
  };
  EXPECT_EQ(fault("active=yes"), "want true or false");
  EXPECT_EQ(fault("state=running"),
            "want one of pending, progressing, paused, verifying, rolling_back, succeeded, rolled_back, superseded, "
            "failed");
  EXPECT_EQ(fault("application="), "want a value, or no such filter");
}

TEST_F(ApiTest, refuses_names_in_the_query_that_an_operation_does_not_know) {
  const auto answer = send("GET", "/api/rollouts?aplication=web&limit=2&x=1");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.json()["detail"], "the query is not valid");
  EXPECT_EQ(answer.json()["errors"], Json::parse(R"([
    {"pointer":"?aplication","value":"\"web\"",
     "message":"is unknown here; want one of application, state, active, limit, cursor"},
    {"pointer":"?x","value":"\"1\"",
     "message":"is unknown here; want one of application, state, active, limit, cursor"}])"));
  EXPECT_EQ(send("PUT", "/api/applications/web?dryrun=true", R"({"name":"web"})").json()["errors"][0]["message"],
            "is unknown here; want one of dry_run");
  EXPECT_EQ(send("GET", "/api/applications/web").status, 404) << "a misspelt dry run must not be carried out";
  EXPECT_EQ(send("GET", "/api/profile?x=1").json()["errors"][0]["message"],
            "is unknown here; this operation takes no query");
}

TEST_F(ApiTest, answers_429_with_retry_after_when_no_more_may_begin) {
  control.full = true;
  const auto answer = send("POST", "/api/rollouts", start_body());
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.headers.at("retry-after"), "1");
  EXPECT_EQ(answer.json()["code"], "RESOURCE_EXHAUSTED");
}

TEST_F(ApiTest, tells_delivery_the_request_and_its_trace) {
  send("POST", "/api/rollouts", start_body(),
       "X-Request-Id: abc-1\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n");
  EXPECT_EQ(control.asked_by.request, "abc-1");
  EXPECT_TRUE(control.asked_by.trace.starts_with("00-0af7651916cd43dd8448eb211c80319c-"));
}

TEST_F(ApiTest, lists_by_pages) {
  for (const char* name : {"a", "b", "c"})
    send("PUT", "/api/applications/" + std::string(name), R"({"name":")" + std::string(name) + "\"}");
  const Json first = send("GET", "/api/applications?limit=2").json();
  EXPECT_EQ(first["items"].size(), 2U);
  const Json second = send("GET", "/api/applications?limit=2&cursor=" + first["next_cursor"].get<std::string>()).json();
  EXPECT_EQ(second["items"][0]["spec"]["name"], "c");
  EXPECT_FALSE(second.contains("next_cursor"));
  for (const char* limit : {"0", "501", "x", "-1", ""})
    EXPECT_EQ(send("GET", "/api/applications?limit=" + std::string(limit)).status, 400) << limit;
}

TEST_F(ApiTest, lists_plugins_and_bindings_by_pages_in_an_order_of_their_own) {
  host.more_plugins = {"z-last", "b", "a", "m+1"};
  const auto all = [&](const std::string& path, const std::string& name) {
    std::vector<std::string> names;
    std::string cursor;
    do {
      const Json page = send("GET", path + "?limit=2" + (cursor.empty() ? "" : "&cursor=" + cursor)).json();
      EXPECT_LE(page["items"].size(), 2U);
      for (const Json& item : page["items"]) names.push_back(item[name].get<std::string>());
      cursor = page.value("next_cursor", "");
    } while (!cursor.empty() && names.size() < 20);
    return names;
  };
  EXPECT_EQ(all("/api/plugins", "id"), (std::vector<std::string>{"a", "b", "m+1", "strategy-canary", "z-last"}));
  EXPECT_EQ(all("/api/bindings", "name"),
            (std::vector<std::string>{"gates.a", "gates.b", "gates.m+1", "gates.z-last", "strategies.canary"}));
  for (const char* cursor : {"rubbish", "abc", "0x", "a-"}) {
    EXPECT_EQ(send("GET", "/api/plugins?cursor=" + std::string(cursor)).json()["errors"][0]["message"],
              "want the next_cursor of the page before, or none for the first page")
        << cursor;
  }
}

TEST_F(ApiTest, keeps_tenants_apart) {
  send("PUT", "/api/applications/web", R"({"name":"web"})");
  EXPECT_EQ(send("GET", "/api/applications/web", "", "X-Slipway-Tenant: acme\r\n").status, 404);
  EXPECT_EQ(send("GET", "/api/applications/web", "", "X-Slipway-Tenant: NOT VALID\r\n").status, 400);
}

TEST_F(ApiTest, returns_the_request_id_and_goes_on_with_the_trace) {
  const auto answer =
      send("GET", "/api/rollouts/r1", "",
           "X-Request-Id: abc-1\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n");
  EXPECT_EQ(answer.headers.at("x-request-id"), "abc-1");
  EXPECT_TRUE(answer.headers.at("traceparent").starts_with("00-0af7651916cd43dd8448eb211c80319c-"));
  EXPECT_EQ(send("GET", "/health/live", "", "X-Request-Id: no spaces\r\n").headers.at("x-request-id").size(), 26U);
}

TEST_F(ApiTest, tells_a_span_of_each_request_under_its_route) {
  const auto answer = send("GET", "/api/rollouts/r1?token=secret", "",
                           "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n");
  const auto spans = told.take();
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_EQ(spans[0].name, "GET /api/rollouts/{id}");
  EXPECT_EQ(spans[0].parent_id, "b7ad6b7169203331");
  EXPECT_EQ(telemetry::to_traceparent(spans[0].trace), answer.headers.at("traceparent"));
  const auto& attributes = spans[0].attributes;
  const auto has = [&](std::string_view name, const telemetry::Span::Value& value) {
    return std::ranges::find(attributes, std::pair(name, value)) != attributes.end();
  };
  EXPECT_EQ(attributes.size(), 5U);
  EXPECT_TRUE(has("http.request.method", "GET"));
  EXPECT_TRUE(has("url.path", "/api/rollouts/r1"));
  EXPECT_TRUE(has("http.route", "/api/rollouts/{id}"));
  EXPECT_TRUE(has("http.response.status_code", std::int64_t{answer.status}));
  EXPECT_TRUE(has("slipway.request_id", answer.headers.at("x-request-id")));
}

TEST_F(ApiTest, tells_no_span_of_health_checks_and_scrapes) {
  const std::string sampled = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n";
  for (const char* path : {"/health", "/health/live", "/health/ready?verbose=1", "/metrics"}) {
    EXPECT_TRUE(send("GET", path).headers.at("traceparent").ends_with("-00")) << path;
    EXPECT_TRUE(send("GET", path, "", sampled).headers.at("traceparent").ends_with("-00")) << path;
  }
  EXPECT_TRUE(told.take().empty());
  send("GET", "/healthy");
  EXPECT_EQ(told.take().size(), 1U);
}

TEST_F(ApiTest, a_span_is_an_error_when_the_fault_is_the_hosts) {
  send("GET", "/api/rollouts/throws");
  send("GET", "/nowhere");
  send("GET", "/api/rollouts/r1", "", "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00\r\n");
  const auto spans = told.take();
  ASSERT_EQ(spans.size(), 2U);
  EXPECT_EQ(spans[0].error, "the answer is 500");
  EXPECT_EQ(spans[0].parent_id, "");
  EXPECT_EQ(spans[1].name, "HTTP");
  EXPECT_EQ(spans[1].error, std::nullopt);
}

TEST_F(ApiTest, tells_conflicts_and_unexpected_errors_apart) {
  EXPECT_EQ(send("POST", "/api/rollouts/r1/resume", "{}").json()["detail"], "rollout r1 is progressing, not paused");
  EXPECT_EQ(send("POST", "/api/rollouts/r1/resume", "{}").status, 409);
  EXPECT_EQ(send("POST", "/api/rollouts/r1/pause", "{}", "If-Match: \"6\"\r\n").status, 412);
  EXPECT_EQ(send("POST", "/api/rollouts/r1/pause").status, 200);
  const auto failed = send("GET", "/api/rollouts/throws");
  EXPECT_EQ(failed.status, 500);
  EXPECT_EQ(failed.body.find("programming"), std::string::npos);
}

TEST_F(ApiTest, answers_head_like_get_without_a_body) {
  const auto answer = send("HEAD", "/api/rollouts/r1");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "");
}

TEST_F(ApiTest, repeats_the_answer_of_an_idempotency_key_and_does_the_work_once) {
  const std::string key = "Idempotency-Key: k1\r\n";
  const auto first = send("POST", "/api/rollouts", start_body(), key);
  const auto second = send("POST", "/api/rollouts", start_body(), key);
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(second.status, 201);
  EXPECT_EQ(first.body, second.body);
  EXPECT_EQ(control.started, 1);
  EXPECT_EQ(send("POST", "/api/rollouts", start_body("2.0"), key).status, 422);
  EXPECT_EQ(send("POST", "/api/rollouts", start_body(), key + "X-Slipway-Tenant: acme\r\n").status, 201);
  EXPECT_EQ(control.started, 2);
}

TEST_F(ApiTest, forgets_an_idempotency_key_after_a_day) {
  const std::string key = "Idempotency-Key: k1\r\n";
  store.now = clock.now();
  send("POST", "/api/rollouts", start_body(), key);
  clock.advance(seconds(86'401));
  send("POST", "/api/rollouts", start_body(), key);
  EXPECT_EQ(control.started, 2);
}

TEST_F(ApiTest, a_kept_answer_leaves_the_store_after_the_day_that_follows) {
  store.now = clock.now();
  send("POST", "/api/rollouts", start_body(), "Idempotency-Key: k1\r\n");
  clock.advance(seconds(86'400));
  send("POST", "/api/rollouts", start_body(), "Idempotency-Key: k2\r\n");
  EXPECT_EQ(store.size(), 2);
  clock.advance(seconds(86'400));
  send("POST", "/api/rollouts", start_body(), "Idempotency-Key: k3\r\n");
  EXPECT_EQ(store.size(), 2);
}

TEST_F(ApiTest, a_kept_answer_that_is_damaged_is_the_stores_loss_and_no_work_is_done_twice) {
  send("POST", "/api/rollouts", start_body(), "Idempotency-Key: k1\r\n");
  store.damage("{\"status\": \"two hundred\"}");
  const auto second = send("POST", "/api/rollouts", start_body(), "Idempotency-Key: k1\r\n");
  EXPECT_EQ(second.status, 500);
  EXPECT_EQ(second.json()["code"], "DATA_LOSS");
  EXPECT_THAT(std::string(second.json()["detail"]),
              testing::StartsWith("the store's answer to the first request with this Idempotency-Key can't be read "
                                  "(idempotency 20"));
  EXPECT_EQ(control.started, 1);
}

TEST_F(ApiTest, answers_409_while_the_first_of_two_equal_keys_is_under_way) {
  control.blocking = true;
  std::thread first([this] { send("POST", "/api/rollouts", start_body(), "Idempotency-Key: k1\r\n"); });
  while (control.waiting == 0) std::this_thread::yield();
  const auto second = send("POST", "/api/rollouts", start_body(), "Idempotency-Key: k1\r\n");
  EXPECT_EQ(second.status, 409);
  control.blocking = false;
  first.join();
  EXPECT_EQ(control.started, 1);
}

TEST_F(ApiTest, answers_503_with_retry_after_when_the_store_is_broken) {
  store.broken = true;
  const auto answer = send("POST", "/api/rollouts", start_body(), "Idempotency-Key: k1\r\n");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.headers.at("retry-after"), "1");
  EXPECT_EQ(answer.json()["detail"], "the store does not answer: the disk is full");
}

TEST_F(ApiTest, health_says_503_when_unhealthy_and_ready_also_while_starting) {
  host.ready = false;
  EXPECT_EQ(send("GET", "/health/ready").status, 503);
  EXPECT_EQ(send("GET", "/health").status, 200);
  host.condition = plugin::Condition::unhealthy;
  EXPECT_EQ(send("GET", "/health").status, 503);
  EXPECT_EQ(send("GET", "/health/live").status, 200);
}

TEST_F(ApiTest, streams_events_and_resumes_after_the_last_one_seen) {
  for (const char* type : {"rollout.started", "rollout.progressed", "rollout.succeeded"}) control.feed(type);
  const std::string text =
      read_until(server.port(), request_text("GET", "/api/events", "", "Last-Event-ID: 1\r\n"), "rollout.succeeded");
  EXPECT_NE(text.find("Content-Type: text/event-stream"), std::string::npos);
  EXPECT_EQ(text.find("rollout.started"), std::string::npos);
  EXPECT_NE(text.find("id: 2\nevent: rollout.progressed\ndata: {"), std::string::npos);
}

TEST_F(ApiTest, answers_410_when_the_events_asked_for_are_gone) {
  control.oldest = 10;
  EXPECT_EQ(send("GET", "/api/events", "", "Last-Event-ID: 5\r\n").status, 410);
  EXPECT_EQ(send("GET", "/api/events", "", "Last-Event-ID: x\r\n").status, 400);
}

TEST_F(ApiTest, a_profile_is_planned_applied_and_refused_when_it_is_stale) {
  const std::string body = R"({"profile":{"name":"dev"},"reason":"because"})";
  EXPECT_EQ(send("PUT", "/api/profile?dry_run=true", body).json()["state"], "planned");
  const auto applied = send("PUT", "/api/profile", body);
  EXPECT_EQ(applied.status, 200);
  EXPECT_EQ(applied.json()["revision"], 4);
  EXPECT_NE(profile.last.find(": because"), std::string::npos) << profile.last;
  EXPECT_EQ(send("PUT", "/api/profile", body, "If-Match: \"abc\"\r\n").status, 200);
  EXPECT_EQ(send("PUT", "/api/profile", body, "If-Match: \"old\"\r\n").status, 412);
  EXPECT_EQ(send("PUT", "/api/profile", R"({"reason":"none"})").status, 400);
}

TEST_F(ApiTest, revisions_are_listed_read_and_gone_back_to) {
  EXPECT_EQ(send("GET", "/api/profile/history").json()["items"][0]["number"], 3);
  EXPECT_EQ(send("GET", "/api/profile/history/3").json()["author"], "admin");
  EXPECT_EQ(send("GET", "/api/profile/history/9").status, 404);
  EXPECT_EQ(send("GET", "/api/profile/history/three").json()["detail"],
            "there is no revision \"three\" of the profile; want a number");
  EXPECT_EQ(send("POST", "/api/profile/rollback", R"({"revision":1})").status, 200);
  EXPECT_EQ(profile.last, "back to 1");
  EXPECT_EQ(send("POST", "/api/profile/rollback", "{}").status, 200);
  EXPECT_EQ(profile.last, "back to 2");
}

TEST_F(ApiTest, a_binding_is_swapped_at_once_or_with_a_share_first) {
  EXPECT_EQ(send("POST", "/api/bindings/strategies.canary/swap", R"({"version":"1.1.0"})").status, 200);
  EXPECT_EQ(profile.last, "strategies.canary to 1.1.0");
  const auto tried =
      send("POST", "/api/bindings/strategies.canary/swap", R"({"version":"^1.1","share":"5%","for":"1m"})");
  EXPECT_EQ(tried.status, 202);
  EXPECT_EQ(tried.json()["state"], "trying");
  EXPECT_EQ(send("POST", "/api/bindings/gates.none/swap", R"({"version":"1.1.0"})").status, 404);
  EXPECT_EQ(send("POST", "/api/bindings/strategies.canary/swap", R"({"version":"1","share":"200%"})").status, 400);
}

}  // namespace
}  // namespace slipway::api::test
