// slipway-packages: what `slipway key`, `slipway plugin sign`, `verify` and `inspect` hand over to, as they need the
// host's own code. For that program alone: its words have fixed places and no help.
#include <iostream>
#include <map>

#include "tools/packages/commands.hpp"

namespace slipway::packages {
namespace {

using cli::Exit;
using cli::Failure;

int run(const std::vector<std::string>& words) {
  using Command = Exit (*)(const Output&, const std::string&, const std::string&);
  static const std::map<std::string, Command> commands{
      {"new-key", make_key}, {"sign", sign}, {"verify", verify}, {"inspect", inspect}};
  const auto format = words.empty() ? std::nullopt : enum_from<cli::Format>(words[0]);
  const auto command = words.size() == 4 ? commands.find(words[1]) : commands.end();
  if (!format || command == commands.end()) {
    std::cerr << "slipway-packages: is run by `slipway key` and `slipway plugin`; use those\n";
    return static_cast<int>(Exit::usage);
  }
  try {
    return static_cast<int>(command->second({*format, {}}, words[2], words[3]));
  } catch (const Failure& failure) {
    std::cerr << "slipway: " << failure.message() << "\n";
    return static_cast<int>(cli::exit_of_answer(failure.status()));
  }
}

}  // namespace
}  // namespace slipway::packages

int main(int argc, char** argv) {
  try {
    return slipway::packages::run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << "slipway: " << error.what() << "\n";
    return static_cast<int>(slipway::cli::Exit::failed);
  }
}
