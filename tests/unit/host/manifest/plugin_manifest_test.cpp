#include "host/manifest/plugin_manifest.hpp"

#include <gtest/gtest.h>

#include "host/base/files.hpp"
#include "host/config/fault.hpp"

namespace slipway::manifest {
namespace {

constexpr auto kDigest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

Json minimal() {
  return {{"id", "strategy-canary"},
          {"version", "1.2.3"},
          {"abi", {{"min", "1.0"}, {"max", "1.1"}}},
          {"library", "strategy-canary.so"},
          {"interfaces", {"slipway.strategy/1"}}};
}

std::string faults_of(const Json& json) {
  const auto parsed = parse_plugin_manifest(json.dump(1), "plugin.json");
  EXPECT_EQ(parsed.status().code, parsed.ok() ? Code::ok : Code::invalid_argument);
  return parsed.status().message;
}

TEST(PluginManifest, TheLeastThatIsNeededIsReadWithDefaults) {
  const auto plugin = parse_plugin_manifest(minimal().dump(), "plugin.json");
  ASSERT_TRUE(plugin.ok()) << to_string(plugin.status());
  EXPECT_EQ(plugin->id, "strategy-canary");
  EXPECT_EQ(base::to_string(plugin->version), "1.2.3");
  EXPECT_EQ(plugin->abi, (AbiRange{{1, 0}, {1, 1}}));
  EXPECT_EQ(plugin->threading, Threading::serial);
  EXPECT_EQ(plugin->state.kind, StateKind::stateless);
  EXPECT_EQ(plugin->unload, Unload::unload);
  EXPECT_TRUE(plugin->provides("slipway.strategy/1"));
  EXPECT_FALSE(plugin->provides("slipway.gate/1"));
}

TEST(PluginManifest, EveryFieldIsRead) {
  Json json = minimal();
  json.update(Json{{"description", "Canary."},
                   {"threading", "blocking"},
                   {"permissions", {{"network", true}, {"processes", {"haproxy"}}, {"files", false}}},
                   {"config", {{"type", "object"}}},
                   {"state", {{"kind", "snapshot"}, {"reads", {1, 2}}, {"writes", 2}}},
                   {"unload", "keep"},
                   {"requires", {{"storage-sqlite", "^1"}}},
                   {"files", {{"strategy-canary.so", kDigest}, {"data/x.txt", kDigest}}},
                   {"of_a_later_version", 1}});
  const auto plugin = parse_plugin_manifest(json.dump(), "plugin.json");
  ASSERT_TRUE(plugin.ok()) << to_string(plugin.status());
  EXPECT_EQ(plugin->threading, Threading::blocking);
  EXPECT_EQ(plugin->permissions.network.allowed, std::vector<std::string>{"*"});
  EXPECT_EQ(plugin->permissions.processes.allowed, std::vector<std::string>{"haproxy"});
  EXPECT_TRUE(plugin->permissions.files.allowed.empty());
  EXPECT_EQ(plugin->state, (StateSchema{StateKind::snapshot, {1, 2}, 2}));
  EXPECT_EQ(plugin->unload, Unload::keep);
  EXPECT_TRUE(plugin->needs.at("storage-sqlite").contains(*base::parse_version("1.5.0")));
  EXPECT_EQ(plugin->files.size(), 2U);
}

TEST(PluginManifest, PermissionsMayBeAListOfNames) {
  Json json = minimal();
  json["permissions"] = {"network", "secrets"};
  const auto plugin = parse_plugin_manifest(json.dump(), "plugin.json");
  ASSERT_TRUE(plugin.ok()) << to_string(plugin.status());
  EXPECT_EQ(plugin->permissions.network.allowed, std::vector<std::string>{"*"});
  EXPECT_EQ(plugin->permissions.secrets.allowed, std::vector<std::string>{"*"});
  EXPECT_TRUE(plugin->permissions.processes.allowed.empty());
}

TEST(PluginManifest, TenFaultsAreToldAtOnceWithTheirLines) {
  const auto parsed = parse_plugin_manifest(R"({
  "id": "Canary",
  "version": "1.2",
  "abi": {"min": "1.1", "max": "1.0"},
  "library": "../evil.so",
  "interfaces": ["slipway.strategy/1", "strategy"],
  "threading": "parallel",
  "permissions": {"netwrk": true, "files": 5},
  "config": {"type": 5},
  "state": {"reads": 1},
  "requires": {"storage-sqlite": "latest"}
})",
                                            "p.json");
  EXPECT_EQ(parsed.status().message,
            "p.json:2: /id: is \"Canary\"; want an id like \"strategy-canary\" or \"vendor.name\"\n"
            "p.json:3: /version: is \"1.2\"; want a version like \"1.4.0\" or \"2.0.0-rc.1\"\n"
            "p.json:4: /abi/min: is \"1.1\"; want at most /abi/max, which is \"1.0\"\n"
            "p.json:5: /library: is \"../evil.so\"; want a file name that ends in .so\n"
            "p.json:6: /interfaces/1: is \"strategy\"; want an interface id like \"slipway.strategy/1\"\n"
            "p.json:7: /threading: is \"parallel\"; want one of serial, concurrent, blocking\n"
            "p.json:8: /permissions/files: is 5; want true, false or a list of at most 64 texts\n"
            "p.json:8: /permissions/netwrk: is no field here; did you mean \"network\"?\n"
            "p.json:9: /config: no usable JSON Schema: JSON value is not a string.\n"
            "p.json:10: /state/reads: is 1; want a list with a number of entries of at most 64\n"
            "p.json:11: /requires/storage-sqlite: is \"latest\"; want a version range like \"^1.2\", \"~1.2\", \">=1 "
            "<2\", \"1.4.0\" or \"*\"");
  EXPECT_EQ(parsed.status().problems.size(), 11U);
}

