// slipway-storage: what `slipway storage` hands over to, as it needs the host's own code. For that program alone: its
// words have fixed places and no help.
#include <iostream>

#include "host/config/variables.hpp"
#include "tools/storage/commands.hpp"

namespace slipway::storage_tool {
namespace {

using cli::Exit;
using cli::Failure;

app::Configuration load(const std::vector<std::string>& words) {
  const app::Sources sources{{words[3], words[2], words[5], config::environment_variables()}, words[4]};
  app::Configuration configuration = app::load_configuration(sources, app::ProfileFrom::revisions);
  if (configuration.faults.empty()) return configuration;
  std::string text;
  for (const std::string& fault : configuration.faults) text += (text.empty() ? "" : "\n") + fault;
  throw Failure(400, text);
}

// Format, command, --config, --config-directory, --profile, --environment, file.
Exit carry_out(const std::vector<std::string>& words) {
  const auto format = enum_from<cli::Format>(words[0]).value_or(cli::Format::table);
  const std::string& command = words[1];
  const auto configuration = load(words);
  if (command == "status") return status(format, configuration);
  if (command == "migrate") return migrate(format, configuration, Migration::done);
  if (command == "plan") return migrate(format, configuration, Migration::planned);
  if (command == "export") return export_to(format, configuration, words[6]);
  if (command == "import") return import_from(format, configuration, words[6]);
  throw Failure(400, "there is no command \"" + command + "\"");
}

int run(const std::vector<std::string>& words) {
  if (words.size() != 7) {
    std::cerr << "slipway-storage: is run by `slipway storage`; use that\n";
    return static_cast<int>(Exit::usage);
  }
  try {
    return static_cast<int>(carry_out(words));
  } catch (const Failure& failure) {
    std::cerr << "slipway: " << failure.message() << "\n";
    return static_cast<int>(cli::exit_of_answer(failure.status()));
  }
}

}  // namespace
}  // namespace slipway::storage_tool

int main(int argc, char** argv) {
  try {
    return slipway::storage_tool::run({argv + 1, argv + argc});
  } catch (const slipway::Error& error) {
    std::cerr << "slipway: " << error.status().message << "\n";
    return static_cast<int>(slipway::cli::Exit::refused);
  } catch (const std::exception& error) {
    std::cerr << "slipway: " << error.what() << "\n";
    return static_cast<int>(slipway::cli::Exit::failed);
  }
}
