// Everything around a reconciler, in memory: a proxy whose tables can be read, processes that end when told to, checks
// that answer as told. One thread; turn the context to let time pass.
#pragma once

#include <boost/asio/io_context.hpp>
#include <map>
#include <set>

#include "plugins/providers/local/reconcile/reconciler.hpp"
#include "tests/support/temporary_directory.hpp"

namespace slipway::local::test {

class FakeProxy final : public Proxy {
 public:
  struct Entry {
    Server server;
    bool open = false, healthy = false;
    std::uint64_t requests = 0;
  };

  void define(const std::string& application, const Definition& definition) override;
  void forget(const std::string& application) override { definitions.erase(application); }
  [[nodiscard]] bool has_backend(const std::string& name) const override { return up && backends.contains(name); }
  [[nodiscard]] bool is_down() const override { return down; }
  void recall(const std::string& application, const RouteOrder& order) override {
    recalled_routes[application] = order;
  }
  void recall(const std::string& backend, const Server& server) override {
    recalled_servers[backend].insert(server.name);
  }
  awaitable<void> route(const std::string& application, std::optional<RouteOrder> order) override;
  awaitable<void> add(const std::string& backend, const Server& server) override;
  awaitable<void> admit(const std::string& backend, const Server& server) override;
  awaitable<void> drain(const std::string& backend, const Server& server) override;
  void withdraw(const std::string& backend, const Server& server) override {
    withdrawn.insert(backend + "/" + server.name);
  }
  awaitable<bool> remove(const std::string& backend, const Server& server) override;
  awaitable<ServerView> look(const std::string& backend, const Server& server) override;
  awaitable<std::vector<std::string>> servers_in(const std::string& backend) override;
  awaitable<std::uint64_t> requests_in(const std::string&) override { co_return 0; }
  [[nodiscard]] std::string hosts_problem(const std::string&) const override { return unserved; }
  [[nodiscard]] std::string problem() const override { return broken; }

  [[nodiscard]] std::set<std::string> open_servers(const std::string& backend) const;

  bool up = true, down = false;
  std::string broken;              // told as the problem; every command fails with it while it is not empty
  std::set<std::string> backends;  // of every definition so far
  std::map<std::string, Definition> definitions;
  std::map<std::string, RouteOrder> routes, recalled_routes;
  std::map<std::string, std::map<std::string, Entry>> servers;
  std::map<std::string, std::set<std::string>> recalled_servers;
  std::set<std::string> withdrawn;
  std::string unserved;              // told as the problem of hosts
  std::string check = "L7OK";        // what its check of every server says; another one keeps them unproven
  std::vector<std::string> history;  // "route 1000000", "admit a/1.0-1", …

 private:
  void throw_if_broken() const;
};

class FakeProcesses final : public Processes {
 public:
  struct Body {
    Body(const boost::asio::any_io_executor& executor, int number) : pid(number), over(executor) {}
    int pid;
    Signal over;
    Exit exit;
    bool running = true;
    std::vector<int> signals;
    Command command;
  };

  explicit FakeProcesses(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}
  std::unique_ptr<Process> start(const Command& command) override;
  std::unique_ptr<Process> adopt(int pid, std::uint64_t start_time) override;
  std::unique_ptr<Process> find(const std::string& environment_entry) override;

  void end(int pid, Exit exit);
  [[nodiscard]] int running() const;

  std::map<int, std::shared_ptr<Body>> bodies;
  bool obedient = true;  // SIGTERM ends them

 private:
  boost::asio::any_io_executor executor_;
  int next_ = 100;
};

class FakeChecker final : public Checker {
 public:
  awaitable<std::string> ask(const provider::Check& check, std::uint16_t port, const Command& like) override;
  std::map<std::string, std::string> failures;  // by path; a path that is not there passes
  int asked = 0;
};

class FakePreparer final : public Preparer {
 public:
  awaitable<Command> prepare(const provider::Release& release, ReplicaPlace place) override;
  awaitable<std::string> digest_of(std::string program) override {
    ++digests_asked;
    co_return programs[program];
  }
  void keep(const ReplicaPlace& place) override { kept.insert(place.id); }
  void clean_up(const ReplicaPlace& place) override { cleaned.insert(place.id); }
  std::set<std::string> kept, cleaned;
  std::map<std::string, std::string> programs;  // digests by path
  std::vector<std::string> started;             // digests that prepare was given
  std::string failure;
  int digests_asked = 0;
};

class FakeNotices final : public Notices {
 public:
  void log(Level, const std::string& text) override { lines.push_back(text); }
  void changed(const std::string& tenant, const std::string& application) override {
    ++changes[tenant + "/" + application];
    on_change(tenant, application);
  }
  std::function<void(const std::string& tenant, const std::string& application)> on_change = [](const auto&,
                                                                                                const auto&) {};
  std::vector<std::string> lines;
  std::map<std::string, int> changes;
};

// A reconciler among fakes. `reopen` is a new life over the same world, processes and proxy.
class Scene {
 public:
  Scene();
  void reopen();

  Status apply(const provider::Desired& desired);
  provider::Observation observe(const std::string& application = "shop");
  // Turns the context until the predicate holds; false after five seconds.
  bool turn_until(const std::function<bool()>& predicate);
  bool settles();
  void turn(Span span);

  boost::asio::io_context context;
  slipway::test::TemporaryDirectory directory;
  FakeProxy proxy;
  FakeProcesses processes{context.get_executor()};
  FakeChecker checker;
  FakePreparer preparer;
  FakeNotices notices;
  Ports ports{{40000, 40099}};
  World world{directory.path() / "applications"};
  ReplicaTools tools{.executor = context.get_executor(),
                     .processes = processes,
                     .proxy = proxy,
                     .checker = checker,
                     .preparer = preparer,
                     .ports = ports,
                     .notices = notices,
                     .backoff = {Span(10), Span(50), Span(60'000), 3},
                     .drain_limit = Span(200),
                     .random = [] { return 0.0; },
                     .wall = [] { return Instant{42}; }};
  ApplicationTools application_tools{tools, world};
  std::unique_ptr<Reconciler> reconciler;

 private:
  template <class T>
  T run(awaitable<T> work);
};

provider::Release release(const std::string& version);
provider::DesiredGroup group(const std::string& role, const std::string& version, int replicas, std::uint32_t weight);
provider::Desired desired(std::int64_t generation, std::vector<provider::DesiredGroup> groups);

}  // namespace slipway::local::test
