// slipway: the command line over the REST API.
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "tools/cli/program.hpp"
#include "tools/cli/unknown_command.hpp"

namespace slipway::cli {
namespace {

std::string environment(const char* name, const std::string& otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? otherwise : value;
}

// The token of SLIPWAY_TOKEN, else of the file; empty without either.
std::string read_token(const std::string& file) {
  if (const std::string token = environment("SLIPWAY_TOKEN", ""); !token.empty()) return token;
  std::string token;
  std::ifstream(file) >> token;
  return token;
}

// What the server cannot know when it misses the token.
std::string hint_for(const Failure& failure, const Connection& connection, const std::string& token_file) {
  if (failure.status() != 401 || !connection.token.empty()) return "";
  return "\nno token was sent: " + token_file +
         " can't be read or is empty; --token-file or SLIPWAY_TOKEN_FILE name another";
}

int run(int argc, char** argv) {
  CLI::App app;
  Session session;
  GlobalOptions options;
  options.url = environment("SLIPWAY_URL", options.url);
  options.token_file = environment("SLIPWAY_TOKEN_FILE", options.token_file);
  add_program(app, session, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const std::string unknown = unknown_command(app, {argv + 1, argv + argc});
    if (error.get_exit_code() != 0 && !unknown.empty()) {
      std::cerr << "slipway: " << unknown << "\n";
      return static_cast<int>(Exit::usage);
    }
    return app.exit(error) == 0 ? 0 : static_cast<int>(Exit::usage);
  }
  session.format = enum_from<Format>(options.format).value_or(Format::table);
  session.connection = {options.url, read_token(options.token_file), options.tenant};
  try {
    return static_cast<int>(session.run());
  } catch (const Failure& failure) {
    std::cerr << "slipway: " << failure.message() << hint_for(failure, session.connection, options.token_file) << "\n";
    return static_cast<int>(exit_of_answer(failure.status()));
  }
}

}  // namespace

}  // namespace slipway::cli

int main(int argc, char** argv) {
  try {
    return slipway::cli::run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "slipway: " << error.what() << "\n";
    return static_cast<int>(slipway::cli::Exit::failed);
  }
}
