// What a call of an isolated plugin costs beside a bare ping-pong over a socketpair, and a worker's start beside that
// of an empty program. Everything is measured in turns in one run, on whatever processors the kernel gives; and as time
// of the processors too, which other programs do not lengthen.
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

#include "host/base/sha256.hpp"
#include "host/isolation/isolated_instance.hpp"
#include "host/runtime/async_call.hpp"
#include "tests/bench/processor_time.hpp"
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
  // Of both sides.
  [[nodiscard]] double processor_time_so_far() const { return processor_time_here() + processor_time_of(child_); }

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
  package.library.sha256 = base::sha256_hex_of_file(path).value();
  package.library.file = loader::Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  return package;
}

class Host {
 public:
  Host() { runtime_.start(); }

  isolation::Isolated start() {
    isolation::IsolationSettings isolation;
    isolation.program.path = SLIPWAY_WORKER;
    auto made = isolation::make_isolated(
        runtime_, package_, {}, {.name = "echo", .plugin = "echo", .threading = runtime::Threading::concurrent},
        std::make_shared<NoSink>(), isolation);
    require(made.ok(), to_string(made.status()));
    const Status started = wait(made->instance->start(seconds(10)));
    require(started.ok(), to_string(started));
    return std::move(*made);
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

// Of one exchange: what passes, and what both sides spend.
struct Ping {
  double passed = 0;
  double spent = 0;
};

Ping compare_one_at_a_time(Host& host, const std::shared_ptr<runtime::Instance>& instance) {
  PingPong raw;
  std::vector<double> bare;
  std::vector<double> isolated;
  double spent = 0;
  for (int turn = 0; turn < 10; ++turn) {
    const double before = raw.processor_time_so_far();
    for (int i = 0; i < rounds(1000); ++i) raw.once(bare);
    spent += raw.processor_time_so_far() - before;
    const auto times = host.wait(calls(instance, rounds(1000)));
    isolated.insert(isolated.end(), times.begin(), times.end());
  }
  const Ping ping{median(bare), spent / static_cast<double>(bare.size())};
  const double value = median(isolated);
  report({"isolated_call.1_kib_p50", value, "us", ping.passed, "at most 1.5 times a ping-pong over a socketpair",
          value <= 1.5 * ping.passed});
  return ping;
}

void compare_many_in_flight(Host& host, const isolation::Isolated& isolated, const Ping& ping) {
  const pid_t worker = isolated.worker->status().process;
  const int count = rounds(500);
  std::vector<double> each;
  std::vector<double> spent;
  for (int turn = 0; turn < 5; ++turn) {
    std::vector<std::future<std::vector<double>>> running;
    const auto begun = Clock::now();
    const double here = processor_time_here();
    const double there = processor_time_of(worker);
    for (int i = 0; i < kInFlight; ++i) running.push_back(host.begin(calls(isolated.instance, count)));
    for (auto& one : running) one.get();
    each.push_back(microseconds_since(begun) / (kInFlight * count));
    spent.push_back(std::max(processor_time_here() - here, processor_time_of(worker) - there) / (kInFlight * count));
  }
  const double value = median(each);
  report({"isolated_call.64_in_flight", value, "us", ping.passed, "each at most 0.15 of a ping-pong over a socketpair",
          value <= 0.15 * ping.passed});
  const double busier = median(spent);
  report({"isolated_call.64_in_flight_processor", busier, "us", ping.spent,
          "the busier side at most 0.15 of what a ping-pong takes of the processors", busier <= 0.15 * ping.spent});
}

// What passes until something has started, and what that spends.
struct Starts {
  std::vector<double> passed;
  std::vector<double> spent;
};

void run_empty_program(Starts& starts) {
  const auto begun = Clock::now();
  const double before = processor_time_here();
  const pid_t child = ::fork();
  if (child == 0) {
    ::execl(SLIPWAY_EMPTY, SLIPWAY_EMPTY, nullptr);
    ::_exit(1);
  }
  int status = 0;
  rusage used{};
  ::wait4(child, &status, 0, &used);
  require(status == 0, "the empty program failed");
  starts.passed.push_back(microseconds_since(begun));
  starts.spent.push_back(processor_time_here() - before + processor_time_of(used));
}

void run_worker(Host& host, Starts& starts) {
  const auto begun = Clock::now();
  const double before = processor_time_here();
  const auto isolated = host.start();
  host.wait(calls(isolated.instance, 1));
  starts.passed.push_back(microseconds_since(begun));
  starts.spent.push_back(processor_time_here() - before + processor_time_of(isolated.worker->status().process));
  host.stop(isolated.instance);
}

void report_start(const char* id, double value, double reference, const char* goal) {
  report({id, value, "us", reference, goal, value <= 10 * reference});
}

void compare_starts(Host& host) {
  Starts empty;
  Starts worker;
  for (int i = 0; i < rounds(50); ++i) {
    run_empty_program(empty);
    run_worker(host, worker);
  }
  report_start("isolated_call.start_to_first_reply", median(worker.passed), median(empty.passed),
               "at most 10 times fork and exec of an empty program");
  report_start("isolated_call.start_to_first_reply_processor", median(worker.spent), median(empty.spent),
               "at most 10 times what fork and exec of an empty program take of the processors");
}

int run() {
  Host host;
  const auto isolated = host.start();
  const Ping ping = compare_one_at_a_time(host, isolated.instance);
  compare_many_in_flight(host, isolated, ping);
  host.stop(isolated.instance);
  compare_starts(host);
  return 0;
}

}  // namespace
}  // namespace slipway::bench

int main() { return slipway::bench::run(); }
