#include "plugins/providers/local/reconcile/validate.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include "plugins/providers/local/artefact/digest.hpp"
#include "plugins/providers/local/process/command.hpp"

namespace slipway::local {
namespace {

namespace fs = std::filesystem;
using provider::Check;
using provider::CheckKind;
using provider::Desired;
using provider::DesiredGroup;
using provider::Release;
using Texts = std::vector<std::string>;

bool is_alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool made_of(const std::string& text, std::string_view others) {
  return !text.empty() &&
         std::ranges::all_of(text, [&](char c) { return is_alnum(c) || others.find(c) != others.npos; });
}

// Names become parts of file names, of backends and of map keys.
void check_name(const std::string& what, const std::string& name, Texts& problems) {
  if (made_of(name, "-_") && name.size() <= 63) return;
  problems.push_back(what + " \"" + name +
                     "\" can't be used by the local provider; want 1 to 63 letters, digits, - and _");
}

void check_version(const std::string& version, Texts& problems) {
  if (made_of(version, "-_.+") && is_alnum(version.front())) return;
  problems.push_back("release \"" + version +
                     "\" can't be used by the local provider; want letters, digits, ., -, _ and +, beginning with a "
                     "letter or a digit");
}

void check_paths(const Release& release, Texts& problems) {
  const auto absolute = [&](const char* field, const std::string& path) {
    if (path.empty() || path.starts_with('/')) return;
    problems.push_back("release " + release.version + ": " + field + " \"" + path + "\" is not absolute");
  };
  absolute("artefact.path", release.artefact.path);
  absolute("artefact.archive", release.artefact.archive);
  absolute("working_directory", release.working_directory);
  for (const provider::File& file : release.files) {
    const fs::path normal = fs::path(file.path).lexically_normal();
    if (!normal.empty() && normal.is_relative() && *normal.begin() != ".." && normal != ".") continue;
    problems.push_back("release " + release.version + ": the file \"" + file.path +
                       "\" lies outside the working directory; want a relative path");
  }
}

void check_artefact(const Release& release, Texts& problems) {
  const provider::Artefact& artefact = release.artefact;
  if (!artefact.path.empty() && !artefact.archive.empty()) {
    problems.push_back("release " + release.version + ": artefact has both a path and an archive; want one");
  }
  const bool needs = !artefact.archive.empty();
  if ((needs || !artefact.digest.empty()) && !is_digest(artefact.digest)) {
    problems.push_back("release " + release.version + ": artefact.digest \"" + artefact.digest +
                       "\" is no digest; want sha256: and 64 hex digits in lower case");
  }
  for (const std::string& path : {artefact.path, artefact.archive}) {
    std::error_code ignored;
    if (!path.empty() && !fs::exists(path, ignored))
      problems.push_back("release " + release.version + ": there is no \"" + path + "\"");
  }
}

void check_check(const Release& release, const char* what, const Check& check, Texts& problems) {
  const std::string where = "release " + release.version + ": " + what;
  const bool printable = std::ranges::all_of(check.path, [](unsigned char c) { return c > ' ' && c < 127; });
  if (check.kind == CheckKind::http && (!check.path.starts_with('/') || !printable)) {
    problems.push_back(where + ".path \"" + check.path +
                       "\" is no path; want one that begins with / and has no blanks");
  }
  if (check.kind == CheckKind::command && check.command.empty())
    problems.push_back(where + ".command is empty; want a program");
  if (check.interval.ns <= 0)
    problems.push_back(where + ".interval " + to_string(check.interval) + " is too short; want more than 0s");
  if (check.timeout.ns <= 0)
    problems.push_back(where + ".timeout " + to_string(check.timeout) + " is too short; want more than 0s");
}

void check_variables(const Release& release, Texts& problems) {
  const auto check = [&](const std::string& name) {
    const bool usable = !name.empty() && name.find('=') == name.npos && name.find('\0') == name.npos;
    if (!usable)
      problems.push_back("release " + release.version + ": \"" + name + "\" is no name of an environment variable");
    if (name == "PORT" || name == "SLIPWAY_REPLICA")
      problems.push_back("release " + release.version + ": the variable " + name + " is set by the provider");
  };
  for (const auto& [name, value] : release.env) check(name);
  for (const auto& [name, reference] : release.secrets) check(name);
}

void check_user(const Release& release, Texts& problems) {
  if (release.user.empty()) return;
  try {
    find_user(release.user);
  } catch (const Error& error) {
    problems.push_back("release " + release.version + ": " + error.what());
  }
}

void check_release(const Release& release, Texts& problems) {
  check_version(release.version, problems);
  if (release.command.empty() || release.command.front().empty())
    problems.push_back("release " + release.version + ": the command is empty; want a program");
  check_paths(release, problems);
  check_artefact(release, problems);
  check_variables(release, problems);
  check_user(release, problems);
  check_check(release, "readiness", release.readiness, problems);
  if (release.liveness) check_check(release, "liveness", *release.liveness, problems);
}

void check_role(const std::string& role, Texts& problems) {
  if (role != "stable" && role != "next" && role != "baseline")
    problems.push_back("role \"" + role + "\" is unknown; want stable, next or baseline");
}

void check_groups(const Desired& desired, Texts& problems) {
  std::set<std::string> roles, versions;
  std::uint64_t weights = 0;
  for (const DesiredGroup& group : desired.groups) {
    check_role(group.role, problems);
    if (!roles.insert(group.role).second) problems.push_back("role \"" + group.role + "\" occurs twice");
    if (!versions.insert(group.release.version).second)
      problems.push_back("release " + group.release.version + " is in two groups");
    if (group.weight > 0 && group.replicas == 0)
      problems.push_back("release " + group.release.version + " has a weight but no replicas");
    weights += group.weight;
    check_release(group.release, problems);
  }
  if (roles.contains("baseline") && !roles.contains("next"))
    problems.emplace_back("role \"baseline\" stands alone; want a group with the role next to compare it with");
  if (weights != 0 && weights != kAllTraffic)
    problems.push_back("the weights add up to " + std::to_string(weights) + "; want 1000000, or 0 to serve nothing");
}

void check_hosts(const Desired& desired, Texts& problems) {
  for (const std::string& host : desired.hosts) {
    if (host == "*" || made_of(host, "-_.")) continue;
    problems.push_back("host \"" + host + "\" is no host name; want letters, digits, -, _ and ., or *");
  }
}

void check_traffic(const Desired& desired, Texts& problems) {
  for (const provider::Route& route : desired.routes) {
    check_role(route.role, problems);
    if (!made_of(route.header, "-_"))
      problems.push_back("header \"" + route.header + "\" is no name of a header; want letters, digits, - and _");
    const bool printable = std::ranges::all_of(route.value, [](unsigned char c) { return c >= ' ' && c < 127; });
    if (!printable || route.value.empty())
      problems.push_back("the value of header \"" + route.header +
                         "\" has characters that can't be matched; want printable ASCII");
  }
  if (desired.mirror) check_role(desired.mirror->role, problems);
}

}  // namespace

std::vector<std::string> problems_of(const Desired& desired) {
  Texts problems;
  check_name("tenant", desired.tenant, problems);
  check_name("application", desired.application, problems);
  check_hosts(desired, problems);
  check_groups(desired, problems);
  check_traffic(desired, problems);
  return problems;
}

}  // namespace slipway::local
