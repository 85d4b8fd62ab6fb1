// A server with the whole API over fakes, on a free port, and a client that speaks to it over a socket.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <thread>
#include <vector>

#include "host/api/api.hpp"
#include "host/api/server.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/unit/host/api/fakes.hpp"

namespace slipway::api::test {

struct HttpAnswer {
  int status = 0;  // 0: the connection ended without an answer
  std::map<std::string, std::string> headers;
  std::string body;
  [[nodiscard]] Json json() const { return Json::parse(body); }
};

// One request over a connection of its own. `raw` is what goes over the wire.
HttpAnswer exchange(std::uint16_t port, const std::string& raw);
// A request with token and, for a body, its media type.
std::string request_text(const std::string& method, const std::string& target, const std::string& body = "",
                         const std::string& headers = "");
// Bytes of the answer to `raw` until they hold `wanted` or 5 s have passed.
std::string read_until(std::uint16_t port, const std::string& raw, const std::string& wanted);

inline constexpr char kToken[] = "slipway_0123456789abcdef0123456789abcdef";

class ApiFixture : public testing::Test {
 protected:
  explicit ApiFixture(const ServerSettings& settings = {});
  ~ApiFixture() override;
  HttpAnswer send(const std::string& method, const std::string& target, const std::string& body = "",
                  const std::string& headers = "") {
    return exchange(server.port(), request_text(method, target, body, headers));
  }

  FakeControl control;
  FakeHostView host;
  FakeProfileControl profile;
  FakeStoreCaller store;
  slipway::test::ManualClock clock;
  base::SystemRandom random;
  telemetry::Metrics metrics;
  access::TokenAuthenticator authenticator{kToken};
  Idempotency idempotency{store, clock};
  struct : telemetry::SpanSink {
    void finished(telemetry::Span span) override {
      const std::lock_guard lock(mutex);
      spans.push_back(std::move(span));
    }
    std::vector<telemetry::Span> take() {
      const std::lock_guard lock(mutex);
      return std::exchange(spans, {});
    }
    std::mutex mutex;
    std::vector<telemetry::Span> spans;
  } told;
  telemetry::Tracer tracer{told, clock, random, 1'000'000};
  Api api{{control, host, profile, authenticator, idempotency, clock, random, telemetry::Log::none(), metrics, nullptr,
           "dock-1", &tracer}};
  boost::asio::io_context context{2};
  Server server;
  std::vector<std::thread> threads;
};

}  // namespace slipway::api::test
