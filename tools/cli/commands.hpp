// The commands, by subject. Each adds its subcommands to the parser; the chosen one sets what runs.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "tools/cli/client.hpp"
#include "tools/cli/exit.hpp"
#include "tools/cli/output.hpp"

namespace slipway::cli {

// What the command line said that holds for all commands, and what is to be run.
struct Session {
  Connection connection;
  Format format = Format::table;
  Terminal terminal;
  std::function<Exit()> run;

  [[nodiscard]] Client client() const { return Client(connection); }
  // Prints as asked: `text` makes the form for people.
  void print(const Json& value, const std::function<std::string()>& text) const { cli::print(format, value, text); }
};

// Options of a list that are filters of the API's, under the same names: "--stable-release" for stable_release.
class Filters {
 public:
  void add(CLI::App& list, const std::string& field, const std::string& doc);
  void add_flag(CLI::App& list, const std::string& field, const std::string& doc);
  // The path with those that were given as its query.
  [[nodiscard]] std::string on(const std::string& path) const;

 private:
  std::map<std::string, std::string> given_;
};

void add_deliver_commands(CLI::App& app, Session& session);  // apply, deploy, app, release
void add_rollout_commands(CLI::App& app, Session& session);  // rollout …
void add_host_commands(CLI::App& app, Session& session);     // plugin, profile, binding, status, events, check, version
void add_new_plugin_command(CLI::App& app, Session& session);  // plugin new; after add_host_commands
void add_hosts_commands(CLI::App& app, Session& session);      // hosts
// What changes the profile: plan, apply, history, diff, rollback below `profile`; swap below `binding`.
void add_profile_commands(CLI::App& profile, CLI::App& binding, Session& session);
// plugin test: runs slipway-kit. `group` is the command plugin.
void add_plugin_test(CLI::App& group, Session& session);
// key new; plugin sign and verify; after add_host_commands. They run slipway-packages.
void add_package_commands(CLI::App& app, Session& session);
// Whether a word of the command line is a package's path and no plugin's id: it has a "/", or ends as archives do.
bool names_package(const std::string& word);
// plugin inspect of a package, by slipway-packages.
Exit inspect_package_file(const Session& session, const std::string& package, const std::string& policy);
void add_analysis_commands(CLI::App& app, Session& session);  // analysis plan
void add_completion_command(CLI::App& app, Session& session);

// Follows a rollout, as it was last seen, to its end: draws it when `live`, else only waits. `timeout_s` 0: no limit.
// A host that does not answer is waited for, a minute at most.
enum class Progress { silent, live };
Exit follow_rollout(Session& session, Json rollout, Progress progress, long timeout_s);
// The rollout for people.
std::string rollout_text(const Terminal& terminal, const Json& rollout);
std::string why_text(const Terminal& terminal, const Json& rollout);
std::string plan_text(const Json& plan);

// Seconds of "90", "30s" or "5m"; for CLI11's transform of --timeout.
long parse_seconds(const std::string& text);

// "a/b" as one path segment is refused by the server; names are checked here so that a typing error is told at once.
std::string segment(const std::string& name);

}  // namespace slipway::cli
