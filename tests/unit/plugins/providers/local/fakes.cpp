#include "tests/unit/plugins/providers/local/fakes.hpp"

#include <signal.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace slipway::local::test {

void FakeProxy::define(const std::string& application, const Definition& definition) {
  definitions[application] = definition;
  for (const BackendSpec& backend : definition.backends) backends.insert(backend.name);
}

void FakeProxy::throw_if_broken() const {
  if (!broken.empty()) throw Error(Code::unavailable, broken);
}

awaitable<void> FakeProxy::route(const std::string& application, std::optional<RouteOrder> order) {
  throw_if_broken();
  if (order)
    routes[application] = *order;
  else
    routes.erase(application);
  history.push_back("route " + (order ? std::to_string(order->route.next_ppm) : "none"));
  co_return;
}

awaitable<void> FakeProxy::add(const std::string& backend, const Server& server) {
  throw_if_broken();
  servers[backend].try_emplace(server.name, Entry{.server = server, .open = false, .healthy = true, .requests = 0});
  history.push_back("add " + server.name);
  co_return;
}

awaitable<void> FakeProxy::admit(const std::string& backend, const Server& server) {
  throw_if_broken();
  if (!servers[backend].contains(server.name)) throw Error(Code::not_found, "No such server.");
  servers[backend].at(server.name).open = true;
  history.push_back("admit " + server.name);
  co_return;
}

awaitable<void> FakeProxy::drain(const std::string& backend, const Server& server) {
  throw_if_broken();
  if (servers[backend].contains(server.name)) servers[backend].at(server.name).open = false;
  history.push_back("drain " + server.name);
  co_return;
}

awaitable<bool> FakeProxy::remove(const std::string& backend, const Server& server) {
  throw_if_broken();
  servers[backend].erase(server.name);
  history.push_back("remove " + server.name);
  co_return true;
}

awaitable<ServerView> FakeProxy::look(const std::string& backend, const Server& server) {
  throw_if_broken();
  const auto found = servers[backend].find(server.name);
  if (found == servers[backend].end()) co_return ServerView{};
  const Entry& entry = found->second;
  co_return ServerView{.exists = true,
                       .address = entry.server.address,
                       .open = entry.open,
                       .raw = false,
                       .healthy = entry.healthy && check == "L7OK",
                       .check = check,
                       .requests = entry.requests};
}

awaitable<std::vector<std::string>> FakeProxy::servers_in(const std::string& backend) {
  throw_if_broken();
  std::vector<std::string> names;
  for (const auto& [name, entry] : servers[backend]) names.push_back(name);
  co_return names;
}

std::set<std::string> FakeProxy::open_servers(const std::string& backend) const {
  std::set<std::string> names;
  const auto found = servers.find(backend);
  if (found == servers.end()) return names;
  for (const auto& [name, entry] : found->second) {
    if (entry.open) names.insert(name);
  }
  return names;
}

namespace {

class FakeProcess final : public Process {
 public:
  FakeProcess(FakeProcesses& owner, std::shared_ptr<FakeProcesses::Body> body)
      : owner_(owner), body_(std::move(body)) {}
  [[nodiscard]] int pid() const override { return body_->pid; }
  [[nodiscard]] std::uint64_t start_time() const override { return static_cast<std::uint64_t>(body_->pid) * 10; }
  void signal(int number) override {
    body_->signals.push_back(number);
    if (owner_.obedient || number == SIGKILL) owner_.end(body_->pid, {.code = {}, .signal = number});
  }
  void kill_all() override { signal(SIGKILL); }
  awaitable<Exit> ended(Leftovers) override {
    const auto body = body_;
    while (body->running) co_await body->over.wait();
    co_return body->exit;
  }

 private:
  FakeProcesses& owner_;
  std::shared_ptr<FakeProcesses::Body> body_;
};

}  // namespace

