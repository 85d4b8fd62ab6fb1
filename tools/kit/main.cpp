// slipway-kit: whether a plugin keeps to the contract. `slipway plugin test` runs it.
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <fstream>
#include <iostream>
#include <random>
#include <slipway/values.hpp>

#include "tools/kit/report.hpp"
#include "tools/kit/signature.hpp"

namespace slipway::kit {
namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;

struct Options {
  std::string package;
  std::string only;
  bool in_process = false;
  std::optional<std::uint64_t> seed;
  std::string format = "text";
  std::string level = "isolated";
  std::string config;
  std::string key;
  std::string report;
  double patience = 1;
  bool list = false;
  // Of a test's own process.
  std::string run;
  int board = -1;
};

void add_options(CLI::App& app, Options& options) {
  app.add_option("package", options.package, "Folder with plugin.json and the library");
  app.add_option("--only", options.only, "One group of tests, or one test: calls, calls.answers_once");
  app.add_flag("--in-process", options.in_process, "All tests in this process, for a debugger: a crash ends the run");
  app.add_option("--seed", options.seed, "Repeats the random choices of an earlier run");
  app.add_option("--format", options.format, "text, json or junit")->check(CLI::IsMember({"text", "json", "junit"}));
  app.add_option("--level", options.level, "core, swap, isolated or pedantic")->check(CLI::IsMember(kLevelNames));
  app.add_option("--config", options.config, "File with the configuration to create instances with")
      ->check(CLI::ExistingFile);
  app.add_option("--key", options.key, "Public half of the key that signed it; by default this machine's local key")
      ->check(CLI::ExistingFile);
  app.add_option("--report", options.report, "Writes a report as JSON to this file too");
  app.add_option("--patience", options.patience, "Multiplies the time limits, for a slow machine")
      ->check(CLI::Range(0.1, 100.0));
  app.add_flag("--list", options.list, "Lists the tests and runs none");
  app.add_option("--run", options.run)->group("");
  app.add_option("--board", options.board)->group("");
}

Subjects subjects_of(const Options& options) {
  std::random_device device;
  return {.package = std::filesystem::absolute(options.package),
          .seed = options.seed.value_or(device() % 1'000'000),
          .config = options.config.empty() ? "" : std::filesystem::absolute(options.config),
          .key = options.key.empty() ? local_key_file() : std::filesystem::absolute(options.key)};
}

// The test's own process: one test, and no way back through what the plugin left behind.
[[noreturn]] void run_one(const Options& options) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const Subjects subjects = subjects_of(options);
  Board board = Board::attach(options.board);
  const Package package = read_package(subjects.package);
  const Tests tests = select(Level::pedantic, options.run);
  if (!tests.empty()) run_test(tests.front(), subjects, package, board);
  std::cout.flush();
  ::_exit(0);
}

Level level_of(const std::string& name) {
  return static_cast<Level>(std::ranges::find(kLevelNames, name) - kLevelNames.begin());
}

std::string now_text() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return to_string(Instant{std::chrono::duration_cast<std::chrono::nanoseconds>(now).count()});
}

Run start_of_run(const Options& options, const Subjects& subjects) {
  const Package package = read_package(subjects.package);
  Run run{.id = package.folder.filename().string(),
          .version = "",
          .digest = package.digest,
          .package = options.package,
          .config = options.config,
          .key = options.key,
          .seed = subjects.seed,
          .level = level_of(options.level),
          .date = now_text(),
          .tests = {}};
  if (!package.manifest.ok()) return run;
  run.id = package.manifest->id;
  run.version = base::to_string(package.manifest->version);
  return run;
}

void write_report(const std::string& path, const Run& run) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  if (!(file << as_json(run)).flush()) throw std::runtime_error(path + ": the report can't be written");
}

int run_all(const Options& options) {
  const Tests tests = select(level_of(options.level), options.only);
  if (tests.empty()) {
    std::cerr << "slipway-kit: there is no test or group \"" << options.only << "\"; --list shows them\n";
    return kUsage;
  }
  const Subjects subjects = subjects_of(options);
  Run run = start_of_run(options, subjects);
  const RunnerSettings settings{.program = std::filesystem::read_symlink("/proc/self/exe"),
                                .subjects = subjects,
                                .processes = options.in_process ? Processes::this_one : Processes::one_each,
                                .patience = options.patience};
  run.tests = run_tests(settings, tests, [](const Ran&) {});
  std::cout << (options.format == "json" ? as_json(run) : options.format == "junit" ? as_junit(run) : as_text(run));
  std::cout.flush();
  if (!options.report.empty()) write_report(options.report, run);
  return has_failed(run) ? kFailed : 0;
}

int list_tests() {
  for (const Test& test : all_tests()) std::cout << test.full_name() << ": " << test.what << "\n";
  return 0;
}

int main_of(int count, char** words) {
  CLI::App app("Tests whether a plugin keeps to the contract of slipway/abi/plugin.h.", "slipway-kit");
  Options options;
  add_options(app, options);
  try {
    app.parse(count, words);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  if (options.list) return list_tests();
  if (options.package.empty()) {
    std::cerr << "slipway-kit: name the folder of a package; it is the one that holds plugin.json\n";
    return kUsage;
  }
  if (const Status folder = check_folder(options.package); !folder.ok()) {
    std::cerr << "slipway-kit: " << folder.message << "\n";
    return kUsage;
  }
  if (!options.run.empty()) run_one(options);
  const int result = run_all(options);
  // In this process the plugins are still there.
  if (options.in_process) ::_exit(result);
  return result;
}

}  // namespace
}  // namespace slipway::kit

int main(int count, char** words) {
  try {
    return slipway::kit::main_of(count, words);
  } catch (const std::exception& error) {
    std::cerr << "slipway-kit: " << error.what() << "\n";
    return 1;
  }
}
