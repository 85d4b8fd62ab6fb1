// What a profile comes to on this machine: each instance with the package that it runs, in the order of starting. Made
// without side effects; plain values.
#pragma once

#include <map>
#include <slipway/status.hpp>
#include <string>
#include <vector>

#include "host/loader/catalog.hpp"
#include "host/manifest/profile.hpp"

namespace slipway::lifecycle {

struct PlannedInstance {
  std::string name;
  loader::Installed package;
  Json config;
  manifest::Permissions permissions;  // in force: what profile and plugin both say
  std::vector<std::string> bindings;  // that lead to it
  std::vector<std::string> needs;     // instances that start before it and stop after it
  manifest::Placement placement = manifest::Placement::in_process;
};

struct Plan {
  std::string profile;
  std::vector<PlannedInstance> instances;  // the one bound as "storage" first, each after those that it needs
};

// Resolves every enabled instance. FAILED_PRECONDITION with one problem each, path "/plugins/<name>", for plugins that
// are not installed, configurations that do not fit the plugin's schema, and circles of needs.
//
// An instance needs the instances of plugins that its plugin requires, those behind the bindings that it may call by
// name ("secrets.*" is a name, "*" is none), and, when it resolves secrets, those behind the bindings of secrets.
Result<Plan> make_plan(const manifest::Profile& profile, const loader::Catalog& catalog);

}  // namespace slipway::lifecycle
