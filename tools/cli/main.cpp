// slipway: the command line over the REST API.
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <iostream>

#include "tools/cli/commands.hpp"

namespace slipway::cli {
namespace {

std::string environment(const char* name, const std::string& otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? otherwise : value;
}

// The token of SLIPWAY_TOKEN, else of the file; without either the server says what is missing.
std::string read_token(const std::string& file) {
  if (const std::string token = environment("SLIPWAY_TOKEN", ""); !token.empty()) return token;
  std::string token;
  std::ifstream(file) >> token;
  return token;
}

Exit exit_of(const Failure& failure) {
  switch (failure.status()) {
    case 0:
      return Exit::failed;
    case 400:
    case 422:
      return Exit::usage;
    default:
      return failure.status() >= 500 ? Exit::failed : Exit::refused;
  }
}

struct GlobalOptions {
  std::string token_file = environment("SLIPWAY_TOKEN_FILE", "/var/lib/slipway/token");
  std::string format = "table";
};

void add_global_options(CLI::App& app, Session& session, GlobalOptions& options) {
  session.connection.url = environment("SLIPWAY_URL", "http://127.0.0.1:7070");
  app.add_option("--url", session.connection.url, "Address of slipwayd; SLIPWAY_URL")->capture_default_str();
  app.add_option("--token-file", options.token_file,
                 "File with the access token; SLIPWAY_TOKEN_FILE, or the token itself in SLIPWAY_TOKEN")
      ->capture_default_str();
  app.add_option("--tenant", session.connection.tenant, "Tenant, for administrators of several");
  app.add_option("-o,--output", options.format, "table, json or yaml")
      ->check(CLI::IsMember({"table", "json", "yaml"}))
      ->capture_default_str();
  app.footer("Exit codes: 0 done, 1 failed, 2 usage, 3 rolled back, 4 timed out waiting, 5 refused.");
}

int run(int argc, char** argv) {
  CLI::App app("Slipway: releases applications, watches them, and takes them back when they fail.", "slipway");
  app.require_subcommand(1);
  app.fallthrough();
  Session session;
  GlobalOptions options;
  add_global_options(app, session, options);
  add_deliver_commands(app, session);
  add_rollout_commands(app, session);
  add_host_commands(app, session);
  add_completion_command(app, session);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(Exit::usage);
  }
  session.format = options.format == "json" ? Format::json : options.format == "yaml" ? Format::yaml : Format::table;
  session.connection.token = read_token(options.token_file);
  try {
    return static_cast<int>(session.run());
  } catch (const Failure& failure) {
    std::cerr << "slipway: " << failure.message() << "\n";
    return static_cast<int>(exit_of(failure));
  }
}

}  // namespace

void Session::print(const Json& value, const std::function<std::string()>& text) const {
  switch (format) {
    case Format::table:
      std::cout << text();
      break;
    case Format::json:
      std::cout << to_pretty_json(value);
      break;
    case Format::yaml:
      std::cout << to_yaml(value);
      break;
  }
}

}  // namespace slipway::cli

int main(int argc, char** argv) {
  try {
    return slipway::cli::run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "slipway: " << error.what() << "\n";
    return static_cast<int>(slipway::cli::Exit::failed);
  }
}