std::unique_ptr<Process> FakeProcesses::start(const Command& command) {
  const auto body = std::make_shared<Body>(executor_, next_++);
  body->command = command;
  bodies[body->pid] = body;
  return std::make_unique<FakeProcess>(*this, body);
}

std::unique_ptr<Process> FakeProcesses::adopt(int pid, std::uint64_t start_time) {
  const auto found = bodies.find(pid);
  const bool same =
      found != bodies.end() && found->second->running && start_time == static_cast<std::uint64_t>(pid) * 10;
  return same ? std::make_unique<FakeProcess>(*this, found->second) : nullptr;
}

std::unique_ptr<Process> FakeProcesses::find(const std::string& environment_entry) {
  for (const auto& [pid, body] : bodies) {
    const auto& environment = body->command.environment;
    if (body->running && std::ranges::find(environment, environment_entry) != environment.end()) {
      return std::make_unique<FakeProcess>(*this, body);
    }
  }
  return nullptr;
}

void FakeProcesses::end(int pid, Exit exit) {
  Body& body = *bodies.at(pid);
  body.running = false;
  body.exit = exit;
  body.over.raise();
}

int FakeProcesses::running() const {
  return static_cast<int>(std::ranges::count_if(bodies, [](const auto& entry) { return entry.second->running; }));
}

awaitable<std::string> FakeChecker::ask(const provider::Check& check, std::uint16_t, const Command&) {
  ++asked;
  const auto found = failures.find(check.path);
  co_return found == failures.end() ? "" : found->second;
}

awaitable<Command> FakePreparer::prepare(const provider::Release& release, ReplicaPlace place) {
  if (!failure.empty()) throw Error(Code::failed_precondition, failure);
  started.push_back(release.artefact.digest);
  Command command;
  command.arguments = release.command;
  command.environment = {identity_entry(place)};
  command.log_file = "/logs/" + place.id + ".log";
  co_return command;
}

Scene::Scene() { reopen(); }

void Scene::reopen() {
  reconciler = std::make_unique<Reconciler>(application_tools);
  reconciler->begin();
}

template <class T>
T Scene::run(awaitable<T> work) {
  std::optional<T> result;
  auto wait = [](awaitable<T> inner, std::optional<T>& out) -> awaitable<void> { out = co_await std::move(inner); };
  boost::asio::co_spawn(context, wait(std::move(work), result), boost::asio::detached);
  turn_until([&] { return result.has_value(); });
  return std::move(*result);
}

Status Scene::apply(const provider::Desired& desired) { return run(reconciler->apply(desired)); }

provider::Observation Scene::observe(const std::string& application) {
  auto seen = run(reconciler->observe({"acme", application}));
  return seen.ok() ? *seen : provider::Observation{.problems = {to_string(seen.status())}};
}

bool Scene::turn_until(const std::function<bool()>& predicate) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (!predicate()) {
    if (std::chrono::steady_clock::now() > end) return false;
    context.restart();
    context.run_for(std::chrono::milliseconds(1));
  }
  return true;
}

bool Scene::settles() {
  return turn_until([&] { return observe().converged; });
}

void Scene::turn(Span span) {
  context.restart();
  context.run_for(span);
}

provider::Release release(const std::string& version) {
  provider::Release made;
  made.version = version;
  made.command = {"app", version};
  made.readiness.path = "/" + version;
  made.readiness.interval = milliseconds(5);
  made.stop_grace = milliseconds(50);
  return made;
}

provider::DesiredGroup group(const std::string& role, const std::string& version, int replicas, std::uint32_t weight) {
  return {role, release(version), replicas, weight};
}

provider::Desired desired(std::int64_t generation, std::vector<provider::DesiredGroup> groups) {
  provider::Desired made;
  made.tenant = "acme";
  made.application = "shop";
  made.rollout = "r1";
  made.generation = generation;
  made.groups = std::move(groups);
  return made;
}

}  // namespace slipway::local::test
