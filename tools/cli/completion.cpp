// Completion scripts for shells, made from the commands themselves.
#include <algorithm>
#include <iostream>
#include <memory>
#include <vector>

#include "tools/cli/commands.hpp"

namespace slipway::cli {
namespace {

// "a b c" with another word.
void add_word(std::string& words, const std::string& word) { words += (words.empty() ? "" : " ") + word; }

std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  return names;
}

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

// "table json yaml" for an option that takes one of a few words; CLI11 says them as "TEXT:{table,json,yaml}".
std::string choices_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const auto open = type.find('{');
  const auto close = type.find('}', open == type.npos ? 0 : open);
  if (open == type.npos || close == type.npos) return "";
  std::string words = type.substr(open + 1, close - open - 1);
  std::ranges::replace(words, ',', ' ');
  return words;
}

// What may follow a command: its own, and what it has from the commands above it.
struct Place {
  std::string path;  // "rollout promote"; empty for the program itself
  std::string commands;
  std::string arguments;  // words that its positional argument may be
  std::string options;    // long ones
  std::string valued;     // options that take the next word
};

Place place_of(const CLI::App& app, const std::string& path) {
  Place place{.path = path, .commands = "", .arguments = "", .options = "", .valued = ""};
  for (const CLI::App* sub : app.get_subcommands(nullptr)) add_word(place.commands, sub->get_name());
  for (const CLI::App* from = &app; from != nullptr; from = from->get_parent()) {
    for (const CLI::Option* option : from->get_options()) {
      if (from != &app && option == from->get_help_ptr()) continue;
      if (from == &app && option->get_positional()) add_word(place.arguments, choices_of(*option));
      for (const std::string& name : option->get_lnames()) add_word(place.options, "--" + name);
      if (!takes_value(*option)) continue;
      for (const std::string& name : names_of(*option)) add_word(place.valued, name);
    }
  }
  return place;
}

// visit("rollout promote", app) for the program and each command below it.
void each_command(const CLI::App& app, const std::string& path,
                  const std::function<void(const std::string&, const CLI::App&)>& visit) {
  visit(path, app);
  for (const CLI::App* sub : app.get_subcommands(nullptr))
    each_command(*sub, path.empty() ? sub->get_name() : path + " " + sub->get_name(), visit);
}

// Values of options, by "<path> <option>"; an option of the program itself holds behind every path.
std::string bash_values(const CLI::App& app) {
  std::string cases;
  each_command(app, "", [&](const std::string& path, const CLI::App& command) {
    for (const CLI::Option* option : command.get_options()) {
      if (option->get_positional() || choices_of(*option).empty()) continue;
      for (const std::string& name : names_of(*option)) {
        cases += "    " + (path.empty() ? "*\" " + name + "\"" : "\"" + path + " " + name + "\"") + ") words=\"" +
                 choices_of(*option) + "\" ;;\n";
      }
    }
  });
  return cases;
}

std::string bash_script(const CLI::App& app) {
  std::string places;
  each_command(app, "", [&](const std::string& path, const CLI::App& command) {
    const Place place = place_of(command, path);
    places += "    \"" + path + "\") commands=\"" + place.commands + "\" arguments=\"" + place.arguments +
              "\" options=\"" + place.options + "\" valued=\"" + place.valued + "\" ;;\n";
  });
  return R"(# bash completion for slipway; load it with: source <(slipway completion bash)
_slipway_at() {
  case "$1" in
)" + places +
         R"(  esac
}
_slipway_values() {
  case "$1" in
)" + bash_values(app) +
         R"(  esac
}
_slipway() {
  local path="" word words="" awaits="" commands="" arguments="" options="" valued=""
  _slipway_at ""
  for word in "${COMP_WORDS[@]:1:$((COMP_CWORD - 1))}"; do
    if [[ $word == "=" ]]; then
      awaits="${awaits:--}"
    elif [[ -n $awaits ]]; then
      awaits=""
    elif [[ $word == -* ]]; then
      [[ " $valued " == *" $word "* ]] && awaits="$word"
    elif [[ " $commands " == *" $word "* ]]; then
      path="${path:+$path }$word"
      _slipway_at "$path"
    fi
  done
  word="${COMP_WORDS[COMP_CWORD]}"
  if [[ -z $awaits ]]; then
    words="$commands $arguments $options"
  else
    _slipway_values "$path $awaits"
    [[ $word == "=" ]] && word=""
    [[ -z $words ]] && { COMPREPLY=($(compgen -f -- "$word")); return; }
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _slipway slipway
)";
}

std::string zsh_script(const CLI::App& app) {
  return "#compdef slipway\n# zsh completion for slipway; load it with: source <(slipway completion zsh)\n"
         "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }\n"
         "autoload -Uz bashcompinit && bashcompinit\n" +
         bash_script(app);
}

// One word between single quotes, as fish reads it.
std::string fish_quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' || c == '\\' ? std::string{'\\', c} : std::string{c};
  return quoted + "'";
}

std::string fish_lines(const CLI::App& command, const std::string& path) {
  const std::string start = "complete -c slipway -n " + fish_quoted("__slipway_at " + fish_quoted(path)) + " -f";
  std::string script;
  for (const CLI::App* sub : command.get_subcommands(nullptr))
    script += start + " -a " + sub->get_name() + " -d " + fish_quoted(sub->get_description()) + "\n";
  for (const CLI::Option* option : command.get_options()) {
    const std::string choices = choices_of(*option);
    if (option->get_positional()) {
      if (!choices.empty()) script += start + " -a " + fish_quoted(choices) + "\n";
      continue;
    }
    // An option of the program itself holds everywhere.
    std::string line = path.empty() ? "complete -c slipway"
                                    : "complete -c slipway -n " + fish_quoted("__slipway_at " + fish_quoted(path));
    for (const std::string& name : option->get_lnames()) line += " -l " + name;
    for (const std::string& name : option->get_snames()) line += " -s " + name;
    if (takes_value(*option)) line += choices.empty() ? " -r" : " -x -a " + fish_quoted(choices);
    script += line + " -d " + fish_quoted(option->get_description()) + "\n";
  }
  return script;
}

std::string fish_script(const CLI::App& app) {
  std::string places;
  std::string lines;
  each_command(app, "", [&](const std::string& path, const CLI::App& command) {
    const Place place = place_of(command, path);
    places += "        case " + fish_quoted(path) + "\n            set -g __slipway_commands " + place.commands +
              "\n            set -g __slipway_valued " + place.valued + "\n";
    lines += fish_lines(command, path);
  });
  return R"(# fish completion for slipway; load it with: slipway completion fish | source
function __slipway_place
    switch "$argv[1]"
)" + places +
         R"(    end
end
function __slipway_at --description 'Whether the words before the cursor lead to this command'
    set -l path ''
    set -l awaits ''
    set -l words (commandline -opc)
    __slipway_place ''
    for word in $words[2..-1]
        if test -n "$awaits"
            set awaits ''
        else if string match -q -- '-*' $word
            contains -- $word $__slipway_valued; and set awaits $word
        else if contains -- $word $__slipway_commands
            set path (string trim -- "$path $word")
            __slipway_place $path
        end
    end
    test "$path" = "$argv[1]" -a -z "$awaits"
end
)" + lines;
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
