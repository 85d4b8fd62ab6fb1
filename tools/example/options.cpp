#include "tools/example/options.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <map>

namespace slipway::example {
namespace {

using Milliseconds = std::int64_t;

CLI::Option* add_duration(CLI::App& app, const std::string& flag, const std::string& variable,
                          std::chrono::milliseconds& value, const std::string& help) {
  static const std::map<std::string, Milliseconds> units{{"ms", 1}, {"s", 1'000}, {"m", 60'000}};
  const auto store = [&value](const Milliseconds& number) { value = std::chrono::milliseconds(number); };
  return app.add_option_function<Milliseconds>(flag, store, help)
      ->envname(variable)
      ->transform(CLI::AsNumberWithUnit(units, CLI::AsNumberWithUnit::UNIT_REQUIRED, "DURATION"));
}

void add_ratio(CLI::App& app, const std::string& flag, const std::string& variable, double& value,
               const std::string& help) {
  app.add_option(flag, value, help)->envname(variable)->check(CLI::Range(0.0, 1.0));
}

void declare(CLI::App& app, Options& options, std::chrono::milliseconds& exit_after) {
  app.add_option("--address", options.address, "address to listen on")->envname("EXAMPLE_ADDRESS");
  app.add_option("--port", options.port, "port to listen on; 0 takes a free one")->envname("PORT");
  app.add_option("--version", options.version, "the version to answer with")->envname("EXAMPLE_VERSION");
  add_ratio(app, "--fail-ratio", "EXAMPLE_FAIL_RATIO", options.fail_ratio, "share of requests answered with 500");
  add_ratio(app, "--slow-ratio", "EXAMPLE_SLOW_RATIO", options.slow_ratio, "share of requests that are slow");
  add_duration(app, "--latency", "EXAMPLE_LATENCY", options.latency, "added to each request");
  add_duration(app, "--slow-latency", "EXAMPLE_SLOW_LATENCY", options.slow_latency, "added to a slow request");
  add_duration(app, "--startup-delay", "EXAMPLE_STARTUP_DELAY", options.startup_delay, "before it listens");
  add_duration(app, "--ready-after", "EXAMPLE_READY_AFTER", options.ready_after, "/healthz says 503 until then");
  add_duration(app, "--exit-after", "EXAMPLE_EXIT_AFTER", exit_after, "exits with status 1, as after a crash");
  add_duration(app, "--drain-limit", "EXAMPLE_DRAIN_LIMIT", options.drain_limit,
               "longest wait for open requests at SIGTERM");
  app.add_option("--seed", options.seed, "of the draw for failing and slow requests")->envname("EXAMPLE_SEED");
  app.add_flag("--ignore-sigterm", options.ignore_sigterm, "serves on at SIGTERM")->envname("EXAMPLE_IGNORE_SIGTERM");
  app.add_flag("--crash-on-start", options.crash_on_start, "aborts before it listens")
      ->envname("EXAMPLE_CRASH_ON_START");
  app.add_option("--count-dir", options.count_dir, "keeps the counts in a file VERSION-PORT-PID here")
      ->envname("EXAMPLE_COUNT_DIR");
  app.add_option("--show-counts", options.show_counts, "prints a count file as JSON and exits");
}

}  // namespace

Options read_options(int argc, char** argv) {
  Options options;
  options.seed = static_cast<std::uint64_t>(getpid());
  std::chrono::milliseconds exit_after{-1};
  CLI::App app("A small HTTP server that behaves and misbehaves as told.", "slipway-example");
  declare(app, options, exit_after);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error) == 0 ? 0 : 2);
  }
  if (exit_after.count() >= 0) options.exit_after = exit_after;
  return options;
}

}  // namespace slipway::example
