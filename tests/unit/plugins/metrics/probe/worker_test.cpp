#include "plugins/metrics/probe/worker.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>

namespace slipway::probe {
namespace {

using Ending = Outcome::Result;

// A socket that is bound to a free port of the loopback interface; it accepts only once it listens.
class Port {
 public:
  Port() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(fd_, generic, size), 0);
    ::getsockname(fd_, generic, &size);
    number_ = std::to_string(ntohs(address.sin_port));
  }
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;
  ~Port() { ::close(fd_); }
  void listen() const { ::listen(fd_, 8); }
  [[nodiscard]] Address address() const { return {"127.0.0.1", number_}; }

 private:
  int fd_;
  std::string number_;
};

Command shell(const std::string& script) {
  return {{"sh", "-c", script}, {{"PATH", "/usr/bin:/bin"}, {"PORT", "8080"}}};
}

class ProbeWorker : public testing::Test {
 protected:
  Outcome connect(const Address& address) {
    std::promise<Outcome> outcome;
    EXPECT_TRUE(worker_->connect(address, seconds(5), [&](Outcome o) { outcome.set_value(std::move(o)); }));
    return outcome.get_future().get();
  }
  Outcome run(const Command& command, Duration limit = seconds(20)) {
    std::promise<Outcome> outcome;
    EXPECT_TRUE(worker_->run(command, limit, [&](Outcome o) { outcome.set_value(std::move(o)); }));
    return outcome.get_future().get();
  }
  std::unique_ptr<Worker> worker_ = std::make_unique<Worker>();
};

TEST_F(ProbeWorker, APortThatListensPassesWithItsTime) {
  Port port;
  port.listen();
  const Outcome outcome = connect(port.address());
  EXPECT_EQ(outcome.result, Ending::passed);
  ASSERT_TRUE(outcome.latency.has_value());
  EXPECT_GT(*outcome.latency, Duration{});
}

TEST_F(ProbeWorker, APortThatDoesNotListenFails) {
  const Port port;
  const Outcome outcome = connect(port.address());
  EXPECT_EQ(outcome.result, Ending::failed);
  EXPECT_EQ(outcome.detail, "no connection: Connection refused");
}

TEST_F(ProbeWorker, AProgramThatEndsWithZeroPasses) { EXPECT_EQ(run(shell("exit 0")).result, Ending::passed); }

TEST_F(ProbeWorker, AProgramThatFailsIsToldByItsLastLine) {
  const Outcome outcome = run(shell("echo first; echo no database >&2; exit 3"));
  EXPECT_EQ(outcome.result, Ending::failed);
  EXPECT_EQ(outcome.detail, "exit status 3: no database");
}

TEST_F(ProbeWorker, AProgramReportsItsOwnTests) {
  Command suite = shell("echo 1..2; echo ok 1 - opens; seq 2000 | sed 's/^/# /'; echo not ok 2 - pays; exit 1");
  suite.output = Output::tap;
  const Outcome outcome = run(suite);
  EXPECT_EQ(outcome.result, Ending::failed);
  EXPECT_EQ(outcome.parts, (std::vector<Outcome::Part>{{"opens", true, ""}, {"pays", false, ""}}));
}

TEST_F(ProbeWorker, AProgramSeesItsOwnEnvironmentAndNothingElse) {
  ::setenv("DAEMON_SECRET", "x", 1);
  EXPECT_EQ(run(shell("test \"$PORT$DAEMON_SECRET\" = 8080")).result, Ending::passed);
}

TEST_F(ProbeWorker, AProgramInheritsNoDescriptor) {
  const int open = ::dup(0);
  EXPECT_EQ(run(shell("set -- /proc/$$/fd/*; test $# -le 4")).detail, "exit status 0");
  ::close(open);
}

TEST_F(ProbeWorker, MuchOutputDoesNotHoldAProgramUp) {
  EXPECT_EQ(run(shell("head -c 1000000 /dev/zero | tr '\\0' 'x'")).result, Ending::passed);
}

TEST_F(ProbeWorker, AProgramThatTakesTooLongIsKilledWithWhatItStarted) {
  // The pipe stays open as long as any of the two processes lives, so an end of file proves that both are gone.
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const std::string script =
      "exec 3>/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(ends[1]) + "; sleep 600 & sleep 600";
  const Outcome outcome = run(shell(script), milliseconds(300));
  ::close(ends[1]);
  EXPECT_EQ(outcome.detail, "did not end within 300ms");
  char byte = 0;
  EXPECT_EQ(::read(ends[0], &byte, 1), 0);
  ::close(ends[0]);
}

TEST_F(ProbeWorker, AProgramThatIsNotThereFails) {
  const Outcome outcome = run({{"/no/such/program"}, {}});
  EXPECT_EQ(outcome.result, Ending::failed);
  EXPECT_EQ(outcome.detail, "cannot start \"/no/such/program\": No such file or directory");
}

TEST_F(ProbeWorker, WorkUnderWayAtTheEndIsMissingAndNotFailed) {
  std::promise<Outcome> outcome;
  ASSERT_TRUE(worker_->run(shell("sleep 600"), seconds(600), [&](Outcome o) { outcome.set_value(std::move(o)); }));
  worker_.reset();
  EXPECT_EQ(outcome.get_future().get().result, Ending::missing);
}

TEST(ProbeAddress, IsHostAndPort) {
  const auto plain = parse_address("127.0.0.1:80"), six = parse_address("[::1]:8080");
  const auto scoped = parse_address("[fe80::1%eth0]:80"), named = parse_address("web-1.lan:80");
  ASSERT_TRUE(plain.ok() && six.ok() && scoped.ok() && named.ok());
  EXPECT_EQ(plain->host + " " + plain->port, "127.0.0.1 80");
  EXPECT_EQ(six->host + " " + six->port, "::1 8080");
  for (const char* text : {"", "127.0.0.1", ":80", "host:", "host:http", "host:123456", "host:65536", "host:0",
                           "::1:80", "[host]:80", "a b:80", "a\nb:80", "[::1:80"})
    EXPECT_FALSE(parse_address(text).ok()) << text;
}

}  // namespace
}  // namespace slipway::probe
