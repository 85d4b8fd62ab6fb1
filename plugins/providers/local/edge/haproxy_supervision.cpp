// The half of Haproxy that keeps the process: found or started, reloaded, started again.
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <filesystem>
#include <slipway/status.hpp>

#include "plugins/providers/local/base/files.hpp"
#include "plugins/providers/local/edge/haproxy.hpp"
#include "plugins/providers/local/edge/port.hpp"

namespace slipway::local {
namespace {

constexpr Span kFirstPause(200), kLongestPause(5000);

std::set<std::string> backends_of(const Edge& edge) {
  std::set<std::string> names;
  for (const Backend& backend : edge.backends) names.insert(backend.name);
  return names;
}

}  // namespace

awaitable<void> Haproxy::run() {
  Span pause = kFirstPause;
  for (;;) {
    bool came_up = false;
    try {
      co_await come_up();
      came_up = true;
      pause = kFirstPause;
      co_await stay_up();
    } catch (const std::exception& error) {
      went_down(error.what());
    }
    if (came_up) continue;
    co_await sleep_for(pause);
    pause = std::min(pause * 2, kLongestPause);
  }
}

awaitable<void> Haproxy::come_up() {
  ended_ = false;
  if (!managed()) {
    write_program();
    prepare_files();
  } else {
    const bool adopted = co_await process_.adopt();
    if (adopted) loaded_shape_ = read_file(settings_.shape_file).value_or("");
    if (!adopted) link_ = Link::kDown;
    if (!adopted) co_await start();
    watch_process();
  }
  const auto turn = co_await turns_.take();
  co_await read_tables();
  write_maps();
  co_await sync();
  link_ = Link::kUp;
  linked_.cancel();
  report("");
  notices_.log(Level::kInfo, "HAProxy answers on " + settings_.edge.paths.runtime_socket);
  listener_();
}

void Haproxy::check_machine() const {
  if (!managed()) return;
  process_.check_program();
  check_port_is_ours(settings_.edge.bind, settings_.edge.paths.config);
}

void Haproxy::write_program() const {
  const EdgePaths& paths = settings_.edge.paths;
  write_file(paths.mirror_script, mirror_script(settings_.edge), Durability::kProcess);
  write_file(paths.relay_script, relay_script(settings_.edge), Durability::kProcess);
}

// Its owner can't start an existing HAProxy with a file that is not there yet; one that is there has the servers.
void Haproxy::prepare_files() const {
  const std::string& config = settings_.edge.paths.config;
  if (std::filesystem::exists(config)) return;
  write_maps();
  write_file(config, config_text(settings_.edge, wanted()), Durability::kProcess);
}

awaitable<void> Haproxy::start() {
  const Edge edge = wanted();
  const std::string candidate = settings_.edge.paths.config + ".candidate";
  write_maps();
  write_program();
  write_file(candidate, config_text(settings_.edge, edge), Durability::kProcess);
  const std::string refusal = co_await process_.check(candidate);
  if (!refusal.empty()) throw Error(Code::unavailable, refusal);
  check_port_is_ours(settings_.edge.bind, settings_.edge.paths.config);
  std::filesystem::rename(candidate, settings_.edge.paths.config);
  checked_ = backends_of(edge);
  // From here on it may read the files and route, before it has told us.
  link_ = Link::kUnknown;
  std::exception_ptr failure;
  try {
    co_await process_.start();
  } catch (...) {
    failure = std::current_exception();
    process_.kill();
    link_ = Link::kDown;
  }
  if (failure) std::rethrow_exception(failure);
  loaded_shape_ = shape_text(settings_.edge, edge);
  write_file(settings_.shape_file, loaded_shape_, Durability::kProcess);
  notices_.log(Level::kInfo, "HAProxy started on " + settings_.edge.bind);
}

void Haproxy::watch_process() {
  const auto wait = [this, life = ++lives_]() -> awaitable<void> {
    const auto mine = life;
    const Exit exit = co_await process_.ended();
    if (lives_ != mine) co_return;
    notices_.log(Level::kError, "HAProxy " + to_string(exit));
    ended_ = true;
    wake_.raise();
  };
  boost::asio::co_spawn(executor_, wait, boost::asio::detached);
}

awaitable<void> Haproxy::stay_up() {
  silence_ = {};
  while (!ended_) {
    const Edge edge = wanted();
    const std::string shape = shape_text(settings_.edge, edge);
    const bool jammed = managed() && master_silence_.lasts(settings_);
    if (jammed) notices_.log(Level::kWarn, "HAProxy's master does not answer, its worker does; it is reloaded");
    if (jammed || (shape != loaded_shape_ && shape != refused_shape_))
      co_await bring_in(shape);
    else if (!changes_of("", hosts_, hosts_lines(edge)).empty())
      co_await bring_hosts();
    co_await wake_.wait_until(std::chrono::steady_clock::now() + settings_.ping_every);
    if (ended_) break;
    if (config_due_) try_write_config();
    silence_.note(co_await ping());
    if (!silence_.lasts(settings_)) continue;
    if (!managed()) throw Error(Code::unavailable, "HAProxy does not answer on \"" + runtime_.socket_path() + "\"");
    notices_.log(Level::kError, "HAProxy does not answer; it is killed and started again");
    process_.kill();
    break;
  }
  throw Error(Code::unavailable, "HAProxy has ended and is being started again");
}

awaitable<bool> Haproxy::ping() {
  try {
    co_await runtime_.ask("show version");
  } catch (const Error&) {
    co_return false;
  }
  // The master's word is not the worker's life: it is away in moments of a reload.
  if (!old_workers_.empty() || master_silence_.missed > 0) co_await refresh_old_workers();
  co_return true;
}

void Haproxy::Silence::note(bool answered) {
  missed = answered ? 0 : missed + 1;
  if (missed == 1) since = std::chrono::steady_clock::now();
}

bool Haproxy::Silence::lasts(const HaproxySettings& settings) const {
  const auto least = (settings.pings_missed - 1) * settings.ping_every;
  return missed >= settings.pings_missed && std::chrono::steady_clock::now() - since >= least;
}

awaitable<void> Haproxy::bring_in(const std::string& shape) {
  if (managed())
    co_await reload(shape);
  else
    co_await offer(shape);
}

awaitable<void> Haproxy::bring_hosts() {
  {
    const auto turn = co_await turns_.take();
    write_maps();
    co_await sync();
  }
  listener_();
}

// An existing HAProxy is not ours to reload: the file is written, and its owner told until it has loaded what is used.
awaitable<void> Haproxy::offer(const std::string& shape) {
  const Edge edge = wanted();
  write_maps();
  checked_ = backends_of(edge);
  write_config();
  const auto turn = co_await turns_.take();
  const auto before = std::pair(loaded_, problem_);
  co_await read_tables();
  std::string missing;
  for (const auto& [application, definition] : definitions_) {
    for (const BackendSpec& backend : definition.backends) {
      if (backend.used && !loaded_.contains(backend.name)) missing = backend.name;
    }
  }
  const auto is_loaded = [&](const Backend& backend) { return loaded_.contains(backend.name); };
  if (std::ranges::all_of(edge.backends, is_loaded)) loaded_shape_ = shape;
  if (missing.empty()) co_await sync();
  report(missing.empty()
             ? ""
             : "HAProxy has no backend \"" + missing + "\"; reload it with -f " + settings_.edge.paths.config);
  if (!missing.empty() || before != std::pair(loaded_, problem_)) listener_();
}

awaitable<void> Haproxy::reload(const std::string& shape) {
  const std::string candidate = settings_.edge.paths.config + ".candidate";
  const Edge edge = wanted();
  write_file(candidate, config_text(settings_.edge, edge), Durability::kProcess);
  const std::string refusal = co_await process_.check(candidate);
  if (!refusal.empty()) {
    refused_shape_ = shape;
    report(refusal);
    listener_();
    co_return;
  }
  reloading_ = true;
  std::exception_ptr failure;
  try {
    checked_ = backends_of(edge);
    write_maps();
    write_config();
    old_workers_ = (co_await process_.reload()).old_workers;
    master_silence_ = {};
    const auto turn = co_await turns_.take();
    loaded_shape_ = shape;
    write_file(settings_.shape_file, shape, Durability::kProcess);
    // Before the tables say that the hosts are served: the new worker has them from the file.
    for (const std::string& command : changes_of(settings_.edge.paths.hosts_map, hosts_, hosts_lines(wanted())))
      co_await tell_old(command);
    co_await read_tables();
    co_await sync();
    for (const std::string& application : routed_during_reload_) {
      if (const auto found = orders_.find(application); found != orders_.end()) {
        co_await tell_old("set map " + settings_.edge.paths.routes_map + " " + application + " " +
                          to_entry(found->second.route));
      }
    }
    report("");
  } catch (...) {
    failure = std::current_exception();
  }
  reloading_ = false;
  routed_during_reload_.clear();
  reloaded_.cancel();
  if (failure) std::rethrow_exception(failure);
  listener_();
}

awaitable<void> Haproxy::refresh_old_workers() {
  if (settings_.edge.paths.master_socket.empty()) co_return;
  bool answered = true;
  try {
    old_workers_ = parse_processes(co_await master_.ask("show proc")).old_workers;
  } catch (const Error&) {
    answered = false;
  }
  master_silence_.note(answered);
}

// What the running HAProxy knows: backends and maps.
awaitable<void> Haproxy::read_tables() {
  std::set<std::string> loaded;
  for (const StatRow& row : parse_stat(co_await runtime_.ask("show stat -1 2 -1"))) loaded.insert(row.backend);
  loaded_ = std::move(loaded);
  checked_.insert(loaded_.begin(), loaded_.end());
  const EdgePaths& paths = settings_.edge.paths;
  hosts_ = parse_map(co_await runtime_.ask("show map " + paths.hosts_map));
  routes_ = parse_map(co_await runtime_.ask("show map " + paths.routes_map));
  headers_ = parse_map(co_await runtime_.ask("show map " + paths.headers_map));
  checks_ = parse_map(co_await runtime_.ask("show map " + paths.checks_map));
  co_await refresh_old_workers();
}

void Haproxy::went_down(const std::string& why) {
  const bool was_up = up();
  // A managed one that has ended routes nothing until it is started again from the files.
  if (was_up) link_ = managed() && ended_ ? Link::kDown : Link::kUnknown;
  loaded_.clear();
  old_workers_.clear();
  report(why);
  if (was_up) listener_();
}

void Haproxy::report(std::string problem) {
  if (problem == problem_) return;
  problem_ = std::move(problem);
  if (!problem_.empty()) notices_.log(Level::kError, problem_);
}

}  // namespace slipway::local
