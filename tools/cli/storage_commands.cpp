#include "tools/cli/storage_commands.hpp"

#include <memory>

#include "tools/cli/hand_over.hpp"

namespace slipway::cli {
namespace {

// What slipwayd takes too.
struct Options {
  std::string config, directory, profile, environment, file;
  bool dry_run = false;
};

CLI::App* add(CLI::App& group, Session& session, const std::shared_ptr<Options>& options, const std::string& name,
              const std::string& doc) {
  CLI::App* command = group.add_subcommand(name, doc);
  command->add_option("--config", options->config, "The site's configuration; SLIPWAY_CONFIG")
      ->envname("SLIPWAY_CONFIG");
  command
      ->add_option("--config-directory", options->directory,
                   "Folder of base.yaml and <environment>.yaml; SLIPWAY_CONFIG_DIRECTORY")
      ->envname("SLIPWAY_CONFIG_DIRECTORY");
  command->add_option("--profile", options->profile, "The profile that names the store; SLIPWAY_PROFILE")
      ->envname("SLIPWAY_PROFILE")
      ->required();
  command->add_option("--environment", options->environment, "As for slipwayd; SLIPWAY_ENVIRONMENT")
      ->envname("SLIPWAY_ENVIRONMENT");
  command->callback([&session, options, name] {
    session.run = [&session, options, name] {
      const std::string word = options->dry_run ? "plan" : name;
      return hand_over("slipway-storage", {std::string(to_name(session.format)), word, options->config,
                                           options->directory, options->profile, options->environment, options->file});
    };
  });
  return command;
}

}  // namespace

void add_storage_commands(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  CLI::App* group = app.add_subcommand("storage", "The store, on the machine of a host and without asking it");
  group->require_subcommand(1);
  add(*group, session, options, "status", "Where it is, how much it holds, and whether its schema is current");
  add(*group, session, options, "migrate", "Bring its schema up to date, as the next start of slipwayd would")
      ->add_flag("--dry-run", options->dry_run, "Only say what would be done");
  add(*group, session, options, "export", "Write all that it keeps into a file, which any store can read")
      ->add_option("file", options->file, "A file that is not there yet; - for standard output")
      ->required();
  add(*group, session, options, "import", "Fill an empty store with what was exported: all of it or nothing")
      ->add_option("file", options->file, "What export wrote; - for standard input")
      ->required();
}

}  // namespace slipway::cli
