#include "host/services/span_sender.hpp"

#include <gmock/gmock.h>
#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <deque>
#include <thread>

#include "tests/support/eventually.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/unit/host/runtime/rig.hpp"
#include "tests/unit/host/services/certificate.hpp"

namespace slipway::services {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using test::eventually;
using testing::HasSubstr;

struct Received {
  http::request<http::string_body> request;
  std::int64_t at = 0;  // by the test's clock
};

// Takes spans, one connection for each request, with TLS when it has a certificate. What it answers is a whole answer,
// "" to break off, or kSilence; 200 once it was told nothing.
class FakeCollector {
 public:
  static constexpr const char* kSilence = "silence";

  explicit FakeCollector(const base::Clock& clock, const Certificate* certificate = nullptr)
      : clock_(clock), certificate_(certificate) {
    if (certificate != nullptr) {
      tls_.use_certificate_file(certificate->certificate, asio::ssl::context::pem);
      tls_.use_private_key_file(certificate->key, asio::ssl::context::pem);
    }
    thread_ = std::thread([this] { run(); });
  }
  FakeCollector(const FakeCollector&) = delete;
  FakeCollector& operator=(const FakeCollector&) = delete;
  ~FakeCollector() {
    ending_ = true;
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
    ::shutdown(current_, SHUT_RDWR);
    thread_.join();
  }

  void answer(std::string whole) {
    const std::lock_guard lock(mutex_);
    answers_.push_back(std::move(whole));
  }
  [[nodiscard]] std::string url() const {
    return std::string(certificate_ == nullptr ? "http" : "https") +
           "://localhost:" + std::to_string(acceptor_.local_endpoint().port()) + "/v1/traces";
  }
  [[nodiscard]] std::vector<Received> received() const {
    const std::lock_guard lock(mutex_);
    return received_;
  }
  [[nodiscard]] bool until_received(std::size_t count) const {
    return eventually([&] { return received().size() >= count; });
  }

 private:
  void run() {
    while (!ending_) {
      boost::system::error_code error;
      tcp::socket socket(context_);
      acceptor_.accept(socket, error);
      if (error) return;
      current_ = socket.native_handle();
      if (certificate_ == nullptr) {
        serve(socket);
      } else {
        asio::ssl::stream<tcp::socket&> stream(socket, tls_);
        stream.handshake(asio::ssl::stream_base::server, error);
        if (!error) serve(stream);
      }
      current_ = -1;
    }
  }

  template <class Stream>
  void serve(Stream& stream) {
    boost::system::error_code error;
    boost::beast::flat_buffer buffer;
    http::request<http::string_body> request;
    http::read(stream, buffer, request, error);
    if (error) return;
    const std::string text = take(std::move(request));
    if (text == kSilence)
      http::read(stream, buffer, request = {}, error);
    else
      asio::write(stream, asio::buffer(text), error);
  }

  std::string take(http::request<http::string_body> request) {
    const std::lock_guard lock(mutex_);
    received_.push_back({std::move(request), clock_.steady_ns()});
    if (answers_.empty()) return "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
    std::string text = std::move(answers_.front());
    answers_.pop_front();
    return text;
  }

  const base::Clock& clock_;
  const Certificate* const certificate_;
  asio::io_context context_;
  asio::ssl::context tls_{asio::ssl::context::tls_server};
  tcp::acceptor acceptor_{context_, {asio::ip::address_v4::loopback(), 0}};
  mutable std::mutex mutex_;
  std::vector<Received> received_;
  std::deque<std::string> answers_;
  std::atomic<bool> ending_{false};
  std::atomic<int> current_{-1};
  std::thread thread_;
};

// Tells a test that somebody has looked at it.
struct ReadClock final : base::Clock {
  test::ManualClock turned;
  mutable std::atomic<int> reads{0};
  [[nodiscard]] Instant now() const override { return turned.now(); }
  [[nodiscard]] std::int64_t steady_ns() const override {
    ++reads;
    return turned.steady_ns();
  }
};

// Each span is a batch, so that whoever finishes one wakes the sender.
class SpanSenderTest : public testing::Test {
 protected:
  SpanSenderTest() { runtime.start(); }
  ~SpanSenderTest() override {
    sender.reset();
    runtime.stop();
  }

  void start(const std::string& url) {
    telemetry::SpanExport spans(queue, {"slipwayd", "1", "one"}, seconds(3600),
                                {counter("sent"), counter("failed"), counter("rejected")}, random, log);
    sender.emplace(runtime.executor(), client, Collector{url, {{"X-Key", "secret"}}, seconds(20)}, queue,
                   std::move(spans), clock);
    sender->start();
  }
  void finish(const std::string& name) {
    queue.finished({.trace = {std::string(32, '1'), std::string(16, '2'), 1}, .name = name});
  }
  void stop(Duration patience) {
    auto done = [](SpanSender& it, Duration most) -> asio::awaitable<bool> {
      co_await it.stop(most);
      co_return true;
    };
    EXPECT_TRUE(runtime::await_on(runtime, done(*sender, patience)));
  }
  [[nodiscard]] telemetry::Counter counter(const char* outcome) {
    return metrics.counter(telemetry::metric::kOtlpSpans, {outcome});
  }
  [[nodiscard]] bool until_counted(const std::string& outcome, const std::string& count) const {
    return eventually([&] { return counted(outcome, count); });
  }
  [[nodiscard]] bool counted(const std::string& outcome, const std::string& count) const {
    return metrics.text().find("slipway_otlp_spans_total{outcome=\"" + outcome + "\"} " + count + "\n") !=
           std::string::npos;
  }
  [[nodiscard]] bool until_told(const std::string& words) {
    return eventually([&] {
      const std::lock_guard lock(mutex);
      return lines.find(words) != std::string::npos;
    });
  }

