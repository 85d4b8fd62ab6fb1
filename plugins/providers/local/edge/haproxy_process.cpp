#include "plugins/providers/local/edge/haproxy_process.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <slipway/json.hpp>

#include "plugins/providers/local/base/files.hpp"
#include "plugins/providers/local/edge/program.hpp"

namespace slipway::local {
namespace {

constexpr Span kPoll(10);
constexpr Span kPatience(1000);  // the master is away for moments of a reload
constexpr std::size_t kLastWords = 1000;
constexpr const char* kPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// HAProxy refuses to start with fewer descriptors than two a connection and some of its own.
std::uint64_t descriptors_for(std::uint32_t maxconn) { return 2ULL * maxconn + 256; }

std::vector<ResourceLimit> limits_for(std::uint32_t maxconn) {
  rlimit own{};
  ::getrlimit(RLIMIT_NOFILE, &own);
  const std::uint64_t wanted = descriptors_for(maxconn);
  const bool may_raise = wanted <= own.rlim_max || ::geteuid() == 0;
  return {{RLIMIT_NOFILE, may_raise ? std::max<std::uint64_t>(wanted, own.rlim_max) : own.rlim_max}};
}

int pid_in(const std::string& info) {
  constexpr std::string_view kPid = "\nPid: ";
  const auto at = info.find(kPid);
  return at == info.npos ? 0 : std::atoi(info.c_str() + at + kPid.size());
}

}  // namespace

HaproxyProcess::HaproxyProcess(HaproxyProcessSettings settings, Processes& processes)
    : settings_(std::move(settings)),
      processes_(processes),
      runtime_(settings_.runtime_socket),
      master_(settings_.master_socket) {}

awaitable<bool> HaproxyProcess::adopt() {
  const auto limit = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    if (co_await adopt_by_master()) co_return true;
    process_ = remembered();
    if (!process_) co_return false;
    if (std::chrono::steady_clock::now() >= limit) break;
    co_await sleep_for(kPoll);
  }
  const bool serves = co_await worker() != 0;
  if (serves) co_return true;
  process_->kill_all();
  co_await process_->ended(Leftovers::kKill);
  process_.reset();
  co_return false;
}

awaitable<bool> HaproxyProcess::adopt_by_master() {
  const auto found = co_await heard();
  if (!found) co_return false;
  process_ = processes_.adopt(found->master, 0);
  if (process_) remember();
  co_return process_ != nullptr;
}

awaitable<void> HaproxyProcess::start() {
  process_ = processes_.start(
      command({settings_.binary, "-W", "-S", settings_.master_socket + ",mode,600", "-f", settings_.config},
              settings_.log_file));
  remember();
  failed_reloads_ = 0;
  co_await await_worker(0, 0);
}

void HaproxyProcess::check_program() const { check_haproxy(settings_.binary, kPath); }

awaitable<std::string> HaproxyProcess::check(const std::string& config) {
  const std::string log = config + ".check";
  std::filesystem::remove(log);
  const auto process = processes_.start(command({settings_.binary, "-c", "-f", config}, log));
  const auto end = co_await within(settings_.start_limit, process->ended(Leftovers::kKill));
  if (!end) process->kill_all();
  if (end && end->code == 0) co_return "";
  co_return "HAProxy refuses \"" + config + "\": " + (end ? last_words(log) : "it did not end its check");
}

// By signal: HAProxy's master takes ten connections, loses some of those that it passes on to a worker (its issues 3070
// and 3351), and with all of them lost answers nobody. Starting itself anew it has ten again.
awaitable<ProcessTable> HaproxyProcess::reload() {
  int before = 0;
  if (const auto known = co_await heard()) before = known->worker;
  if (before == 0) before = co_await worker();
  if (before == 0) throw Error(Code::unavailable, "HAProxy does not answer on \"" + runtime_.socket_path() + "\"");
  const int failed_before = failed_reloads_;
  process_->signal(SIGUSR2);
  co_return co_await await_worker(before, failed_before);
}

// The first worker other than `before` that answers on the runtime socket ends the wait.
awaitable<ProcessTable> HaproxyProcess::await_worker(int before, int failed_before) {
  const auto deadline = std::chrono::steady_clock::now() + settings_.start_limit;
  while (std::chrono::steady_clock::now() < deadline) {
    const auto now = co_await heard();
    if (!now && !processes_.adopt(process_->pid(), process_->start_time())) break;
    if (now && now->failed_reloads > failed_before) break;
    int serving = 0;
    if (now && now->worker != 0 && now->worker != before) serving = co_await worker();
    if (now && serving != 0 && serving == now->worker) co_return *now;
    co_await sleep_for(kPoll);
  }
  throw Error(Code::unavailable, "HAProxy did not come up: " + last_words(settings_.log_file));
}

awaitable<int> HaproxyProcess::worker() {
  try {
    co_return pid_in("\n" + co_await runtime_.ask("show info"));
  } catch (const Error&) {
    co_return 0;
  }
}

void HaproxyProcess::kill() {
  if (process_) process_->kill_all();
}

awaitable<Exit> HaproxyProcess::ended() {
  const auto process = process_;
  // A worker that has lost its master still ends its requests.
  co_return co_await process->ended(Leftovers::kLeave);
}

awaitable<std::optional<ProcessTable>> HaproxyProcess::heard() {
  try {
    co_return co_await table();
  } catch (const Error&) {
    co_return std::nullopt;
  }
}

awaitable<ProcessTable> HaproxyProcess::table() {
  ProcessTable table = parse_processes(co_await master_.ask("show proc"));
  failed_reloads_ = table.failed_reloads;
  co_return table;
}

Command HaproxyProcess::command(std::vector<std::string> arguments, std::string log) const {
  return {.arguments = std::move(arguments),
          .environment = {std::string("PATH=") + kPath},
          .folder = "/",
          .log_file = std::move(log),
          .user = {},
          .limits = limits_for(settings_.maxconn)};
}

std::string HaproxyProcess::last_words(const std::string& log) const {
  std::string tail = read_tail(log, kLastWords);
  // What it says before its first alert is of no use to a reader.
  if (const auto alert = tail.find("[ALERT]"); alert != tail.npos) tail.erase(0, alert);
  return tail.empty() ? "it said nothing" : tail;
}

void HaproxyProcess::remember() const {
  const Json identity{{"pid", process_->pid()}, {"start_time", process_->start_time()}};
  write_file(settings_.identity_file, to_text(identity), Durability::kProcess);
}

std::shared_ptr<Process> HaproxyProcess::remembered() const {
  const auto text = read_file(settings_.identity_file);
  const auto identity = text ? parse_json(*text) : Result<Json>(Status(Code::not_found, "none"));
  if (!identity.ok() || !identity->is_object()) return nullptr;
  return processes_.adopt(identity->value("pid", 0), identity->value("start_time", std::uint64_t{0}));
}

}  // namespace slipway::local
