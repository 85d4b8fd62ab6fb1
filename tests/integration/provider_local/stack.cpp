#include "tests/integration/provider_local/stack.hpp"

#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <slipway/testing/fake_host.hpp>
#include <slipway/testing/library.hpp>
#include <sstream>
#include <thread>

namespace slipway::test {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

Json json_of(const std::string& path) {
  const auto json = parse_json(text_of(path), {.bytes = std::size_t{64} << 20});
  return json.ok() ? *json : Json::object();
}

bool is_zombie(int pid) {
  const std::string stat = text_of("/proc/" + std::to_string(pid) + "/stat");
  const auto end = stat.rfind(')');
  return end == stat.npos || stat.compare(end + 2, 1, "Z") == 0;
}

}  // namespace

int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  sockaddr* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(fd, generic, size) != 0 || ::getsockname(fd, generic, &size) != 0)
    throw std::runtime_error("no free port");
  ::close(fd);
  return ntohs(address.sin_port);
}

bool exists(int pid) { return pid > 0 && ::kill(pid, 0) == 0 && !is_zombie(pid); }

bool wait_for(const std::function<bool()>& condition, Duration limit) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::nanoseconds(limit.ns);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

Place::Place() : port_(free_port()) {}

Place::~Place() {
  std::vector<int> pids{haproxy_pid()};
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(path("state/applications"), ignored)) {
    for (const Json& replica : json_of(entry.path()).value("replicas", Json::array()))
      pids.push_back(replica.value("pid", 0));
  }
  for (const int pid : pids) {
    if (exists(pid)) ::kill(-pid, SIGKILL);
  }
}

Json Place::config() const {
  const int first = 20000 + (::getpid() % 90) * 100;
  return {{"state_directory", path("state")},
          {"run_directory", path("run")},
          {"haproxy", {{"bind", "127.0.0.1:" + std::to_string(port_)}, {"maxconn", 500}}},
          {"ports", {{"first", first}, {"last", first + 99}}},
          {"restart", {{"first", "50ms"}, {"longest", "200ms"}}}};
}

int Place::haproxy_pid() const { return json_of(path("run/haproxy.json")).value("pid", 0); }

std::map<std::string, int> Place::replica_pids(const std::string& application) const {
  std::map<std::string, int> pids;
  for (const Json& replica :
       json_of(path("state/applications/acme." + application + ".json")).value("replicas", Json::array())) {
    pids[replica.value("id", "")] = replica.value("pid", 0);
  }
  return pids;
}

std::string Place::ask(const std::string& socket, const std::string& line) const {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path("run/" + socket).copy(address.sun_path, sizeof address.sun_path - 1);
  sockaddr* const generic = reinterpret_cast<sockaddr*>(&address);
  std::string text;
  if (::connect(fd, generic, sizeof address) == 0 && ::write(fd, (line + "\n").data(), line.size() + 1) > 0) {
    ::shutdown(fd, SHUT_WR);
    char buffer[8192];
    for (ssize_t n = 0; (n = ::read(fd, buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<std::size_t>(n));
  }
  ::close(fd);
  return text;
}

struct Provider::Life {
  Library library{PROVIDER_LIBRARY};
  FakeHost host{library.table()};
};

Provider::Provider(const Place& place, const Json& changes) : life_(std::make_unique<Life>()) {
  Json config = place.config();
  config.merge_patch(changes);
  life_->host.on("secrets", "resolve", [](const Json& request) -> Result<Json> {
    Json values = Json::object();
    for (const Json& reference : request.at("references"))
      values[reference.get<std::string>()] = "the value of " + reference.get<std::string>();
    return Json{{"values", values}};
  });
  const Status status = life_->host.run(config);
  if (!status.ok()) throw Error(status);
}

Provider::~Provider() = default;

std::string Provider::log() const {
  std::string text;
  for (const auto& record : life_->host.logs()) text += record.message + "\n";
  return text;
}

Status Provider::apply(const provider::Desired& desired) {
  return life_->host.call<provider::Interface, provider::Apply>(desired).status();
}

provider::Observation Provider::observe(const std::string& application) {
  auto seen = life_->host.call<provider::Interface, provider::Observe>({"acme", application});
  return seen.ok() ? *seen : provider::Observation{.problems = {to_string(seen.status())}};
}

Status Provider::remove(const std::string& application) {
  return life_->host.call<provider::Interface, provider::Remove>({"acme", application, 1}).status();
}

provider::Observation Provider::until(const std::function<bool(const provider::Observation&)>& predicate,
                                      const std::string& application, Duration limit) {
  provider::Observation seen;
  const auto holds = [&] { return predicate(seen = observe(application)); };
  const auto end = std::chrono::steady_clock::now() + std::chrono::nanoseconds(limit.ns);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) throw std::runtime_error("it did not come about: " + encode_text(seen));
    life_->host.wait_until([n = life_->host.events().size(), this] { return life_->host.events().size() > n; },
                           milliseconds(50));
  }
  return seen;
}

provider::Observation Provider::converge(const provider::Desired& desired) {
  if (const Status status = apply(desired); !status.ok()) throw Error(status);
  return until(
      [&](const provider::Observation& seen) { return seen.converged && seen.generation == desired.generation; },
      desired.application);
}

provider::Release release(const std::string& version, std::vector<std::string> more) {
  provider::Release made;
  made.version = version;
  made.command = {REPLICA_PROGRAM, "--version", version};
  made.command.insert(made.command.end(), more.begin(), more.end());
  made.readiness.path = "/healthz";
  made.readiness.interval = milliseconds(100);
  made.stop_grace = seconds(2);
  return made;
}

provider::DesiredGroup group(const std::string& role, const provider::Release& release, int replicas,
                             std::uint32_t weight) {
  return {role, release, replicas, weight};
}

provider::Desired desired(std::int64_t generation, std::vector<provider::DesiredGroup> groups) {
  provider::Desired made;
  made.tenant = "acme";
  made.application = "shop";
  made.rollout = "r1";
  made.generation = generation;
  made.token = 1;
  made.hosts = {"shop.test"};
  made.groups = std::move(groups);
  return made;
}

const provider::ObservedGroup& of(const provider::Observation& observation, const std::string& release) {
  static const provider::ObservedGroup none;
  const auto found = std::ranges::find(observation.groups, release, &provider::ObservedGroup::release);
  return found == observation.groups.end() ? none : *found;
}

}  // namespace slipway::test
