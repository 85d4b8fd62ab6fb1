#include "tools/cli/program.hpp"

#include "tools/cli/storage_commands.hpp"

namespace slipway::cli {
namespace {

std::string exit_codes() {
  std::string text;
  for (const auto& [code, meaning] : kExits) {
    text += (text.empty() ? "" : ", ") + std::to_string(static_cast<int>(code)) + " " + std::string(meaning);
  }
  return "Exit codes: " + text + ".";
}

void add_global_options(CLI::App& app, GlobalOptions& options) {
  app.add_option("--url", options.url, "Address of slipwayd; SLIPWAY_URL")->capture_default_str();
  app.add_option("--token-file", options.token_file,
                 "File with the access token; SLIPWAY_TOKEN_FILE, or the token itself in SLIPWAY_TOKEN")
      ->capture_default_str();
  app.add_option("--tenant", options.tenant, "Tenant, for administrators of several");
  app.add_option("-o,--output", options.format, "table, json or yaml")
      ->check(CLI::IsMember({"table", "json", "yaml"}))
      ->capture_default_str();
  app.footer(exit_codes());
}

}  // namespace

void add_program(CLI::App& app, Session& session, GlobalOptions& options) {
  app.name("slipway");
  app.description("Slipway: releases applications, watches them, and takes them back when they fail.");
  app.require_subcommand(1);
  app.fallthrough();
  add_global_options(app, options);
  add_deliver_commands(app, session);
  add_rollout_commands(app, session);
  add_host_commands(app, session);
  add_hosts_commands(app, session);
  add_new_plugin_command(app, session);
  add_package_commands(app, session);
  add_storage_commands(app, session);
  add_analysis_commands(app, session);
  add_completion_command(app, session);
}

}  // namespace slipway::cli
