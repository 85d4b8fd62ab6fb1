#include "host/manifest/profile.hpp"

#include <gtest/gtest.h>

#include "host/base/files.hpp"

namespace slipway::manifest {
namespace {

const config::TemplateNames kNames{{{"state_directory", "/s"}, {"run_directory", "/r"}, {"environment", "dev"}},
                                   {{"KEY", "hunter2"}}};

LoadedProfile read(std::string_view text, const FindPlugin& find = nullptr) {
  return read_profile(config::parse_source("p.yaml", text, config::Syntax::yaml), kNames, find);
}

std::string faults_in(std::string_view text, const FindPlugin& find = nullptr) {
  return config::to_string(read(text, find).faults);
}

PluginManifest plugin(const std::string& id, const std::string& interface, Json more = Json::object()) {
  Json json{{"id", id},
            {"version", "1.4.1"},
            {"abi", {{"min", "1.0"}, {"max", "1.0"}}},
            {"library", id + ".so"},
            {"interfaces", {interface}}};
  json.update(more);
  return *parse_plugin_manifest(json.dump(), id);
}

// Plugins by id, one version each.
class Installed {
 public:
  explicit Installed(std::vector<PluginManifest> plugins) : plugins_(std::move(plugins)) {}
  Result<const PluginManifest*> operator()(const std::string& id, const base::VersionRange& range) const {
    std::vector<base::Version> versions;
    for (const auto& one : plugins_) {
      if (one.id != id) continue;
      if (range.contains(one.version)) return &one;
      versions.push_back(one.version);
    }
    return not_installed(id, range, versions, {"/usr/lib/slipway/plugins"});
  }