  ReadClock clock;
  base::SeededRandom random{3};
  telemetry::Metrics metrics;
  std::mutex mutex;
  std::string lines;
  telemetry::Log log = telemetry::Log::to(
      [this](std::string_view line) {
        const std::lock_guard lock(mutex);
        lines += line;
      },
      {}, clock);
  telemetry::SpanQueue queue{{.most = 6, .batch = 1}, counter("dropped")};
  Certificate certificate;
  runtime::Runtime runtime{{.threads = 2}};
  HttpClient client{runtime.executor(), {.authorities = certificate.certificate}};
  std::optional<SpanSender> sender;
};

TEST_F(SpanSenderTest, SpansArePostedWithTheCollectorsHeadersWithAndWithoutTls) {
  for (const Certificate* tls : {static_cast<const Certificate*>(nullptr), &std::as_const(certificate)}) {
    const FakeCollector collector(clock, tls);
    start(collector.url());
    finish("one span");
    ASSERT_TRUE(collector.until_received(1)) << collector.url();
    const auto request = collector.received().front().request;
    EXPECT_EQ(request.method(), http::verb::post);
    EXPECT_EQ(request.target(), "/v1/traces");
    EXPECT_EQ(request["Content-Type"], "application/json");
    EXPECT_EQ(request["User-Agent"], "slipwayd");
    EXPECT_EQ(request["X-Key"], "secret");
    EXPECT_THAT(request.body(), HasSubstr("one span"));
    EXPECT_TRUE(until_counted("sent", tls == nullptr ? "1" : "2"));
    stop(seconds(10));
  }
}

TEST_F(SpanSenderTest, ACollectorWhoseCertificateNobodyVouchesForGetsNoSpan) {
  const Certificate other;
  const FakeCollector collector(clock, &other);
  start(collector.url());
  finish("one span");
  EXPECT_TRUE(until_told("TLS: certificate verify failed"));
  EXPECT_TRUE(collector.received().empty());
  stop(seconds(10));
  EXPECT_TRUE(counted("failed", "1"));
}

TEST_F(SpanSenderTest, ACollectorIsLeftAloneUntilTheDateOfItsRetryAfter) {
  FakeCollector collector(clock);
  // The test's clock began at 22:13:20.
  collector.answer(
      "HTTP/1.1 503 Later\r\nRetry-After: Tue, 14 Nov 2023 22:14:10 GMT\r\nContent-Length: 0\r\nConnection: "
      "close\r\n\r\n");
  start(collector.url());
  const std::int64_t begin = clock.steady_ns();
  finish("first");
  ASSERT_TRUE(until_told("the collector answered 503"));
  clock.turned.advance(seconds(49));
  const int before = clock.reads;
  finish("wakes the sender");
  ASSERT_TRUE(eventually([&] { return clock.reads >= before + 2; })) << "it has looked, and begun to wait again";
  clock.turned.advance(seconds(1));
  ASSERT_TRUE(eventually([&] {
    finish("wakes the sender");
    return collector.received().size() >= 2;
  }));
  const Received again = collector.received().at(1);
  EXPECT_EQ(again.at - begin, seconds(50).ns);
  EXPECT_THAT(again.request.body(), HasSubstr("first"));
}

TEST_F(SpanSenderTest, WhatBreaksOffIsSentAgain) {
  FakeCollector collector(clock);
  collector.answer("");
  start(collector.url());
  finish("first");
  ASSERT_TRUE(until_told("they are tried again"));
  clock.turned.advance(seconds(1));
  EXPECT_TRUE(eventually([&] {
    finish("wakes the sender");
    return collector.received().size() >= 2;
  }));
  EXPECT_THAT(collector.received().at(1).request.body(), HasSubstr("first"));
  EXPECT_TRUE(until_told("spans are exported again"));
}

TEST_F(SpanSenderTest, WhatIsNoAddressIsGivenUp) {
  start("gopher://localhost/");
  finish("first");
  EXPECT_TRUE(until_told("these are given up"));
  EXPECT_TRUE(until_counted("failed", "1"));
}

TEST_F(SpanSenderTest, AStopSendsWhatWaits) {
  const FakeCollector collector(clock);
  for (const char* name : {"first", "second", "third"}) finish(name);
  start(collector.url());
  stop(seconds(10));
  EXPECT_EQ(collector.received().size(), 3U);
  EXPECT_TRUE(counted("sent", "3"));
}

TEST_F(SpanSenderTest, AStopWaitsForASilentCollectorNoLongerThanItsPatience) {
  FakeCollector collector(clock);
  collector.answer(FakeCollector::kSilence);
  start(collector.url());
  finish("first");
  ASSERT_TRUE(collector.until_received(1));
  const auto begin = std::chrono::steady_clock::now();
  stop(milliseconds(50));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10)) << "not its timeout of 20 s";
}

}  // namespace
}  // namespace slipway::services
