#include "plugins/providers/local/edge/haproxy_process.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <slipway/json.hpp>

#include "plugins/providers/local/base/files.hpp"
#include "plugins/providers/local/edge/program.hpp"

namespace slipway::local {
namespace {

constexpr Span kPoll(10);
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

bool names_pid(std::string_view info, int pid) {
  return info.find("\nPid: " + std::to_string(pid) + "\n") != info.npos;
}

}  // namespace

HaproxyProcess::HaproxyProcess(HaproxyProcessSettings settings, Processes& processes)
    : settings_(std::move(settings)),
      processes_(processes),
      runtime_(settings_.runtime_socket),
      master_(settings_.master_socket) {}

awaitable<bool> HaproxyProcess::adopt() {
  try {
    const auto found = co_await table();
    process_ = processes_.adopt(found.master, 0);
    if (process_) remember();
    co_return process_ != nullptr;
  } catch (const Error&) {
  }
  const auto text = read_file(settings_.identity_file);
  const auto identity = text ? parse_json(*text) : Result<Json>(Status(Code::not_found, "none"));
  if (!identity.ok() || !identity->is_object()) co_return false;
  const auto silent = processes_.adopt(identity->value("pid", 0), identity->value("start_time", std::uint64_t{0}));
  if (silent) {
    silent->kill_all();
    co_await silent->ended(Leftovers::kKill);
  }
  co_return false;
}

awaitable<void> HaproxyProcess::start() {
  process_ = processes_.start(
      command({settings_.binary, "-W", "-S", settings_.master_socket + ",mode,600", "-f", settings_.config},
              settings_.log_file));
  remember();
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

awaitable<void> HaproxyProcess::reload() {
  const auto before = co_await table();
  try {
    co_await master_.ask("reload");
  } catch (const Error&) {
    // The master leaves the connection while it starts itself anew; whether it did is seen by its workers.
  }
  co_await await_worker(before.worker, before.failed_reloads);
}

// The first worker other than `before` that answers on the runtime socket ends the wait.
awaitable<void> HaproxyProcess::await_worker(int before, int failed_before) {
  const auto deadline = std::chrono::steady_clock::now() + settings_.start_limit;
  while (std::chrono::steady_clock::now() < deadline) {
    ProcessTable now;
    try {
      now = co_await table();
    } catch (const Error&) {
      if (!processes_.adopt(process_->pid(), process_->start_time())) break;
    }
    if (now.failed_reloads > failed_before) break;
    const bool fresh = now.worker != 0 && now.worker != before;
    bool ready = false;
    if (fresh) ready = co_await answers(now.worker);
    if (ready) co_return;
    co_await sleep_for(kPoll);
  }
  throw Error(Code::unavailable, "HAProxy did not come up: " + last_words(settings_.log_file));
}

awaitable<bool> HaproxyProcess::answers(int worker) {
  try {
    co_return names_pid("\n" + co_await runtime_.ask("show info"), worker);
  } catch (const Error&) {
    co_return false;
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

awaitable<ProcessTable> HaproxyProcess::table() { co_return parse_processes(co_await master_.ask("show proc")); }

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

}  // namespace slipway::local