 private:
  std::vector<PluginManifest> plugins_;
};

constexpr auto kSound = R"(
profile: {name: test, version: 1.0.0}
plugins:
  db: {plugin: storage-sqlite, version: ^1.0, config: {path: "${state_directory}/db"}}
  canary: {plugin: strategy-canary}
  hook: {plugin: notifier-webhook, permissions: {network: ["*"]}}
  freeze: {plugin: gate-freeze-window}
bindings:
  storage: db
  strategies.canary: {instance: canary}
  notifiers.ops: hook
  gates.freeze: freeze
notifications:
  - {binding: notifiers.ops, events: ["rollout.*", rollout.failed, "*"]}
gates:
  - {binding: gates.freeze, settings: {windows: []}, applies_to: {strategies: [canary], actions: [start]}}
)";

TEST(Profile, ASoundOneIsReadWithItsTemplatesExpanded) {
  const auto loaded = read(kSound);
  ASSERT_TRUE(loaded.profile) << config::to_string(loaded.faults);
  EXPECT_TRUE(loaded.warnings.empty());
  const Profile& profile = *loaded.profile;
  EXPECT_EQ(profile.profile.name, "test");
  EXPECT_EQ(profile.plugins.at("db").config, (Json{{"path", "/s/db"}}));
  EXPECT_EQ(profile.plugins.at("db").version.text(), "^1.0");
  EXPECT_EQ(profile.plugins.at("canary").version.text(), "*");
  EXPECT_TRUE(profile.plugins.at("canary").enabled);
  EXPECT_FALSE(profile.plugins.at("canary").permissions);
  EXPECT_EQ(profile.plugins.at("hook").permissions->network.allowed, std::vector<std::string>{"*"});
  EXPECT_EQ(profile.bindings.at("strategies.canary").instance, "canary");
  EXPECT_EQ(profile.bindings.at("storage").instance, "db");
  EXPECT_EQ(profile.notifications.at(0).events.size(), 3U);
  EXPECT_EQ(profile.gates.at(0).applies_to.actions, std::vector<std::string>{"start"});
}

TEST(Profile, TenFaultsAreToldAtOnceWithTheirLines) {
  EXPECT_EQ(
      faults_in(R"(profile: {name: My Profile, version: 1}
plugins:
  db: {plugin: storage-sqlite, version: newest}
  canary: {plugn: strategy-canary}
  off: {plugin: gate-webhook, enabled: false}
  Bad_Name: {plugin: x, placement: apart}
  env: {plugin: secrets-env, config: {a: "${env:NOPE}"}}
bindings:
  strategy.canary: canary
  gates.off: off
  secrets.env: evn
notifications:
  - {binding: gates.off, events: []}
)"),
      "p.yaml:1: /profile/name: is \"My Profile\"; want a name of a-z, 0-9 and \"-\", at most 63\n"
      "p.yaml:1: /profile/version: is 1; want a version like \"1.4.0\" or \"2.0.0-rc.1\"\n"
      "p.yaml:3: /plugins/db/version: is \"newest\"; want a version range like \"^1.2\", \"~1.2\", \">=1 <2\", "
      "\"1.4.0\" or \"*\"\n"
      "p.yaml:4: /plugins/canary/plugin: is missing; want an id like \"strategy-canary\" or \"vendor.name\"\n"
      "p.yaml:4: /plugins/canary/plugn: is no field here; did you mean \"plugin\"?\n"
      "p.yaml:6: /plugins/Bad_Name: is no name for an instance; want a-z, 0-9 and \"-\", at most 63\n"
      "p.yaml:6: /plugins/Bad_Name/placement: is \"apart\"; want in-process or isolated\n"
      "p.yaml:7: /plugins/env/config/a: is \"${env:NOPE}\"; the environment variable \"NOPE\" is not set\n"
      "p.yaml:8: /bindings/storage: is missing; the host keeps its journal there\n"
      "p.yaml:9: /bindings/strategy.canary: is no name of a binding; did you mean \"strategies.canary\"?\n"
      "p.yaml:10: /bindings/gates.off: is \"off\"; want an instance that is enabled; enable it or remove the binding\n"
      "p.yaml:11: /bindings/secrets.env: is \"evn\"; want an instance of /plugins; did you mean \"env\"?\n"
      "p.yaml:13: /notifications/0/binding: is \"gates.off\"; want a notifiers binding of /bindings\n"
      "p.yaml:13: /notifications/0/events: is []; want a list with a number of entries from 1 to 64");
}

TEST(Profile, AnInstanceThatNothingUsesIsAWarning) {
  const auto loaded = read(
      "profile: {name: a, version: 1.0.0}\nplugins:\n  db: {plugin: s}\n  idle: {plugin: i}\n  off: {plugin: i, "
      "enabled: false}\nbindings: {storage: db}\n");
  ASSERT_TRUE(loaded.profile) << config::to_string(loaded.faults);
  EXPECT_EQ(config::to_string(loaded.warnings),
            "p.yaml:4: /plugins/idle: is bound to no name, so nothing will call it");
}

TEST(Profile, EachInstanceIsHeldToItsPlugin) {
  const Json config{{"type", "object"},
                    {"properties", {{"path", {{"type", "string"}}}}},
                    {"required", {"path"}},
                    {"additionalProperties", false}};
  const Installed installed(
      {plugin("storage-sqlite", "slipway.storage/1", {{"config", config}}),
       plugin("strategy-canary", "slipway.strategy/1"),
       plugin("notifier-webhook", "slipway.notifier/1", {{"permissions", {"network"}}}),
       plugin("gate-freeze-window", "slipway.gate/1", {{"requires", {{"storage-sqlite", "^2"}}}})});
  EXPECT_EQ(faults_in(R"(profile: {name: a, version: 1.0.0}
plugins:
  db: {plugin: storage-sqlite, config: {path: 5, pth: x}}
  canary: {plugin: strategy-canary, version: ^2.0}
  hook: {plugin: notifier-webhook, permissions: {files: true}}
  freeze: {plugin: gate-freeze-window}
  other: {plugin: strategy-other}
  hidden: {plugin: strategy-canary, config: {token: "${env:KEY}"}}
bindings:
  storage: db
  strategies.canary: canary
  strategies.hidden: hidden
  strategies.other: other
  notifiers.ops: hook
  metrics.x: freeze
)",
                      installed),
            "p.yaml:3: /plugins/db/config/path: is 5; want a text\n"
            "p.yaml:3: /plugins/db/config/pth: is no field here; did you mean \"path\"?\n"
            "p.yaml:4: /plugins/canary/plugin: strategy-canary ^2.0 is not installed; there is 1.4.1 in "
            "/usr/lib/slipway/plugins: install a version "
            "that fits or relax the range\n"
            "p.yaml:6: /plugins/freeze: gate-freeze-window requires storage-sqlite ^2, which no enabled instance is\n"
            "p.yaml:7: /plugins/other/plugin: strategy-other * is not installed; there is no version of it in "
            "/usr/lib/slipway/plugins\n"
            "p.yaml:8: /plugins/hidden/config: want nothing: strategy-canary has no configuration\n"
            "p.yaml:15: /bindings/metrics.x: is \"freeze\"; want an instance that provides slipway.metrics/1; "
            "gate-freeze-window provides slipway.gate/1");
}

