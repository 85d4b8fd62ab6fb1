#include "tools/cli/program.hpp"
#include "tools/docs/markdown.hpp"
#include "tools/docs/pages.hpp"

namespace slipway::docs {
namespace {

std::string spelling(const CLI::Option& option) {
  if (option.get_positional()) return code(option.get_name(true));
  std::string names = option.get_name(false, true);
  if (option.get_items_expected_max() > 0) names += " VALUE";
  return code(names);
}

std::string options_table(const CLI::App& app) {
  std::vector<Cells> rows;
  for (const CLI::Option* option : app.get_options()) {
    if (option == app.get_help_ptr() && app.get_parent() != nullptr) continue;
    rows.push_back({spelling(*option), option->get_required() ? "yes" : "", code(option->get_default_str()),
                    option->get_description()});
  }
  if (rows.empty()) return "";
  return table({"option", "required", "default", "meaning"}, rows);
}

// A command that only holds others is their heading; each that runs has a section.
void add_command(std::string& text, const CLI::App& app, const std::string& path) {
  const auto children = app.get_subcommands([](const CLI::App*) { return true; });
  if (children.empty()) {
    text += "## " + path + "\n\n" + app.get_description() + ".\n\n" + options_table(app);
    // A footer is inherited unless a command has its own.
    if (app.get_footer() != app.get_parent()->get_footer()) text += app.get_footer() + "\n\n";
  }
  for (const CLI::App* child : children) add_command(text, *child, path + " " + child->get_name());
}

std::string_view when(cli::Exit exit) {
  switch (exit) {
    case cli::Exit::done:
      return "What was asked is done; with --watch or --wait, the rollout succeeded.";
    case cli::Exit::failed:
      return "The rollout ended without success, or the server failed or does not answer; one that stops while a "
             "rollout is watched is waited for up to a minute.";
    case cli::Exit::usage:
      return "The command line, or a document that was sent, is not valid (HTTP 400, 422).";
    case cli::Exit::rolled_back:
      return "The rollout was watched to its end, and the stable release serves again.";
    case cli::Exit::timed_out:
      return "--timeout passed before the rollout ended; it goes on.";
    case cli::Exit::refused:
      return "The server refused: no permission, not found, or a conflict (any other HTTP 4xx).";
  }
  return "";
}

std::string exits_table() {
  std::vector<Cells> rows;
  for (const auto& [exit, meaning] : cli::kExits)
    rows.push_back({std::to_string(static_cast<int>(exit)), std::string(meaning), std::string(when(exit))});
  return table({"code", "word", "when"}, rows);
}

}  // namespace

void add_cli(Pages& pages) {
  CLI::App app;
  cli::Session session;
  cli::GlobalOptions options;
  cli::add_program(app, session, options);
  std::string text = title("slipway, the command line") + app.get_description() +
                     "\n\n## Options of every command\n\n" + options_table(app) +
                     "Colours and live drawing need a terminal; `NO_COLOR` turns colours off.\n\n" +
                     "## Exit codes\n\n" + exits_table();
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    add_command(text, *command, "slipway " + command->get_name());
  pages.push_back({"reference/cli.md", std::move(text)});
}

}  // namespace slipway::docs
