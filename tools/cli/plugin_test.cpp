#include <array>
#include <memory>
#include <vector>

#include "tools/cli/commands.hpp"
#include "tools/cli/hand_over.hpp"

namespace slipway::cli {
namespace {

struct Options {
  std::string package;
  std::array<std::string, 7> values;
  bool in_process = false;
};

// Options that have a value, in the order of Options::values.
struct Named {
  const char* name;
  const char* doc;
};
constexpr std::array<Named, 7> kNamed{{
    {"--only", "One group of tests, or one test: calls, calls.answers_once"},
    {"--seed", "Repeats the random choices of an earlier run"},
    {"--format", "text, json or junit"},
    {"--level", "core, swap, isolated or pedantic; each has the tests of those before it"},
    {"--config", "File with the configuration to create instances with"},
    {"--key", "Public half of the key that signed it; by default this machine's local key"},
    {"--report", "Writes a report as JSON to this file too"},
}};

Exit run_kit(const Options& options) {
  std::vector<std::string> words{options.package};
  for (std::size_t i = 0; i < kNamed.size(); ++i) {
    if (!options.values[i].empty()) words.insert(words.end(), {kNamed[i].name, options.values[i]});
  }
  if (options.in_process) words.emplace_back("--in-process");
  return hand_over("slipway-kit", std::move(words));
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