TEST(PluginManifest, WhatIsMissingIsNamed) {
  EXPECT_EQ(faults_of(Json::object()),
            "plugin.json: /abi: is missing; want an object\n"
            "plugin.json: /id: is missing; want an id like \"strategy-canary\" or \"vendor.name\"\n"
            "plugin.json: /interfaces: is missing; want a list with a number of entries from 1 to 32\n"
            "plugin.json: /library: is missing; want a file name that ends in .so\n"
            "plugin.json: /version: is missing; want a version like \"1.4.0\" or \"2.0.0-rc.1\"");
}

TEST(PluginManifest, FilesStayInsideThePackageAndIncludeTheLibrary) {
  Json json = minimal();
  for (const auto* path : {"/etc/passwd", "../x", "a/../b", "a//b/", "./a", "", "a\\b"}) {
    json["files"] = {{"strategy-canary.so", kDigest}, {path, kDigest}};
    EXPECT_NE(faults_of(json).find("is no path inside the package"), std::string::npos) << path;
  }
  json["files"] = {{"strategy-canary.so", "ABC"}};
  EXPECT_EQ(faults_of(json),
            "plugin.json:7: /files/strategy-canary.so: is \"ABC\"; want a SHA-256 as 64 lower-case hexadecimal digits");
  json["files"] = {{"other.so", kDigest}};
  EXPECT_NE(faults_of(json).find("/library: is \"strategy-canary.so\"; want a file that is listed in /files"),
            std::string::npos);
}

TEST(PluginManifest, AnInterfaceTwiceIsAFault) {
  Json json = minimal();
  json["interfaces"] = {"slipway.gate/1", "slipway.gate/1"};
  EXPECT_NE(faults_of(json).find("/interfaces/1: is \"slipway.gate/1\"; want each interface once"), std::string::npos);
}

TEST(PluginManifest, RubbishIsRefused) {
  for (const auto* text : {"", "[]", "null", "{", "{\"id\": 1, \"id\": 2}", "\xff", "{\"id\": {\"id\": {}}}"}) {
    EXPECT_FALSE(parse_plugin_manifest(text, "p").ok()) << text;
  }
  std::string deep;
  for (int i = 0; i < 10'000; ++i) deep += "{\"a\":";
  EXPECT_EQ(parse_plugin_manifest(deep, "p").status().message, "p: nested deeper than 32 levels");
  EXPECT_EQ(parse_plugin_manifest(std::string((1U << 20) + 1, ' '), "p").status().message,
            "p: has 1048577 bytes, at most 1048576 are allowed");
}

TEST(PluginManifest, AConfigurationIsHeldToThePluginsOwnSchema) {
  Json json = minimal();
  json["config"] = {{"type", "object"},
                    {"properties", {{"port", {{"type", "integer"}, {"minimum", 1}}}}},
                    {"required", {"port"}},
                    {"additionalProperties", false}};
  const auto plugin = *parse_plugin_manifest(json.dump(), "p");
  EXPECT_TRUE(check_plugin_config(plugin, {{"port", 80}}).empty());
  EXPECT_EQ(check_plugin_config(plugin, {{"port", 0}}), (Problems{{"/port", "0", "want an integer of at least 1"}}));
  EXPECT_EQ(check_plugin_config(plugin, Json::object()),
            (Problems{{"/port", "", "is missing; want an integer of at least 1"}}));
  const auto bare = *parse_plugin_manifest(minimal().dump(), "p");
  EXPECT_TRUE(check_plugin_config(bare, Json::object()).empty());
  EXPECT_EQ(check_plugin_config(bare, {{"x", 1}}),
            (Problems{{"/", "{\"x\":1}", "want nothing: strategy-canary has no configuration"}}));
}

TEST(PluginManifest, TheSchemaFileIsTheSchemaOfTheHost) {
  const auto file =
      base::read_file(std::filesystem::path(SLIPWAY_SOURCE_DIRECTORY) / "sdk" / "schema" / "plugin.schema.json");
  ASSERT_TRUE(file.ok()) << to_string(file.status());
  EXPECT_EQ(*file, plugin_schema_text()) << "write it again with slipway-schemas";
}

}  // namespace
}  // namespace slipway::manifest
