#include "tools/cli/unknown_command.hpp"

#include <algorithm>
#include <numeric>

namespace slipway::cli {
namespace {

// Letters to add, leave out or change (Levenshtein), one row at a time.
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* command) { return !command->get_name().empty(); });
}

const CLI::App* find(const CLI::App& app, const std::string& name) {
  for (const CLI::App* command : commands_of(app)) {
    if (command->check_name(name)) return command;
  }
  return nullptr;
}

std::string nearest(const CLI::App& app, const std::string& word) {
  std::string best;
  std::size_t least = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const CLI::App* command : commands_of(app)) {
    const std::string& name = command->get_name();
    const std::size_t away = word.size() > 100 ? least : distance(word, name);
    if (away >= least || away >= std::max(name.size(), word.size())) continue;
    least = away;
    best = name;
  }
  return best;
}

// Options of the commands above hold below too.
const CLI::Option* find_option(const CLI::App* app, const std::string& word) {
  for (; app != nullptr; app = app->get_parent()) {
    if (const CLI::Option* option = app->get_option_no_throw(word)) return option;
  }
  return nullptr;
}

bool takes_next(const CLI::App& app, const std::string& word) {
  const CLI::Option* option = find_option(&app, word);
  return option != nullptr && option->get_items_expected_max() > 0;
}

std::string path_of(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name() : path_of(*app.get_parent()) + " " + app.get_name();
}

}  // namespace

std::string unknown_command(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* here = &app;
  for (std::size_t i = 0; i < words.size() && !commands_of(*here).empty(); ++i) {
    const std::string& word = words[i];
    if (word.starts_with('-')) {
      if (takes_next(*here, word)) ++i;
      continue;
    }
    if (const CLI::App* next = find(*here, word)) {
      here = next;
      continue;
    }
    const std::string near = nearest(*here, word);
    return "\"" + word + "\" is no command of " + path_of(*here) +
           (near.empty() ? "" : "; did you mean \"" + near + "\"?") + (near.empty() ? "; run " : " Run ") +
           path_of(*here) + " --help for all of them";
  }
  return {};
}

}  // namespace slipway::cli
