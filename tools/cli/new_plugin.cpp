// slipway plugin new: the begin of a plugin.
#include <iostream>
#include <memory>

#include "tools/cli/commands.hpp"
#include "tools/cli/scaffold.hpp"

namespace slipway::cli {
namespace {

std::string next_steps(const NewPlugin& plugin) {
  return plugin.id + " is in " + plugin.directory.string() + "; build and test it:\n" +  //
         "  cmake -G Ninja -S " + plugin.directory.string() + " -B " + (plugin.directory / "build").string() + "\n" +
         "  cmake --build " + (plugin.directory / "build").string() + "\n" + "  ctest --test-dir " +
         (plugin.directory / "build").string() + "\n";
}

Exit make(const Session& session, NewPlugin plugin) {
  if (plugin.directory.empty()) plugin.directory = plugin.id;
  const auto templates = templates_of(std::filesystem::read_symlink("/proc/self/exe"));
  Json files = Json::array();
  for (const auto& file : make_plugin(templates, plugin)) files.push_back(file.string());
  const Json made{{"id", plugin.id}, {"directory", plugin.directory.string()}, {"files", files}};
  session.print(made, [&] { return next_steps(plugin); });
  return Exit::done;
}

}  // namespace

void add_new_plugin_command(CLI::App& app, Session& session) {
  struct Options {
    std::string id, interface, language = "cpp", directory;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.get_subcommand("plugin")->add_subcommand("new", "Begin a plugin: a folder that builds and passes its tests");
  command->add_option("id", options->id, "Its id, vendor.name")->required();
  command
      ->add_option("--interface", options->interface,
                   "What it provides: strategy, provider, metrics, analyzer, gate, notifier, secrets or app (a host "
                   "runs one and does "
                   "not serve its routes yet)")
      ->required();
  command->add_option("--lang", options->language, "cpp, c or rust")->capture_default_str();
  command->add_option("--directory", options->directory, "The folder to make; by default the id, in this folder");
  command->callback([&session, options] {
    session.run = [&session, options] {
      return make(session, {options->id, options->interface, options->language, options->directory});
    };
  });
}

}  // namespace slipway::cli
