#include <unistd.h>

#include <array>
#include <filesystem>
#include <memory>
#include <vector>

#include "tools/cli/commands.hpp"

namespace slipway::cli {
namespace {

struct Options {
  std::string package;
  std::array<std::string, 6> values;
  bool in_process = false;
};

// Options that have a value, in the order of Options::values.
struct Named {
  const char* name;
  const char* doc;
};
constexpr std::array<Named, 6> kNamed{{
    {"--only", "One group of tests, or one test: calls, calls.answers_once"},
    {"--seed", "Repeats the random choices of an earlier run"},
    {"--format", "text, json or junit"},
    {"--level", "core, swap, isolated or pedantic; each has the tests of those before it"},
    {"--config", "File with the configuration to create instances with"},
    {"--report", "Writes a report as JSON to this file too"},
}};

std::string kit_program() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::string beside = (self.parent_path() / "slipway-kit").string();
  return !error && access(beside.c_str(), X_OK) == 0 ? beside : "slipway-kit";
}

Exit run_kit(const Options& options) {
  std::vector<std::string> words{kit_program(), options.package};
  for (std::size_t i = 0; i < kNamed.size(); ++i) {
    if (!options.values[i].empty()) words.insert(words.end(), {kNamed[i].name, options.values[i]});
  }
  if (options.in_process) words.emplace_back("--in-process");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  execvp(argv.front(), argv.data());
  throw Failure(0, "can't run slipway-kit; install it beside this program or in the PATH");
}

}  // namespace

void add_plugin_test(CLI::App& group, Session& session) {
  auto options = std::make_shared<Options>();
  CLI::App* test = group.add_subcommand("test", "Test whether a plugin keeps to the contract");
  test->add_option("package", options->package, "Folder with plugin.json and the library")->required();
  for (std::size_t i = 0; i < kNamed.size(); ++i) test->add_option(kNamed[i].name, options->values[i], kNamed[i].doc);
  test->add_flag("--in-process", options->in_process, "All tests in one process, for a debugger");
  test->footer("Ends with 1 when a test failed.");
  test->callback([&session, options] { session.run = [options] { return run_kit(*options); }; });
}

}  // namespace slipway::cli
