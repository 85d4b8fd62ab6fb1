// slipwayd: run, check, version.
#include <malloc.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <thread>

#include "host/api/version.hpp"
#include "host/app/daemon.hpp"
#include "host/app/identity.hpp"
#include "host/app/machine.hpp"
#include "host/app/packages.hpp"
#include "host/app/preflight.hpp"
#include "host/app/signals.hpp"
#include "host/config/variables.hpp"

namespace slipway::app {
namespace {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kUsage = 2;

struct Options {
  std::string config;
  std::string config_directory;
  std::string profile;
  std::string environment;
  bool take_profile = false;
};

void add_options(CLI::App& app, Options& options) {
  app.add_option("--config", options.config, "The site's configuration; SLIPWAY_CONFIG")->envname("SLIPWAY_CONFIG");
  app.add_option("--config-directory", options.config_directory,
                 "Folder of base.yaml and <environment>.yaml; SLIPWAY_CONFIG_DIRECTORY")
      ->envname("SLIPWAY_CONFIG_DIRECTORY");
  app.add_option("--profile", options.profile,
                 "The profile: which plugins run, and how they are wired; SLIPWAY_PROFILE")
      ->envname("SLIPWAY_PROFILE");
  app.add_option("--environment", options.environment, "development, staging, production; SLIPWAY_ENVIRONMENT");
  app.add_flag("--take-profile", options.take_profile,
               "Go by the profile file even when a later revision of the profile is in force");
}

Sources sources_of(const Options& options) {
  return {{options.config_directory, options.config, options.environment, config::environment_variables()},
          options.profile};
}

void print(const std::vector<std::string>& lines, const char* before) {
  for (const std::string& line : lines) std::cerr << before << line << "\n";
}

int check(const Options& options) {
  const Configuration configuration = load_configuration(sources_of(options), ProfileFrom::file);
  print(configuration.warnings, "warning: ");
  auto faults = configuration.faults;
  if (faults.empty()) {
    faults = machine_lacks(configuration.in_force.plan);
    for (const Problem& refused : refused_packages(configuration.in_force.plan, *configuration.trust))
      faults.push_back(refused.path + ": " + refused.message);
  }
  print(faults, "");
  if (!faults.empty()) {
    std::cerr << faults.size() << (faults.size() == 1 ? " fault\n" : " faults\n");
    return kFailed;
  }
  std::cout << "profile " << configuration.in_force.profile.profile.name
            << " is fine: " << configuration.in_force.plan.instances.size() << " plugins, "
            << configuration.in_force.profile.bindings.size() << " bindings\n";
  return kDone;
}

// Until SIGTERM or SIGINT.
int serve(Daemon& daemon, const Signals& signals, const telemetry::Log& log) {
  for (int number = signals.wait(); number == SIGHUP; number = signals.wait()) daemon.reload();
  log.info("stopping; applications and their proxy go on");
  if (daemon.stop()) return kDone;
  // Code that does not return holds threads that can't be joined.
  _exit(kFailed);
}

// The allocator would keep eight arenas a processor, each with memory of its own that it does not give back: a third of
// an idle host's. More threads than processors do not run at once.
void bound_memory() { mallopt(M_ARENA_MAX, static_cast<int>(std::max(2U, std::thread::hardware_concurrency()))); }

int run(const Options& options) {
  const Signals signals;
  const ProfileFrom from = options.take_profile ? ProfileFrom::file : ProfileFrom::revisions;
  Configuration configuration = load_configuration(sources_of(options), from);
  print(configuration.faults, "slipwayd: ");
  if (!configuration.faults.empty()) return kFailed;
  const auto lacks = preflight(configuration.site, configuration.in_force.plan);
  print(lacks, "slipwayd: preflight: ");
  if (!lacks.empty()) return kFailed;

  const base::SystemClock clock;
  base::SystemRandom random;
  base::IdSource ids(clock, random);
  const auto lock = lock_state(configuration.site.state_directory);
  auto identity = lock.ok() ? identify(configuration.site, ids) : Result<rollout::HostIdentity>(lock.status());
  const config::LogConfig& log_config = configuration.site.log;
  auto log = telemetry::Log::open({log_config.format, log_config.level, log_config.file}, clock);
  auto token = access::load_or_make_token(configuration.site.token_file, random);
  for (const Status& status : {identity.status(), log.status(), token.status()}) {
    if (!status.ok()) std::cerr << "slipwayd: " << status.message << "\n";
  }
  if (!identity.ok() || !log.ok() || !token.ok()) return kFailed;
  for (const std::string& warning : configuration.warnings) log->warn("configuration", {{"warning", warning}});

  Daemon daemon(std::move(configuration), std::move(*identity), *token, sources_of(options), *log, clock, random);
  if (const Status started = daemon.start(); !started.ok()) {
    std::cerr << "slipwayd: " << started.message << "\n";
    for (const Problem& problem : started.problems)
      std::cerr << "slipwayd: " << problem.path << ": " << problem.message << "\n";
    _exit(kFailed);
  }
  // What only the start looked at: schemas, manifests, the files of packages.
  malloc_trim(0);
  log->info("ready", {{"version", api::kVersion}, {"port", static_cast<std::int64_t>(daemon.port())}});
  return serve(daemon, signals, *log);
}

}  // namespace
}  // namespace slipway::app

int main(int argc, char** argv) {
  using namespace slipway::app;
  bound_memory();
  CLI::App app("slipwayd: the Slipway daemon.", "slipwayd");
  Options options;
  add_options(app, options);
  app.fallthrough();
  CLI::App* check_command = app.add_subcommand("check", "Check the configuration and the profile, and do nothing else");
  CLI::App* version_command = app.add_subcommand("version", "Print the version");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kUsage;
  }
  if (version_command->parsed()) {
    std::cout << "slipwayd " << slipway::api::kVersion << "\n";
    return kDone;
  }
  if (options.profile.empty()) {
    std::cerr << "slipwayd: name a profile with --profile, manifests/dev.yaml for instance\n";
    return kUsage;
  }
  try {
    return check_command->parsed() ? check(options) : run(options);
  } catch (const std::exception& error) {
    std::cerr << "slipwayd: " << error.what() << "\n";
    return kFailed;
  }
}
