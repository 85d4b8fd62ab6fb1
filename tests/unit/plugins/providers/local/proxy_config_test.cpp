#include "plugins/providers/local/edge/proxy_config.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <regex>
#include <sstream>

namespace slipway::local {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

std::string golden(const std::string& name) {
  std::stringstream text;
  text << std::ifstream(std::string(GOLDEN) + "/" + name).rdbuf();
  return text.str();
}

EdgeSettings settings() {
  EdgeSettings s;
  s.records_socket = "/run/slipway/records.sock";
  const std::string run = "/run/slipway/";
  s.paths = {run + "haproxy.cfg", run + "mirror.lua",  run + "relay.lua",  run + "hosts.map",
             run + "routes.map",  run + "headers.map", run + "checks.map", run + "haproxy.sock",
             run + "master.sock", run + "shadow.sock", run + "relay.sock"};
  return s;
}

Edge edge() {
  Edge made;
  made.sticky_headers = {"x-user"};
  made.sticky_cookies = {"slipway_id"};
  made.backends = {{"acme.shop.a", ServerCheck::kHttp, {{"1.0-1", "127.0.0.1:20000", {}}}},
                   {"acme.shop.b", ServerCheck::kTcp, {}},
                   {"acme.shop.c", ServerCheck::kTcp, {}}};
  made.hosts = {{"shop.test", "acme/shop"}};
  return made;
}

TEST(Config, is_the_golden_text) { EXPECT_EQ(config_text(settings(), edge()), golden("haproxy.cfg")); }

TEST(Config, the_relay_script_is_the_golden_text) { EXPECT_EQ(relay_script(settings()), golden("relay.lua")); }
TEST(Config, the_mirror_script_is_the_golden_text) { EXPECT_EQ(mirror_script(settings()), golden("mirror.lua")); }

TEST(Config, its_shape_has_no_servers_so_a_replica_needs_no_reload) {
  Edge other = edge();
  other.backends[0].servers.clear();
  EXPECT_EQ(shape_text(settings(), edge()), shape_text(settings(), other));
  other.backends[1].check = ServerCheck::kHttp;
  EXPECT_NE(shape_text(settings(), edge()), shape_text(settings(), other));
}

TEST(Config, asks_a_server_in_the_time_of_its_release_and_soon_when_it_is_new) {
  const auto options = [](int interval, int timeout) {
    using Time = std::chrono::milliseconds;
    return server_options({.interval = Time(interval), .timeout = Time(timeout), .successes = 2, .failures = 3});
  };
  EXPECT_THAT(options(700, 2000),
              HasSubstr(" check inter 2000ms fastinter 700ms downinter 500ms fall 3 rise 2 pool-max-conn -1 "));
  EXPECT_THAT(options(10'000, 1000), HasSubstr(" inter 10000ms fastinter 10000ms downinter 500ms "));
  EXPECT_THAT(options(1, 1), HasSubstr(" inter 100ms fastinter 100ms downinter 100ms "));
}

TEST(Config, has_the_timeouts_and_retries_of_the_settings_in_all_its_backends_and_another_shape_with_them) {
  EdgeSettings changed = settings();
  using Time = EdgeTimeouts::Time;
  changed.timeouts = {.connect = Time(1),
                      .client = Time(61'000),
                      .server = Time(1500),
                      .queue = Time(7000),
                      .http_request = Time(3000),
                      .http_keep_alive = Time(2000),
                      .tunnel = Time(3'600'000)};
  changed.retries = 0;
  EXPECT_THAT(config_text(changed, edge()), HasSubstr("defaults slipway\n"
                                                      "    mode http\n"
                                                      "    timeout connect 1ms\n"
                                                      "    timeout client 61s\n"
                                                      "    timeout server 1500ms\n"
                                                      "    timeout queue 7s\n"
                                                      "    timeout http-request 3s\n"
                                                      "    timeout http-keep-alive 2s\n"
                                                      "    timeout tunnel 3600s\n"
                                                      "    option idle-close-on-response\n"
                                                      "    option redispatch 1\n"
                                                      "    retries 0\n"));
  EXPECT_NE(shape_text(changed, edge()), shape_text(settings(), edge())) << "so a running HAProxy is reloaded";
}

TEST(Config, one_for_an_existing_haproxy_has_no_global_section_of_ours_but_the_script) {
  EdgeSettings existing = settings();
  existing.mode = ProxyMode::kExisting;
  EXPECT_THAT(config_text(existing, edge()),
              HasSubstr("global\n    lua-load /run/slipway/mirror.lua\n    lua-load /run/slipway/relay.lua\n\n"));
  EXPECT_THAT(config_text(existing, edge()), Not(HasSubstr("stats socket")));
}

TEST(Route, its_entry_reads_back_as_it_was) {
  const Route route{.stable = "acme.shop.a",
                    .next = "acme.shop.b",
                    .next_ppm = 250'000,
                    .salt = "ab12",
                    .sticky_header = "x-user",
                    .sticky_cookie = "",
                    .mirror = "acme.shop.b",
                    .mirror_ppm = 5,
                    .mirror_cap = 8,
                    .header_routes = true};
  EXPECT_EQ(to_entry(route), "acme.shop.a:acme.shop.b:250000:ab12:x-user:-:acme.shop.b:5:8:headers");
  EXPECT_EQ(parse_entry(to_entry(route)), route);
}

TEST(Route, with_a_baseline_its_entry_is_longer_and_without_one_as_it_was_before_there_were_any) {
  Route route{.stable = "acme.shop.a",
              .next = "acme.shop.b",
              .next_ppm = 250'000,
              .baseline = "acme.shop.c",
              .baseline_ppm = 200'000};
  EXPECT_EQ(to_entry(route), "acme.shop.a:acme.shop.b:250000:0:-:-:-:0:0:-:acme.shop.c:450000");
  EXPECT_EQ(parse_entry(to_entry(route)), route);
  route.baseline.clear();
  route.baseline_ppm = 0;
  EXPECT_EQ(to_entry(route), "acme.shop.a:acme.shop.b:250000:0:-:-:-:0:0:-");
}

TEST(Route, what_is_no_entry_is_nothing) {
  EXPECT_EQ(parse_entry("a:b:50:s:-:-:-:0:0:-:c:49"), std::nullopt);
  EXPECT_EQ(parse_entry("a:b:50:s:-:-:-:0:0:-:c:1000001"), std::nullopt);
  EXPECT_EQ(parse_entry("a:b:50:s:-:-:-:0:0:-::60"), std::nullopt);
  EXPECT_EQ(parse_entry(""), std::nullopt);
  EXPECT_EQ(parse_entry("a:b:0:s:-:-:-:0:0"), std::nullopt);
  EXPECT_EQ(parse_entry("a:b:many:s:-:-:-:0:0:-"), std::nullopt);
  EXPECT_EQ(parse_entry("a:b:0:s:-:-:-:0:0:-:more"), std::nullopt);
}

// The pattern must match as HAProxy matches: the application, then the header block.
std::regex pattern_of(const HeaderRoute& route) {
  Edge made;
  made.header_routes["acme/shop"] = {route};
  const std::string pattern = headers_lines(made).at(0).first;
  EXPECT_EQ(pattern.find_first_of(" \\;\"'"), pattern.npos) << "the command line would cut it: " << pattern;
  return std::regex(std::regex_replace(pattern, std::regex("\\(\\?s\\)"), ""));
}

bool matches(const std::regex& pattern, const std::string& headers) {
  std::string subject = "acme/shop|" + headers;
  std::ranges::replace(subject, '\n', '\t');  // std::regex knows no dot that matches a newline; a tab is a control too
  std::ranges::replace(subject, '\r', '\t');
  return std::regex_search(subject, pattern);
}

bool matches(const HeaderRoute& route, const std::string& headers) { return matches(pattern_of(route), headers); }

TEST(HeaderRoutes, match_the_whole_value_of_the_named_header_only) {
  const HeaderRoute route{HeaderRoute::Match::kExact, "x-canary", "a b.c", "next"};
  EXPECT_TRUE(matches(route, "x-canary: a b.c\r\n"));
  EXPECT_TRUE(matches(route, "host: h\r\nx-canary: a b.c\r\naccept: *\r\n"));
  EXPECT_FALSE(matches(route, "x-canary: a bXc\r\n"));
  EXPECT_FALSE(matches(route, "x-canary: a b.cd\r\n"));
  EXPECT_FALSE(matches(route, "y-x-canary: a b.c\r\n"));
}

TEST(HeaderRoutes, match_each_printable_character_by_itself_alone) {
  for (char wanted = ' '; wanted <= '~'; ++wanted) {
    const std::regex pattern =
        pattern_of({HeaderRoute::Match::kExact, "x-canary", std::string("a") + wanted + "b", "next"});
    for (char sent = ' '; sent <= '~'; ++sent) {
      EXPECT_EQ(matches(pattern, std::string("x-canary: a") + sent + "b\r\n"), sent == wanted)
          << '"' << wanted << "\" and \"" << sent << '"';
    }
  }
}

TEST(HeaderRoutes, can_match_a_beginning_or_the_mere_presence) {
  EXPECT_TRUE(matches({HeaderRoute::Match::kPrefix, "x-tier", "go", "next"}, "x-tier: gold\r\n"));
  EXPECT_FALSE(matches({HeaderRoute::Match::kPrefix, "x-tier", "go", "next"}, "x-tier: ago\r\n"));
  EXPECT_TRUE(matches({HeaderRoute::Match::kPresent, "x-tier", "", "next"}, "x-tier: any\r\n"));
}

TEST(Maps, have_a_line_for_each_key) {
  Edge made = edge();
  made.routes["acme/shop"] = {.stable = "acme.shop.a", .next = "acme.shop.b"};
  EXPECT_THAT(hosts_lines(made), ElementsAre(Pair("shop.test", "acme/shop")));
  EXPECT_EQ(map_text(routes_lines(made)), "acme/shop acme.shop.a:acme.shop.b:0:0:-:-:-:0:0:-\n");
}

}  // namespace
}  // namespace slipway::local
