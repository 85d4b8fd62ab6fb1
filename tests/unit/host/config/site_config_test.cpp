#include "host/config/site_config.hpp"

#include <gtest/gtest.h>

#include "host/base/files.hpp"
#include "tests/support/temporary_directory.hpp"

namespace slipway::config {
namespace {

class Site : public testing::Test {
 protected:
  std::string write(const std::string& name, std::string_view text) {
    const auto path = folder.path() / name;
    EXPECT_TRUE(base::write_private_file(path, text).ok());
    return path.string();
  }
  // Faults with the folder's own name left out.
  std::string faults(const SiteSources& sources) {
    std::string text = to_string(load_site_config(sources).faults);
    const std::string prefix = folder.path().string();
    for (auto at = text.find(prefix); at != text.npos; at = text.find(prefix)) text.replace(at, prefix.size(), "@");
    return text;
  }

  test::TemporaryDirectory folder;
};

TEST_F(Site, WithoutAnySourceTheDefaultsHold) {
  const auto loaded = load_site_config({});
  ASSERT_TRUE(loaded.config) << to_string(loaded.faults);
  SiteConfig expected;
  expected.token_file = "/var/lib/slipway/token";
  EXPECT_EQ(*loaded.config, expected);
}

TEST_F(Site, TheHeadersForACollectorMayComeFromVariables) {
  const auto site = write("site.yaml",
                          "telemetry: {otlp: {endpoint: \"https://collector.example:4318/otlp\", sample_ratio: 25%, "
                          "headers: {Authorization: \"Bearer ${env:KEY}\", X-Team: a}}}\n");
  const auto loaded = load_site_config({.site_file = site, .variables = {{"KEY", "secret"}}});
  ASSERT_TRUE(loaded.config) << to_string(loaded.faults);
  const OtlpConfig& otlp = loaded.config->telemetry.otlp;
  EXPECT_EQ(otlp.headers, (std::map<std::string, std::string>{{"Authorization", "Bearer secret"}, {"X-Team", "a"}}));
  EXPECT_EQ(otlp.sample_ratio, share(25));
}

TEST_F(Site, AFaultInTheSettingsForACollectorShowsNoHeader) {
  const auto site =
      write("site.yaml",
            "telemetry:\n"
            "  otlp:\n"
            "    endpoint: \"https://user:password@collector.example\"\n"
            "    header: {Authorization: secret-1}\n"
            "    headers: {\"bad name\": secret-2, Authorization: \"secret-3\\nX: y\", X-List: [secret-4]}\n"
            "    batch: 0\n");
  EXPECT_EQ(
      faults({.site_file = site}),
      "@/site.yaml:3: /telemetry/otlp/endpoint: want a URL like \"http://127.0.0.1:4318\", without user, query and "
      "fragment\n"
      "@/site.yaml:4: /telemetry/otlp/header: is no field here; did you mean \"headers\"?\n"
      "@/site.yaml:5: /telemetry/otlp/headers: \"bad name\" is no name of a header\n"
      "@/site.yaml:5: /telemetry/otlp/headers/Authorization: want printable characters of ASCII, at most 4096\n"
      "@/site.yaml:5: /telemetry/otlp/headers/X-List: want printable characters of ASCII, at most 4096\n"
      "@/site.yaml:6: /telemetry/otlp/batch: is 0; want an integer from 1 to 4096");
}

TEST_F(Site, LaterLayersWinFieldByField) {
  write("base.yaml", "log: {format: json, level: warn}\nthreads: 3\nblocking_threads: 3\nshutdown_grace: 1s\n");
  write("staging.yaml", "log: {level: error}\nblocking_threads: 5\nshutdown_grace: 2s\n");
  const auto site = write("site.yaml", "environment: staging\nshutdown_grace: 3s\nstate_directory: /srv/slip\n");
  const auto loaded = load_site_config({.directory = folder.path(),
                                        .site_file = site,
                                        .variables = {{"SLIPWAY_LIMITS__BODY_BYTES", "2048"},
                                                      {"SLIPWAY_PLUGIN_ROOTS", "/a,/b"},
                                                      {"SLIPWAY_LISTEN", "[::1]:0"},
                                                      {"SLIPWAY_URL", "for the command line"},
                                                      {"SLIPWAY_TOKEN_FILE", "/of/another/host/token"},
                                                      {"SLIPWAY_SECRET_KEY", "for an application"},
                                                      {"SLIPWAY_RELEASE", "for a replica"},
                                                      {"PATH", "/bin"}}});
  ASSERT_TRUE(loaded.config) << to_string(loaded.faults);
  EXPECT_EQ(loaded.config->log.format, telemetry::LogFormat::json);
  EXPECT_EQ(loaded.config->log.level, telemetry::Level::error);
  EXPECT_EQ(loaded.config->threads, 3U);
  EXPECT_EQ(loaded.config->blocking_threads, 5U);
  EXPECT_EQ(loaded.config->shutdown_grace, seconds(3));
  EXPECT_EQ(loaded.config->limits.body_bytes, 2048U);
  EXPECT_EQ(loaded.config->plugin_roots, (std::vector<std::string>{"/a", "/b"}));
  EXPECT_EQ(loaded.config->token_file, "/srv/slip/token");
  EXPECT_EQ(loaded.config->environment, "staging");
  EXPECT_EQ(loaded.files,
            (std::vector<std::string>{folder.path() / "base.yaml", folder.path() / "staging.yaml", site}));
}

TEST_F(Site, TheEnvironmentComesFromTheOptionThenTheVariableThenTheFiles) {
  write("base.yaml", "environment: one\n");
  for (const auto* name : {"one", "two", "three", "four"}) write(std::string(name) + ".yaml", "");
  const auto site = write("site.yaml", "environment: two\n");
  const auto environment = [&](SiteSources sources) {
    sources.directory = folder.path();
    return load_site_config(sources).config.value().environment;
  };
  EXPECT_EQ(environment({}), "one");
  EXPECT_EQ(environment({.site_file = site}), "two");
  EXPECT_EQ(environment({.site_file = site, .variables = {{"SLIPWAY_ENVIRONMENT", "three"}}}), "three");
  EXPECT_EQ(environment({.site_file = site, .environment = "four", .variables = {{"SLIPWAY_ENVIRONMENT", "three"}}}),
            "four");
}

TEST_F(Site, TenFaultsOfAllLayersAreToldAtOnceEachWithItsPlace) {
  write("base.yaml", "log:\n  level: verbose\nlimits:\n  body_bytes: -1\n  conections: 5\n");
  write("development.yaml", "threads: many\nplugin_roots: []\n");
  const auto site = write("site.yaml",
                          "listen: 0.0.0.0:80\n"
                          "shutdown_grace: 1h\n"
                          "token_file: ${stat}/token\n"
                          "shutdown_grace: 2s\n");
  EXPECT_EQ(faults({.directory = folder.path(), .site_file = site, .variables = {{"SLIPWAY_LIMITS__STREAMS", "x"}}}),
            "@/base.yaml:2: /log/level: is \"verbose\"; want one of debug, info, warn, error, off\n"
            "@/base.yaml:4: /limits/body_bytes: is -1; want an integer from 1024 to 67108864\n"
            "@/base.yaml:5: /limits/conections: is no field here; did you mean \"connections\"?\n"
            "@/development.yaml:1: /threads: is \"many\"; want an integer from 0 to 256\n"
            "@/development.yaml:2: /plugin_roots: is []; want a list with a number of entries from 1 to 16\n"
            "@/site.yaml:1: /listen: is \"0.0.0.0:80\"; want a loopback address with a port, such as "
            "\"127.0.0.1:7070\": without TLS the token "
            "would cross the network in the clear\n"
            "@/site.yaml:2: /shutdown_grace: is \"1h\"; want a duration from 100ms to 5m\n"
            "@/site.yaml:3: /token_file: is \"${stat}/token\"; want no template but ${environment}, ${run_directory}, "
            "${state_directory}, "
            "${env:NAME}; a \"$\" of its own is written \"$$\"\n"
            "@/site.yaml:4: the name \"shutdown_grace\" occurs twice; the first is on line 2\n"
            "environment variable SLIPWAY_LIMITS__STREAMS: /limits/streams: is \"x\"; want an integer from 0 to 65536");
}

TEST_F(Site, ARelativeDirectoryIsAFaultWhereItIsWritten) {
  const auto site = write("site.yaml", "state_directory: state\nrun_directory: ${state_directory}/run\n");
  EXPECT_EQ(
      faults({.site_file = site, .variables = {{"SLIPWAY_RUN_DIRECTORY", "./run"}}}),
      "@/site.yaml:1: /state_directory: is \"state\"; want an absolute path of at most 4096 bytes\n"
      "environment variable SLIPWAY_RUN_DIRECTORY: /run_directory: is \"./run\"; want an absolute path of at most "
      "4096 bytes");
}

TEST_F(Site, AnUnknownVariableIsAFaultWithTheNearestName) {
  EXPECT_EQ(faults({.variables = {{"SLIPWAY_LISTN", "127.0.0.1:1"}}}),
            "environment variable SLIPWAY_LISTN: /listn: is no field here; did you mean \"listen\"?");
}

TEST_F(Site, AnUnknownEnvironmentIsAFaultWithThoseThatAreThere) {
  write("base.yaml", "");
  write("development.yaml", "");
  write("production.yaml", "");
  EXPECT_EQ(faults({.directory = folder.path(), .environment = "prod"}),
            "@: /environment: is \"prod\"; want one of development, production");
  EXPECT_EQ(faults({.directory = folder.path(), .environment = "../x"}),
            "option --environment: /environment: is \"../x\"; want a name like \"production\": a-z, 0-9 and \"-\", at "
            "most 63");
}

TEST_F(Site, AMissingFileIsAFault) {
  EXPECT_EQ(faults({.site_file = folder.path() / "none.yaml"}),
            "@/none.yaml: cannot be opened: No such file or directory");
}

TEST_F(Site, DirectoriesMayNameVariablesAndEachOtherButNotThemselves) {
  auto site = write(
      "a.yaml",
      "state_directory: ${env:HOME}/s\nrun_directory: ${state_directory}/run\nlog: {file: '${run_directory}/log'}\n");
  const auto loaded = load_site_config({.site_file = site, .variables = {{"HOME", "/home/$$me"}}});
  ASSERT_TRUE(loaded.config) << to_string(loaded.faults);
  EXPECT_EQ(loaded.config->log.file, "/home/$$me/s/run/log");
  site = write("b.yaml", "state_directory: ${state_directory}/x\n");
  EXPECT_EQ(faults({.site_file = site}),
            "@/b.yaml:1: /state_directory: is \"${state_directory}/x\"; want no template but ${environment}, "
            "${env:NAME}; a \"$\" of its own is "
            "written \"$$\"");
}

TEST_F(Site, WhatComesFromAVariableIsNeverShown) {
  const auto site = write("a.yaml", "listen: ${env:SECRET}\nlog: {level: '${env:SECRET}'}\n");
  const auto text = faults({.site_file = site, .variables = {{"SECRET", "hunter2"}}});
  EXPECT_EQ(text.find("hunter2"), text.npos) << text;
  EXPECT_NE(text.find("/log/level: is \"${env:SECRET}\"; want one of"), text.npos) << text;
}

TEST_F(Site, OnlyLoopbackAddressesWithAPortAreTaken) {
  EXPECT_EQ(*parse_listen("127.0.0.1:7070"), (Endpoint{"127.0.0.1", 7070}));
  EXPECT_EQ(*parse_listen("127.1.2.3:0"), (Endpoint{"127.1.2.3", 0}));
  EXPECT_EQ(*parse_listen("[::1]:65535"), (Endpoint{"::1", 65535}));
  for (const auto* text : {"", "127.0.0.1", "127.0.0.1:", ":80", "127.0.0.1:65536", "127.0.0.1:+1", "127.0.0.1:8 ",
                           "::1:80", "[127.0.0.1]:80", "0.0.0.0:80", "[::]:80", "10.0.0.1:80", "localhost:80",
                           "example.com:80", "127.1:80", "[::ffff:127.0.0.1]:80"}) {
    EXPECT_FALSE(parse_listen(text).ok()) << text;
  }
}

TEST_F(Site, TheSchemaFileIsTheSchemaOfTheHost) {
  const auto file = base::read_file(std::filesystem::path(SLIPWAY_SOURCE_DIRECTORY) / "config" / "site.schema.json");
  ASSERT_TRUE(file.ok()) << to_string(file.status());
  EXPECT_EQ(*file, site_schema_text()) << "write it again with slipway-schemas";
}

TEST_F(Site, EachEnvironmentThatShipsIsValid) {
  for (const auto* environment : {"development", "staging", "production"}) {
    const auto loaded = load_site_config(
        {.directory = std::filesystem::path(SLIPWAY_SOURCE_DIRECTORY) / "config", .environment = environment});
    EXPECT_TRUE(loaded.config) << to_string(loaded.faults);
  }
}

}  // namespace
}  // namespace slipway::config
