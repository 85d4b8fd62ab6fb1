#include "plugins/providers/local/edge/haproxy.hpp"

#include <algorithm>
#include <slipway/status.hpp>

#include "plugins/providers/local/base/files.hpp"

namespace slipway::local {
namespace {

constexpr Span kLinkLimit(3000);
constexpr int kDeleteTries = 50;
constexpr Span kDeletePause(5);

HaproxyProcessSettings process_settings(const HaproxySettings& s) {
  return {.binary = s.binary,
          .config = s.edge.paths.config,
          .runtime_socket = s.edge.paths.runtime_socket,
          .master_socket = s.edge.paths.master_socket,
          .log_file = s.log_file,
          .identity_file = s.identity_file,
          .maxconn = s.edge.maxconn};
}

std::string name_of(const std::string& backend, const Server& server) { return backend + "/" + server.name; }

// Success or the words of HAProxy as an error; `tolerated` counts as success.
void require_done(const std::string& answer, const std::string& command, Reply tolerated = Reply::kDone) {
  const Reply reply = classify(answer);
  if (reply == Reply::kDone || reply == tolerated) return;
  const Code code = reply == Reply::kNoSuchServer ? Code::not_found : Code::unavailable;
  throw Error(code, "HAProxy refused \"" + command + "\": " + answer.substr(0, answer.find_last_not_of('\n') + 1));
}

}  // namespace

Haproxy::Haproxy(boost::asio::any_io_executor executor, HaproxySettings settings, Processes& processes,
                 Notices& notices)
    : executor_(executor),
      settings_(std::move(settings)),
      notices_(notices),
      process_(process_settings(settings_), processes),
      runtime_(settings_.edge.paths.runtime_socket),
      master_(settings_.edge.paths.master_socket),
      turns_(executor),
      wake_(executor),
      reloaded_(executor, SteadyTime::max()),
      linked_(executor, SteadyTime::max()) {
  hosts_ = parse_map_file(read_file(settings_.edge.paths.hosts_map).value_or(""));
}

void Haproxy::define(const std::string& application, const Definition& definition) {
  if (const auto found = definitions_.find(application); found != definitions_.end() && found->second == definition)
    return;
  definitions_[application] = definition;
  wake_.raise();
}

void Haproxy::forget(const std::string& application) {
  if (const auto found = definitions_.find(application); found != definitions_.end()) {
    for (const BackendSpec& backend : found->second.backends) serving_.erase(backend.name);
    definitions_.erase(found);
  }
  orders_.erase(application);
  wake_.raise();
}

Edge Haproxy::wanted() const {
  Edge edge;
  edge.sticky_headers = settings_.sticky_headers;
  edge.sticky_cookies = settings_.sticky_cookies;
  // Who has a host keeps it for as long as it wants it, whoever else does.
  for (const auto& [host, owner] : hosts_) {
    if (claims(owner, host)) edge.hosts.emplace(host, owner);
  }
  for (const auto& [application, definition] : definitions_) {
    for (const std::string& host : definition.hosts) edge.hosts.emplace(host, application);
    for (const BackendSpec& spec : definition.backends) {
      Backend backend{spec.name, spec.check, {}};
      if (const auto found = serving_.find(spec.name); found != serving_.end()) {
        backend.servers.assign(found->second.begin(), found->second.end());
      }
      edge.backends.push_back(std::move(backend));
      edge.check_paths[spec.name] = spec.check_path;
    }
  }
  for (const auto& [application, order] : orders_) {
    edge.routes[application] = order.route;
    if (!order.headers.empty()) edge.header_routes[application] = order.headers;
  }
  return edge;
}

bool Haproxy::claims(const std::string& application, const std::string& host) const {
  const auto found = definitions_.find(application);
  return found != definitions_.end() && std::ranges::find(found->second.hosts, host) != found->second.hosts.end();
}

std::string Haproxy::hosts_problem(const std::string& application) const {
  const auto found = definitions_.find(application);
  if (found == definitions_.end()) return "";
  for (const std::string& host : found->second.hosts) {
    const auto line = std::ranges::find(hosts_, host, &MapLines::value_type::first);
    if (line != hosts_.end() && line->second == application) continue;
    if (line != hosts_.end() && claims(line->second, host))
      return "the host \"" + host + "\" is served for another application already, which keeps it; name other hosts";
    return "HAProxy does not serve the host \"" + host + "\" yet";
  }
  for (const auto& [host, owner] : hosts_) {
    if (owner == application && !claims(application, host)) return "HAProxy still serves the host \"" + host + "\"";
  }
  return "";
}

void Haproxy::write_maps() const {
  const Edge edge = wanted();
  const EdgePaths& paths = settings_.edge.paths;
  write_file(paths.hosts_map, map_text(hosts_lines(edge)), Durability::kProcess);
  write_file(paths.routes_map, map_text(routes_lines(edge)), Durability::kProcess);
  write_file(paths.headers_map, map_text(headers_lines(edge)), Durability::kProcess);
  write_file(paths.checks_map, map_text(checks_lines(edge)), Durability::kProcess);
}

// Written at any moment, also while HAProxy reads the file in a reload: what that is to bring in must not be missing.
void Haproxy::write_config() {
  config_due_ = true;
  Edge edge = wanted();
  std::erase_if(edge.backends, [&](const Backend& backend) { return !checked_.contains(backend.name); });
  write_file(settings_.edge.paths.config, config_text(settings_.edge, edge), Durability::kProcess);
  config_due_ = false;
}

void Haproxy::try_write_config() {
  try {
    write_config();
  } catch (const std::exception& error) {
    notices_.log(Level::kWarn, std::string(error.what()) + "; it is tried again");
  }
}

awaitable<void> Haproxy::route(const std::string& application, std::optional<RouteOrder> order) {
  {
    const auto turn = co_await turns_.take();
    if (order)
      orders_[application] = *order;
    else
      orders_.erase(application);
    write_maps();
    if (link_ == Link::kDown) co_return;
  }
  co_await await_link();
  {
    const auto turn = co_await turns_.take();
    if (reloading_) routed_during_reload_.insert(application);
    co_await sync();
  }
  // A worker that comes up meanwhile has read the map before or after us; the reload's end sees to it.
  co_await await_reload();
}

awaitable<void> Haproxy::await_reload() {
  while (reloading_) {
    boost::system::error_code ignored;
    co_await reloaded_.async_wait(into(ignored));
  }
}

// A provider that has just started may not have found its HAProxy yet.
awaitable<void> Haproxy::await_link() {
  const auto limit = std::chrono::steady_clock::now() + kLinkLimit;
  while (link_ == Link::kUnknown && std::chrono::steady_clock::now() < limit) {
    linked_.expires_at(limit);
    boost::system::error_code ignored;
    co_await linked_.async_wait(into(ignored));
  }
  if (link_ == Link::kUnknown) throw Error(Code::unavailable, problem_);
}

awaitable<void> Haproxy::add(const std::string& backend, const Server& server) {
  const std::string name = name_of(backend, server);
  const std::string command = "add server " + name + " " + server.address + " " + server_options(server.pace);
  require_done(co_await runtime_.ask(command), command, Reply::kAlreadyExists);
  const std::string checked = "enable health " + name + "; set server " + name + " state drain";
  require_done(co_await runtime_.ask(checked), checked);
}

// A worker that comes up has the servers of the file that it has read: who is told to the old one after that serves
// nobody. The new one refuses a server that it does not have.
awaitable<void> Haproxy::admit(const std::string& backend, const Server& server) {
  co_await await_reload();
  serving_[backend].insert(server);
  write_config();
  const std::string command = "set server " + name_of(backend, server) + " state ready";
  require_done(co_await tell(command), command);
}

// A worker that comes up meanwhile may have read the file while the server was in it.
awaitable<void> Haproxy::drain(const std::string& backend, const Server& server) {
  const bool reloading = reloading_;
  serving_[backend].erase(server);
  write_config();
  const std::string command = "set server " + name_of(backend, server) + " state drain";
  require_done(co_await tell(command), command, Reply::kNoSuchServer);
  if (!reloading && !reloading_) co_return;
  co_await await_reload();
  require_done(co_await tell(command), command, Reply::kNoSuchServer);
}

void Haproxy::withdraw(const std::string& backend, const Server& server) {
  if (serving_[backend].erase(server) > 0 && up()) try_write_config();
}

awaitable<bool> Haproxy::remove(const std::string& backend, const Server& server) {
  withdraw(backend, server);
  const std::string name = name_of(backend, server);
  require_done(co_await tell("set server " + name + " state maint"), "maint", Reply::kNoSuchServer);
  for (int i = 0; i < kDeleteTries; ++i) {
    const std::string answer = co_await runtime_.ask("del server " + name);
    const Reply reply = classify(answer);
    if (reply == Reply::kDone || reply == Reply::kNoSuchServer) co_return true;
    if (reply != Reply::kStillConnected) require_done(answer, "del server " + name);
    co_await sleep_for(kDeletePause);
  }
  co_return false;
}

awaitable<std::vector<StatRow>> Haproxy::rows(const std::string& backend, const char* type) {
  co_return parse_stat(co_await runtime_.ask("show stat " + backend + " " + type + " -1"));
}

awaitable<ServerView> Haproxy::look(const std::string& backend, const Server& server) {
  ServerView view;
  for (const StatRow& row : co_await rows(backend, "4")) {
    if (row.backend != backend || row.server != server.name) continue;
    view.exists = true;
    view.address = row.address;
    view.raw = row.status.starts_with("MAINT");
    view.open = !view.raw && !row.status.starts_with("DRAIN");
    view.check = row.check.substr(row.check.starts_with("* ") ? 2 : 0) +
                 (row.check_text.empty() ? "" : " (" + row.check_text + ")");
    // A check that passes once does not end what `rise` counts to.
    view.healthy = row.status.starts_with("UP") || (row.check.ends_with("OK") && !row.status.starts_with("DOWN"));
    view.requests = row.sessions + row.queued;
  }
  for (const int worker : std::vector<int>(old_workers_)) {
    const auto text = co_await ask_old(worker, "show stat " + backend + " 4 -1");
    for (const StatRow& row : parse_stat(text.value_or(""))) {
      if (row.server == server.name) view.requests += row.sessions + row.queued;
    }
  }
  co_return view;
}

awaitable<std::vector<std::string>> Haproxy::servers_in(const std::string& backend) {
  std::vector<std::string> names;
  for (const StatRow& row : co_await rows(backend, "4")) names.push_back(row.server);
  co_return names;
}

awaitable<std::uint64_t> Haproxy::requests_in(const std::string& backend) {
  std::uint64_t requests = 0;
  for (const StatRow& row : co_await rows(backend, "2")) requests += row.sessions + row.queued;
  co_return requests;
}

awaitable<std::string> Haproxy::tell(std::string line) {
  std::string answer = co_await runtime_.ask(line);
  co_await tell_old(line);
  co_return answer;
}

awaitable<void> Haproxy::tell_old(const std::string& line) {
  for (const int worker : std::vector<int>(old_workers_)) co_await ask_old(worker, line);
}

awaitable<std::optional<std::string>> Haproxy::ask_old(int worker, std::string line) {
  try {
    line.insert(0, "@!" + std::to_string(worker) + " ");
    co_return co_await master_.ask(std::move(line));
  } catch (const Error&) {
    co_return std::nullopt;
  }
}

awaitable<void> Haproxy::sync() {
  const Edge edge = wanted();
  const EdgePaths& paths = settings_.edge.paths;
  if (headers_lines(edge) != headers_) co_await sync_headers();
  const auto bring = [&](const std::string& map, MapLines& seen, MapLines fresh) -> awaitable<void> {
    for (const std::string& command : changes_of(map, seen, fresh)) require_done(co_await tell(command), command);
    seen = std::move(fresh);
  };
  co_await bring(paths.routes_map, routes_, routes_lines(edge));
  co_await bring(paths.hosts_map, hosts_, hosts_lines(edge));
  // Known only to a HAProxy that has a backend with an HTTP check; it reads the file when it gets one.
  const std::string known = co_await runtime_.ask("show map " + paths.checks_map);
  if (classify(known) != Reply::kUnknownMap) co_await bring(paths.checks_map, checks_, checks_lines(edge));
}

awaitable<void> Haproxy::sync_headers() {
  MapLines fresh = headers_lines(wanted());
  const std::string& map = settings_.edge.paths.headers_map;
  const std::string prepare = "prepare map " + map;
  const std::string version = map_version_of(co_await runtime_.ask(prepare));
  if (version.empty()) throw Error(Code::unavailable, "HAProxy refused \"" + prepare + "\"");
  for (const std::string& command : replacement_of(map, version, fresh))
    require_done(co_await runtime_.ask(command), command);
  for (const int worker : std::vector<int>(old_workers_)) {
    const auto prepared = co_await ask_old(worker, prepare);
    if (!prepared) continue;
    const std::string theirs = map_version_of(*prepared);
    for (const std::string& command : replacement_of(map, theirs, fresh)) co_await ask_old(worker, command);
  }
  headers_ = std::move(fresh);
}

}  // namespace slipway::local
