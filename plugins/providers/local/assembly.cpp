#include "plugins/providers/local/assembly.hpp"

#include <arpa/inet.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "plugins/providers/local/base/files.hpp"

namespace slipway::local {
namespace {

namespace fs = std::filesystem;

constexpr Span kBetweenRounds(5000);
constexpr const char* kHaproxyLog = "haproxy.log";
// sockaddr_un holds 107 bytes; HAProxy adds ".<pid>.tmp" while it binds.
constexpr std::size_t kLongestSocket = 90;
constexpr Duration kShortestLease = seconds(2);
constexpr Duration kShortestTimeout = milliseconds(1), kLongestTimeout = seconds(24LL * 24 * 3600);

Instant wall_clock() {
  return {std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
              .count()};
}

fs::path checked_folder(const char* name, const std::string& path, mode_t mode) {
  if (!path.starts_with('/'))
    throw Error(Code::invalid_argument, std::string(name) + " \"" + path + "\" is not absolute");
  make_private_folder(path);
  // Replicas of other users pass through on the way to their own folders.
  ::chmod(path.c_str(), mode);
  return path;
}

std::string checked_socket(const std::string& path) {
  if (path.size() <= kLongestSocket) return path;
  throw Error(Code::invalid_argument, "the socket \"" + path + "\" has " + std::to_string(path.size()) +
                                          " bytes, at most " + std::to_string(kLongestSocket) +
                                          " are allowed; shorten run_directory");
}

std::string or_default(const std::string& path, const fs::path& folder, const char* name) {
  return checked_socket(path.empty() ? (folder / name).string() : path);
}

EdgePaths edge_paths(const HaproxyConfig& config, const fs::path& run) {
  const bool managed = config.mode == HaproxyMode::managed;
  return {.config = run / "haproxy.cfg",
          .mirror_script = run / "mirror.lua",
          .relay_script = run / "relay.lua",
          .hosts_map = run / "hosts.map",
          .routes_map = run / "routes.map",
          .headers_map = run / "headers.map",
          .checks_map = run / "checks.map",
          .runtime_socket = or_default(config.runtime_socket, run, "haproxy.sock"),
          .master_socket =
              managed || !config.master_socket.empty() ? or_default(config.master_socket, run, "master.sock") : "",
          .shadow_socket = checked_socket(run / "shadow.sock"),
          .relay_socket = checked_socket(run / "relay.sock")};
}

// HAProxy takes 0 for "never" and no more milliseconds than fit into an int.
EdgeTimeouts::Time checked_timeout(const char* name, Duration duration) {
  if (duration >= kShortestTimeout && duration <= kLongestTimeout) return span_of(duration);
  throw Error(Code::invalid_argument, std::string("haproxy.timeouts.") + name + " is " + to_string(duration) +
                                          "; want a time from " + to_string(kShortestTimeout) + " to " +
                                          to_string(kLongestTimeout));
}

EdgeTimeouts edge_timeouts(const TimeoutsConfig& config) {
  EdgeTimeouts timeouts{.connect = checked_timeout("connect", config.connect),
                        .client = checked_timeout("client", config.client),
                        .server = checked_timeout("server", config.server),
                        .queue = checked_timeout("queue", config.queue),
                        .http_request = checked_timeout("http_request", config.http_request),
                        .http_keep_alive = checked_timeout("http_keep_alive", config.http_keep_alive),
                        .tunnel = {}};
  if (config.tunnel) timeouts.tunnel = checked_timeout("tunnel", *config.tunnel);
  return timeouts;
}

HaproxySettings haproxy_settings(const Settings& settings) {
  const HaproxyConfig& config = settings.haproxy;
  const fs::path run = checked_folder("run_directory", settings.run_directory, 0700);
  HaproxySettings s;
  s.edge.mode = config.mode == HaproxyMode::managed ? ProxyMode::kManaged : ProxyMode::kExisting;
  s.edge.bind = config.bind;
  s.edge.maxconn = static_cast<std::uint32_t>(config.maxconn);
  s.edge.threads = static_cast<std::uint32_t>(config.threads);
  s.edge.hard_stop_after = std::chrono::seconds(config.hard_stop_after.ns / 1'000'000'000);
  s.edge.timeouts = edge_timeouts(config.timeouts);
  s.edge.retries = static_cast<std::uint32_t>(config.retries);
  s.edge.records_socket = config.records_socket;
  s.edge.paths = edge_paths(config, run);
  s.binary = config.binary;
  s.shape_file = run / "haproxy.shape";
  s.identity_file = run / "haproxy.json";
  s.log_file = run / kHaproxyLog;
  if (!settings.sticky.header.empty()) s.sticky_headers.insert(settings.sticky.header);
  if (!settings.sticky.cookie.empty()) s.sticky_cookies.insert(settings.sticky.cookie);
  return s;
}

BackoffSettings backoff_settings(const RestartConfig& config) {
  return {span_of(config.first), span_of(config.longest), span_of(config.forgiven_after), config.crash_loop_at};
}

PortRange port_range(const PortsConfig& config) {
  if (config.first <= config.last)
    return {static_cast<std::uint16_t>(config.first), static_cast<std::uint16_t>(config.last)};
  throw Error(Code::invalid_argument,
              "ports.first " + std::to_string(config.first) + " is above ports.last " + std::to_string(config.last));
}

bool is_alone(const Settings& settings) { return settings.pool.name.empty(); }

std::string machine_name() {
  std::array<char, 64> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

PoolSettings pool_settings(const PoolConfig& config) {
  in_addr parsed{};
  if (::inet_pton(AF_INET, config.address.c_str(), &parsed) != 1) {
    throw Error(Code::invalid_argument,
                "pool.address \"" + config.address +
                    "\" is no IPv4 address; want the one by which the other machines of pool \"" + config.name +
                    "\" reach this one");
  }
  const std::string machine = config.machine.empty() ? machine_name() : config.machine;
  const bool usable = !machine.empty() && machine.find('/') == machine.npos;
  if (!usable)
    throw Error(Code::invalid_argument, "the machine's name \"" + machine + "\" can't be used; set pool.machine");
  if (config.lease.ns < kShortestLease.ns) {
    throw Error(Code::invalid_argument, "pool.lease " + to_string(config.lease) +
                                            " is too short; want 2s or more, as a sign of life comes each second");
  }
  return {.name = config.name, .self = {machine, config.address, config.capacity, config.lease}};
}

std::string listen_address(const Settings& settings) {
  return is_alone(settings) ? "127.0.0.1" : pool_settings(settings.pool).self.address;
}

}  // namespace

Assembly::Assembly(const Settings& settings, boost::asio::io_context& context, Notices& notices, Secrets& secrets,
                   PoolStore& store)
    : state_(checked_folder("state_directory", settings.state_directory, 0711)),
      run_(settings.run_directory),
      logs_{static_cast<std::uint64_t>(settings.logs.max_bytes), settings.logs.keep},
      processes_(make_processes(context.get_executor())),
      checker_(make_checker(*processes_, listen_address(settings))),
      haproxy_(context.get_executor(), haproxy_settings(settings), *processes_, notices),
      artefacts_(state_ / "artefacts"),
      launcher_({.work_folder = state_ / "work", .log_folder = state_ / "logs", .address = listen_address(settings)},
                artefacts_, secrets, pool_.get_executor(), programs_.get_executor()),
      ports_(port_range(settings.ports), listen_address(settings)),
      world_(state_ / "applications"),
      random_(std::random_device{}()),
      notices_(notices),
      replica_tools_{.executor = context.get_executor(),
                     .processes = *processes_,
                     .proxy = haproxy_,
                     .checker = *checker_,
                     .preparer = launcher_,
                     .ports = ports_,
                     .notices = notices_,
                     .backoff = backoff_settings(settings.restart),
                     .drain_limit = span_of(settings.drain_deadline),
                     .address = listen_address(settings),
                     .random = [this] { return std::uniform_real_distribution<double>()(random_); },
                     .wall = wall_clock},
      application_tools_{replica_tools_,
                         world_,
                         {settings.sticky.header, settings.sticky.cookie},
                         is_alone(settings) ? Company::kAlone : Company::kPool},
      reconciler_(application_tools_),
      executor_(context.get_executor()) {
  if (!is_alone(settings)) {
    machines_.emplace(executor_, pool_settings(settings.pool), reconciler_, store, notices);
    notices_.pool = &*machines_;
    machines_->on_problem([this] { note_problem(); });
  }
  haproxy_.check_machine();
}

// What still runs there uses members that would go first.
Assembly::~Assembly() {
  for (boost::asio::thread_pool* pool : {&pool_, &programs_}) {
    pool->stop();
    pool->join();
  }
}

void Assembly::begin() {
  haproxy_.on_change([this] { proxy_changed(); });
  reconciler_.begin();
  if (machines_) machines_->begin();
  boost::asio::co_spawn(
      executor_, [this]() -> awaitable<void> { co_await haproxy_.run(); }, boost::asio::detached);
  boost::asio::co_spawn(
      executor_, [this]() -> awaitable<void> { co_await keep_house(); }, boost::asio::detached);
}

awaitable<Status> Assembly::apply(provider::Desired desired) {
  return machines_ ? machines_->apply(std::move(desired)) : reconciler_.apply(std::move(desired));
}

awaitable<Result<provider::Observation>> Assembly::observe(provider::Target target) {
  return machines_ ? machines_->observe(std::move(target)) : reconciler_.observe(std::move(target));
}

awaitable<Status> Assembly::remove(provider::Removal removal) {
  if (machines_) co_return co_await machines_->remove(removal);
  co_return reconciler_.remove(removal);
}

std::string Assembly::pool_problem() const {
  const std::lock_guard lock(mutex_);
  return pool_problem_;
}

std::string Assembly::replicas_problem() const {
  const std::lock_guard lock(mutex_);
  return replicas_problem_;
}

std::string Assembly::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

void Assembly::proxy_changed() {
  note_problem();
  reconciler_.proxy_changed();
}

void Assembly::note_problem() {
  const std::lock_guard lock(mutex_);
  problem_ = haproxy_.problem();
  if (machines_) pool_problem_ = machines_->problem();
}

void Assembly::note_crash_loops() {
  std::string found = reconciler_.crash_loops();
  const std::lock_guard lock(mutex_);
  replicas_problem_ = std::move(found);
}

// On the pool: copying a log or removing a tree may take a while. What is in use is taken down in the same turn in
// which the work is queued, so that an artefact asked for later is looked up after the others have gone.
awaitable<void> Assembly::keep_house() {
  for (;;) {
    co_await sleep_for(kBetweenRounds);
    note_crash_loops();
    const auto round = [this, in_use = reconciler_.archives_in_use()]() -> awaitable<void> {
      rotate_logs();
      if (in_use) artefacts_.remove_others(*in_use);
      co_return;
    };
    try {
      co_await boost::asio::co_spawn(pool_, round, boost::asio::use_awaitable);
    } catch (const std::exception& error) {
      notices_.log(Level::kWarn, std::string("house can't be kept: ") + error.what());
    }
  }
}

void Assembly::rotate_logs() const {
  std::error_code ignored;
  for (const auto& entry : fs::recursive_directory_iterator(state_ / "logs", ignored)) {
    if (entry.path().extension() == ".log") rotate_if_large(entry.path(), logs_);
  }
  rotate_if_large(run_ / kHaproxyLog, logs_);
}

}  // namespace slipway::local