TEST(Profile, WhatAnInstanceIsGrantedAndItsPluginDoesNotAskForIsAWarning) {
  const Json asked{{"network", {"*.example.org", "10.0.0.1"}}, {"store", {"mine/"}}, {"files", {"/etc/x", "/srv/"}}};
  const Installed installed({plugin("storage-sqlite", "slipway.storage/1"),
                             plugin("notifier-webhook", "slipway.notifier/1", {{"permissions", asked}})});
  const auto warnings_with = [&](const std::string& permissions) {
    const auto loaded = read(
        "profile: {name: a, version: 1.0.0}\nplugins:\n  db: {plugin: storage-sqlite}\n  hook: {plugin: "
        "notifier-webhook, permissions: " +
            permissions + "}\nbindings: {storage: db, notifiers.ops: hook}\n",
        installed);
    EXPECT_TRUE(loaded.profile) << config::to_string(loaded.faults);
    return config::to_string(loaded.warnings);
  };
  for (const auto* less : {"{}", "[]", "{network: [10.0.0.1]}", "{network: [hooks.example.org, \"*.b.example.org\"]}",
                           "{network: false, store: [mine/a/, mine/]}", "{files: [/etc/x/, /srv/a/..]}"})
    EXPECT_EQ(warnings_with(less), "") << less;
  const std::string begin = "p.yaml:4: /plugins/hook/permissions: notifier-webhook 1.4.1 does not ask for ";
  const std::string end = " in its plugin.json; only what both say is granted";
  EXPECT_EQ(warnings_with("[network, secrets]"), begin + "network (*), secrets (*)" + end);
  EXPECT_EQ(warnings_with("{network: [\"*example.org\", 10.0.0.1]}"), begin + "network (*example.org)" + end);
  EXPECT_EQ(warnings_with("{store: [mine, others/]}"), begin + "store (mine, others/)" + end);
  EXPECT_EQ(warnings_with("{files: [/etc/x/y, /srv/../root, /etc]}"),
            begin + "files (/etc/x/y, /srv/../root, /etc)" + end);
}

TEST(Profile, NamesThatOpenNoSocketToAnIsolatedPluginWithClientsOfItsOwnAreAWarning) {
  const auto warnings_with = [](const std::string& threading, const std::string& more) {
    const Installed installed(
        {plugin("storage-postgres", "slipway.storage/1", {{"threading", threading}, {"permissions", {"network"}}})});
    const auto loaded = read("profile: {name: a, version: 1.0.0}\nplugins:\n  db: {plugin: storage-postgres, " + more +
                                 "}\nbindings: {storage: db}\n",
                             installed);
    EXPECT_TRUE(loaded.profile) << config::to_string(loaded.faults);
    return config::to_string(loaded.warnings);
  };
  const std::string named = "placement: isolated, permissions: {network: [db.example.org]}";
  EXPECT_EQ(warnings_with("blocking", named),
            "p.yaml:3: /plugins/db/permissions: \"network\" by name opens no sockets to an isolated plugin, only the "
            "host's HTTP client; if storage-postgres connects by itself, grant \"*\" or leave out \"placement\"");
  EXPECT_EQ(warnings_with("concurrent", named), "") << "it asks the host";
  for (const auto* fine : {"placement: isolated", "placement: isolated, permissions: {network: false}",
                           "permissions: {network: [db.example.org]}"})
    EXPECT_EQ(warnings_with("blocking", fine), "") << fine;
}

