#include "plugins/metrics/probe/worker.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <thread>

#include "plugins/metrics/probe/tap.hpp"

namespace slipway::probe {
namespace {

namespace asio = boost::asio;
using asio::use_awaitable;
using namespace asio::experimental::awaitable_operators;
using Clock = std::chrono::steady_clock;
using Failure = boost::system::error_code;
template <class T>
using Job = asio::awaitable<T>;

// Calls `done` when the job ends and also when its frame is thrown away.
class Answer {
 public:
  explicit Answer(Worker::Done done) : done_(std::move(done)) {}
  Answer(Answer&& other) noexcept : done_(std::exchange(other.done_, nullptr)) {}
  Answer& operator=(Answer&&) = delete;
  ~Answer() {
    if (done_) done_({Outcome::Result::missing, "the probe is stopping", std::nullopt});
  }
  void operator()(Outcome outcome) { std::exchange(done_, nullptr)(std::move(outcome)); }

 private:
  Worker::Done done_;
};

Outcome failed(std::string detail) { return {Outcome::Result::failed, std::move(detail), std::nullopt}; }

Job<void> timer(Duration limit) {
  asio::steady_timer wait(co_await asio::this_coro::executor, std::chrono::nanoseconds(limit.ns));
  co_await wait.async_wait(use_awaitable);
}

Job<std::string> reach(Address address) {
  const auto executor = co_await asio::this_coro::executor;
  Failure failure;
  asio::ip::tcp::resolver resolver(executor);
  const auto places =
      co_await resolver.async_resolve(address.host, address.port, asio::redirect_error(use_awaitable, failure));
  if (failure) co_return "cannot resolve \"" + address.host + "\": " + failure.message();
  asio::ip::tcp::socket socket(executor);
  co_await asio::async_connect(socket, places, asio::redirect_error(use_awaitable, failure));
  co_return failure ? "no connection: " + failure.message() : "";
}

Job<void> connect_job(Address address, Duration limit, Answer answer) {
  const auto begin = Clock::now();
  const auto ended = co_await (reach(std::move(address)) || timer(limit));
  if (ended.index() == 1) co_return answer(failed("no connection within " + to_string(limit)));
  const std::string& problem = std::get<0>(ended);
  if (!problem.empty()) co_return answer(failed(problem));
  const Duration took = nanoseconds((Clock::now() - begin).count());
  answer({Outcome::Result::passed, "connected", took});
}

Job<void> drain(asio::posix::stream_descriptor& output, Child& child) {
  while (child.read_output()) co_await output.async_wait(asio::posix::stream_descriptor::wait_read, use_awaitable);
  // The output may be closed long before the end.
  co_await timer(seconds(3600));
}

Job<std::string> finish(Child& child, Duration limit) {
  const auto executor = co_await asio::this_coro::executor;
  asio::posix::stream_descriptor end(executor, child.end_descriptor()), output(executor, child.output_descriptor());
  struct Release {
    asio::posix::stream_descriptor &end, &output;
    ~Release() { static_cast<void>(end.release()), static_cast<void>(output.release()); }
  } const release{end, output};
  const auto first = co_await (end.async_wait(asio::posix::stream_descriptor::wait_read, use_awaitable) ||
                               drain(output, child) || timer(limit));
  child.read_output();
  if (first.index() == 2) child.kill();
  const std::string ended = child.reap();
  co_return first.index() == 2 ? "did not end within " + to_string(limit) : ended;
}

Job<void> run_job(Command command, Duration limit, Answer answer) {
  std::string problem;
  std::string report;
  try {
    Child child(command);
    problem = co_await finish(child, limit);
    report = child.output();
  } catch (const Error& error) {
    problem = error.what();
  }
  if (command.output == Output::tap) co_return answer(outcome_of_tap(report, problem));
  if (problem.empty()) co_return answer({Outcome::Result::passed, "exit status 0", std::nullopt});
  answer(failed(problem));
}

// What names and addresses are made of; "%" stands before the scope of an IPv6 address.
bool in_host(char c) {
  constexpr std::string_view kSigns = ".-_:%";
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || kSigns.find(c) != kSigns.npos;
}

bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port != 0;
}

}  // namespace

struct Worker::Loop {
  std::atomic<bool> ending{false};
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  std::thread thread{[this] { context.run(); }};

  // Posted, so that a job that ends at once does not answer from inside the call.
  template <class Make>
  bool begin(Make make) {
    if (ending) return false;
    asio::post(context, [this, make = std::move(make)]() mutable { asio::co_spawn(context, make(), asio::detached); });
    return true;
  }
};

Worker::Worker() : loop_(std::make_unique<Loop>()) {}

Worker::~Worker() {
  loop_->ending = true;
  loop_->context.stop();
  loop_->thread.join();
}

bool Worker::connect(Address address, Duration limit, Done done) {
  return loop_->begin([address = std::move(address), limit, answer = Answer(std::move(done))]() mutable {
    return connect_job(std::move(address), limit, std::move(answer));
  });
}

bool Worker::run(Command command, Duration limit, Done done) {
  return loop_->begin([command = std::move(command), limit, answer = Answer(std::move(done))]() mutable {
    return run_job(std::move(command), limit, std::move(answer));
  });
}

Result<Address> parse_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  std::string_view host = text.substr(0, colon);
  const std::string_view port = colon == text.npos ? "" : text.substr(colon + 1);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const bool named = !host.empty() && bracketed == (host.find(':') != host.npos) && std::ranges::all_of(host, in_host);
  if (named && is_port(port)) return Address{std::string(host), std::string(port)};
  return Status(Code::invalid_argument, "the address \"" + std::string(text) + "\" is not host:port");
}

}  // namespace slipway::probe
