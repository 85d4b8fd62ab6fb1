// Completion scripts for shells, made from the commands themselves.
#include <iostream>
#include <memory>

#include "tools/cli/commands.hpp"

namespace slipway::cli {
namespace {

// Every word that may follow a command path: subcommands, then long options.
std::string words_after(const CLI::App& app) {
  std::string words;
  for (const CLI::App* sub : app.get_subcommands(nullptr)) words += (words.empty() ? "" : " ") + sub->get_name();
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) words += (words.empty() ? "--" : " --") + name;
  }
  return words;
}

// visit("rollout promote", app) for the program and each command below it.
void each_command(const CLI::App& app, const std::string& path,
                  const std::function<void(const std::string&, const CLI::App&)>& visit) {
  visit(path, app);
  for (const CLI::App* sub : app.get_subcommands(nullptr))
    each_command(*sub, path.empty() ? sub->get_name() : path + " " + sub->get_name(), visit);
}

std::string bash_script(const CLI::App& app) {
  std::string cases;
  each_command(app, "", [&](const std::string& path, const CLI::App& command) {
    cases += "    \"" + path + "\") words=\"" + words_after(command) + "\" ;;\n";
  });
  return "# bash completion for slipway; load it with: source <(slipway completion bash)\n"
         "_slipway() {\n"
         "  local path=\"\" word words=\"\"\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    [[ $word == -* ]] || path=\"${path:+$path }$word\"\n"
         "  done\n"
         "  case \"$path\" in\n" +
         cases +
         "  esac\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\")\n"
         "}\n"
         "complete -F _slipway slipway\n";
}

std::string zsh_script(const CLI::App& app) {
  return "#compdef slipway\n# zsh completion for slipway; load it with: source <(slipway completion zsh)\nautoload -U "
         "+X bashcompinit && bashcompinit\n" +
         bash_script(app);
}

std::string fish_script(const CLI::App& app) {
  std::string script = "# fish completion for slipway; load it with: slipway completion fish | source\n";
  each_command(app, "", [&](const std::string& path, const CLI::App& command) {
    const std::string condition =
        path.empty() ? "__fish_use_subcommand" : "__fish_seen_subcommand_from " + path.substr(path.rfind(' ') + 1);
    for (const CLI::App* sub : command.get_subcommands(nullptr)) {
      script += "complete -c slipway -f -n '" + condition + "' -a " + sub->get_name() + " -d \"" +
                sub->get_description() + "\"\n";
    }
    for (const CLI::Option* option : command.get_options()) {
      for (const std::string& name : option->get_lnames())
        script +=
            "complete -c slipway -n '" + condition + "' -l " + name + " -d \"" + option->get_description() + "\"\n";
    }
  });
  return script;
}

}  // namespace

void add_completion_command(CLI::App& app, Session& session) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("completion", "Print a completion script for a shell");
  command->add_option("shell", *shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->callback([&app, &session, shell] {
    session.run = [&app, shell] {
      std::cout << (*shell == "bash" ? bash_script(app) : *shell == "zsh" ? zsh_script(app) : fish_script(app));
      return Exit::done;
    };
  });
}

}  // namespace slipway::cli
