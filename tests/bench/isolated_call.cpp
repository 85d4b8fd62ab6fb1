// What a call of an isolated plugin costs beside a bare ping-pong over a socketpair, and a worker's start beside that
// of an empty program. Everything is measured in turns in one run, on whatever processors the kernel gives.
#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "host/isolation/isolated_instance.hpp"
#include "host/runtime/async_call.hpp"
#include "tests/bench/report.hpp"

namespace slipway::bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kBytes = 1024;
constexpr int kInFlight = 64;

double microseconds_since(Clock::time_point begun) {
  return std::chrono::duration<double, std::micro>(Clock::now() - begun).count();
}

double median(std::vector<double> times) {
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

// How much is done: everything a hundredth when the tests run it.
int rounds(int full) {
  const char* limit = std::getenv("SLIPWAY_BENCH_SECONDS");
  return limit != nullptr && std::atof(limit) < 1 ? std::max(1, full / 100) : full;
}

void require(bool holds, const std::string& text) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", text.c_str());
  std::exit(1);
}

bool exchange(int socket, char* bytes, bool first) {
  const auto send = [&] { return ::write(socket, bytes, kBytes) == static_cast<ssize_t>(kBytes); };
  const auto receive = [&] { return ::recv(socket, bytes, kBytes, MSG_WAITALL) == static_cast<ssize_t>(kBytes); };
  return first ? send() && receive() : receive() && send();
}

// A process that sends back what it gets.
class PingPong {
 public:
  PingPong() {
    int ends[2];
    require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "no socketpair");
    child_ = ::fork();
    if (child_ == 0) {
      ::close(ends[0]);
      char bytes[kBytes];
      while (exchange(ends[1], bytes, false)) {
      }
      ::_exit(0);
    }
    ::close(ends[1]);
    socket_ = ends[0];
  }
  PingPong(const PingPong&) = delete;
  PingPong& operator=(const PingPong&) = delete;
  ~PingPong() {
    ::close(socket_);
    ::waitpid(child_, nullptr, 0);
  }
  void once(std::vector<double>& times) {
    const auto begun = Clock::now();
    require(exchange(socket_, bytes_, true), "the other side of the ping-pong is gone");
    times.push_back(microseconds_since(begun));
  }

 private:
  int socket_ = -1;
  pid_t child_ = 0;
  char bytes_[kBytes]{};
};

class NoSink final : public runtime::HostSink {
 public:
  void log(std::uint32_t, std::string_view, std::string_view) override {}
  void metric(std::uint32_t, std::string_view, std::string_view, double) override {}
  void request(runtime::HostRequest, runtime::Answerer) override {}
};

loader::VerifiedPackage echo_package() {
  const std::filesystem::path path = std::filesystem::path(SLIPWAY_FIXTURES) / "worker_tricks.so";
  loader::VerifiedPackage package;
  package.package.manifest.id = "bench-echo";
  package.package.manifest.interfaces = {"slipway.gate/1"};
  package.library.path = path;
  package.library.file = loader::Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  return package;
}

class Host {
 public:
  Host() { runtime_.start(); }

  std::shared_ptr<runtime::Instance> start() {
    isolation::IsolationSettings isolation;
    isolation.program.path = SLIPWAY_WORKER;
    auto made = isolation::make_isolated(
        runtime_, package_, {}, {.name = "echo", .plugin = "echo", .threading = runtime::Threading::concurrent},
        std::make_shared<NoSink>(), isolation);
    require(made.ok(), to_string(made.status()));
    const Status started = wait(made->instance->start(seconds(10)));
    require(started.ok(), to_string(started));
    return made->instance;
  }
  void stop(const std::shared_ptr<runtime::Instance>& instance) {
    require(wait(instance->stop({})).ok(), "the instance does not stop");
  }
  template <class T>
  T wait(boost::asio::awaitable<T> work) {
    return boost::asio::co_spawn(runtime_.executor(), std::move(work), boost::asio::use_future).get();
  }
  template <class T>
  auto begin(boost::asio::awaitable<T> work) {
    return boost::asio::co_spawn(runtime_.executor(), std::move(work), boost::asio::use_future);
  }

 private:
  runtime::Runtime runtime_{{.threads = 1, .spare = {.most = 0}}};
  const loader::VerifiedPackage package_ = echo_package();
};

boost::asio::awaitable<std::vector<double>> calls(std::shared_ptr<runtime::Instance> instance, int count) {
  const std::string payload = "echo " + std::string(kBytes, 'x');
  std::vector<double> times;
  for (int i = 0; i < count; ++i) {
    runtime::CallRequest request{.budget_ns = seconds(10).ns, .payload = payload};
    const auto begun = Clock::now();
    const auto reply = co_await runtime::async_call(instance, std::move(request));
    times.push_back(microseconds_since(begun));
    require(reply.ok() && reply->size() == kBytes, "a call failed");
  }
  co_return times;
}

void compare_one_at_a_time(Host& host, const std::shared_ptr<runtime::Instance>& instance, double& ping) {
  PingPong raw;
  std::vector<double> bare;
  std::vector<double> isolated;
  for (int turn = 0; turn < 10; ++turn) {
    for (int i = 0; i < rounds(1000); ++i) raw.once(bare);
    const auto times = host.wait(calls(instance, rounds(1000)));
    isolated.insert(isolated.end(), times.begin(), times.end());
  }
  ping = median(bare);
  const double value = median(isolated);
  report({"isolated_call.1_kib_p50", value, "us", ping, "at most 1.5 times a ping-pong over a socketpair",
          value <= 1.5 * ping});
}

void compare_many_in_flight(Host& host, const std::shared_ptr<runtime::Instance>& instance, double ping) {
  std::vector<double> each;
  const int count = rounds(500);
  for (int turn = 0; turn < 5; ++turn) {
    std::vector<std::future<std::vector<double>>> running;
    const auto begun = Clock::now();
    for (int i = 0; i < kInFlight; ++i) running.push_back(host.begin(calls(instance, count)));
    for (auto& one : running) one.get();
    each.push_back(microseconds_since(begun) / (kInFlight * count));
  }
  const double value = median(each);
  report({"isolated_call.64_in_flight", value, "us", ping, "each at most 0.15 of a ping-pong over a socketpair",
          value <= 0.15 * ping});
}

void run_empty_program(std::vector<double>& times) {
  const auto begun = Clock::now();
  const pid_t child = ::fork();
  if (child == 0) {
    ::execl(SLIPWAY_EMPTY, SLIPWAY_EMPTY, nullptr);
    ::_exit(1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  require(status == 0, "the empty program failed");
  times.push_back(microseconds_since(begun));
}

void compare_starts(Host& host) {
  std::vector<double> empty;
  std::vector<double> worker;
  for (int i = 0; i < rounds(50); ++i) {
    run_empty_program(empty);
    const auto begun = Clock::now();
    const auto instance = host.start();
    host.wait(calls(instance, 1));
    worker.push_back(microseconds_since(begun));
    host.stop(instance);
  }
  const double value = median(worker);
  const double reference = median(empty);
  report({"isolated_call.start_to_first_reply", value, "us", reference,
          "at most 10 times fork and exec of an empty program", value <= 10 * reference});
}

int run() {
  Host host;
  const auto instance = host.start();
  double ping = 0;
  compare_one_at_a_time(host, instance, ping);
  compare_many_in_flight(host, instance, ping);
  host.stop(instance);
  compare_starts(host);
  return 0;
}

}  // namespace
}  // namespace slipway::bench

int main() { return slipway::bench::run(); }