TEST(Profile, ASoundOneFitsItsPlugins) {
  const Installed installed({plugin("storage-sqlite", "slipway.storage/1", {{"config", {{"type", "object"}}}}),
                             plugin("strategy-canary", "slipway.strategy/1"),
                             plugin("notifier-webhook", "slipway.notifier/1", {{"permissions", {"network"}}}),
                             plugin("gate-freeze-window", "slipway.gate/1")});
  EXPECT_EQ(faults_in(kSound, installed), "");
}

TEST(Profile, AnEmptyDocumentLacksWhatIsRequired) {
  EXPECT_EQ(faults_in(""),
            "p.yaml: /bindings: is missing; want an object with a number of fields of at most 256\n"
            "p.yaml: /plugins: is missing; want an object with a number of fields of at most 256\n"
            "p.yaml: /profile: is missing; want an object");
}

TEST(Profile, AFileThatCannotBeReadIsTheOnlyFault) {
  const auto loaded = load_profile("/nonexistent/p.yaml", kNames);
  EXPECT_FALSE(loaded.profile);
  EXPECT_EQ(config::to_string(loaded.faults), "/nonexistent/p.yaml: cannot be opened: No such file or directory");
}

TEST(Profile, WrongShapesEverywhereAreFaultsAndNeverMore) {
  for (const auto* text : {"plugins: []", "plugins: {a: 1}", "bindings: {storage: 5}", "bindings: {storage: {}}",
                           "bindings: {storage: {instance: [a]}}", "notifications: {}", "notifications: [1]",
                           "gates: [{binding: {}}]", "gates: [{applies_to: []}]", "plugins: {a: {config: []}}",
                           "plugins: {a: {permissions: 5}}", "plugins: {a: {permissions: [x]}}", "profile: []"}) {
    EXPECT_FALSE(read(text, Installed({})).profile) << text;
  }
}

TEST(Profile, TheOneForDevelopmentIsSound) {
  const auto loaded = load_profile(std::filesystem::path(SLIPWAY_SOURCE_DIRECTORY) / "manifests" / "dev.yaml", kNames);
  ASSERT_TRUE(loaded.profile) << config::to_string(loaded.faults);
  EXPECT_EQ(config::to_string(loaded.warnings), "");
  EXPECT_EQ(loaded.profile->bindings.size(), loaded.profile->plugins.size()) << "each plugin is bound to one name";
}

// Every plugin.json of the source tree, by id.
std::map<std::string, PluginManifest> plugins_of_the_tree() {
  std::map<std::string, PluginManifest> plugins;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(std::filesystem::path(SLIPWAY_SOURCE_DIRECTORY) / "plugins")) {
    if (entry.path().filename() != "plugin.json") continue;
    auto plugin = parse_plugin_manifest(*base::read_file(entry.path()), entry.path().string());
    EXPECT_TRUE(plugin.ok()) << to_string(plugin.status());
    if (plugin.ok()) plugins.emplace(plugin->id, *plugin);
  }
  return plugins;
}

TEST(Profile, TheOneForDevelopmentFitsThePluginsOfThisTree) {
  const auto plugins = plugins_of_the_tree();
  const auto find = [&](const std::string& id, const base::VersionRange& range) -> Result<const PluginManifest*> {
    const auto found = plugins.find(id);
    if (found == plugins.end()) return not_installed(id, range, {}, {"plugins"});
    return &found->second;
  };
  const auto loaded =
      load_profile(std::filesystem::path(SLIPWAY_SOURCE_DIRECTORY) / "manifests" / "dev.yaml", kNames, find);
  EXPECT_FALSE(plugins.empty());
  for (const auto& fault : loaded.faults) {
    EXPECT_NE(fault.problem.message.find("is not installed"), std::string::npos) << config::to_string(fault);
  }
}

TEST(Profile, TheSchemaFileIsTheSchemaOfTheHost) {
  const auto file =
      base::read_file(std::filesystem::path(SLIPWAY_SOURCE_DIRECTORY) / "manifests" / "profile.schema.json");
  ASSERT_TRUE(file.ok()) << to_string(file.status());
  EXPECT_EQ(*file, profile_schema_text()) << "write it again with slipway-schemas";
}

}  // namespace
}  // namespace slipway::manifest
