// The server's limits and its answers to what is no proper HTTP.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <future>

#include "tests/support/eventually.hpp"
#include "tests/unit/host/api/fixture.hpp"

namespace slipway::api::test {
namespace {

constexpr char kStart[] = R"({"application":"web","release":"1.0"})";

class ServerTest : public ApiFixture {
 protected:
  ServerTest()
      : ApiFixture({.header_bytes = 4096,
                    .body_bytes = 8192,
                    .connections = 4,
                    .streams = 1,
                    .request_timeout = milliseconds(300),
                    .idle_timeout = milliseconds(300)}) {}

  // A request that is with the handler until `control.blocking` is false again.
  std::future<HttpAnswer> held_request() {
    control.blocking = true;
    auto answer = std::async(std::launch::async, [this] { return send("POST", "/api/rollouts", kStart); });
    while (control.waiting == 0) std::this_thread::yield();
    return answer;
  }
  std::future<void> finish(Duration patience) {
    return boost::asio::co_spawn(
        context, [this, patience] { return server.finish(patience); }, boost::asio::use_future);
  }
};

TEST_F(ServerTest, refuses_a_header_that_is_too_long) {
  const auto answer = send("GET", "/health", "", "X-Long: " + std::string(5000, 'x') + "\r\n");
  EXPECT_EQ(answer.status, 431);
  EXPECT_EQ(answer.json()["detail"], "the request's header is longer than 4096 bytes");
}

TEST_F(ServerTest, refuses_a_body_that_is_too_long_by_its_announcement_and_by_its_bytes) {
  EXPECT_EQ(send("PUT", "/api/applications/web", std::string(9000, ' ')).status, 413);
  std::string chunked = "PUT /api/applications/web HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 4; ++i) chunked += "BB8\r\n" + std::string(3000, ' ') + "\r\n";
  EXPECT_EQ(exchange(server.port(), chunked + "0\r\n\r\n").status, 413);
}

TEST_F(ServerTest, answers_408_to_a_request_that_does_not_end) {
  EXPECT_EQ(exchange(server.port(), "GET /health HTTP/1.1\r\nHost:").status, 408);
}

TEST_F(ServerTest, closes_a_connection_that_says_nothing) { EXPECT_EQ(exchange(server.port(), "").status, 0); }

TEST_F(ServerTest, answers_400_to_what_is_no_http) {
  EXPECT_EQ(exchange(server.port(), "rubbish\r\n\r\n").status, 400);
  EXPECT_EQ(exchange(server.port(), "GET /health HTTP/1.1\r\nContent-Length: x\r\n\r\n").status, 400);
}

TEST_F(ServerTest, serves_several_requests_of_one_connection) {
  const std::string one = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::string last = "GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  const std::string text = read_until(server.port(), one + one + last, "\"never\"");
  std::size_t answers = 0;
  for (auto at = text.find("HTTP/1.1 200"); at != std::string::npos; at = text.find("HTTP/1.1 200", at + 1)) ++answers;
  EXPECT_EQ(answers, 3U);
}

TEST_F(ServerTest, closes_connections_above_its_limit_and_serves_again_afterwards) {
  control.blocking = true;
  std::vector<std::thread> busy;
  for (int i = 0; i < 4; ++i)
    busy.emplace_back([this] { send("POST", "/api/rollouts", R"({"application":"web","release":"1"})"); });
  while (server.open_connections() < 4) std::this_thread::yield();
  EXPECT_EQ(send("GET", "/health/live").status, 0);
  control.blocking = false;
  for (std::thread& thread : busy) thread.join();
  while (server.open_connections() > 0) std::this_thread::yield();
  EXPECT_EQ(send("GET", "/health/live").status, 200);
}

TEST_F(ServerTest, says_which_address_is_taken_and_what_to_do) {
  Server second(context, {.port = server.port()}, [](Request) -> Answer { co_return Response{}; });
  const Status status = second.start();
  EXPECT_EQ(status.code, Code::failed_precondition);
  EXPECT_EQ(status.message, "can't listen on 127.0.0.1:" + std::to_string(server.port()) +
                                ": Address already in use; end what uses the port, or set listen to another one");
}

TEST_F(ServerTest, refuses_more_streams_than_its_limit) {
  control.feed("rollout.started");
  const std::string stream = "GET /api/events HTTP/1.1\r\nHost: x\r\nLast-Event-ID: 0\r\nAuthorization: Bearer " +
                             std::string(kToken) + "\r\n\r\n";
  std::atomic<bool> refused{false};
  std::thread first([&] {
    while (!refused) read_until(server.port(), stream, "\"the end\"");
  });
  std::string text;
  EXPECT_TRUE(slipway::test::eventually([&] {
    text = read_until(server.port(), stream, "rollout.started");
    return text.find("HTTP/1.1 429") != std::string::npos;
  }));
  refused = true;
  EXPECT_NE(text.find("there are already 1 streams, the most allowed"), std::string::npos);
  EXPECT_NE(text.find("Retry-After: 1"), std::string::npos);
  server.close();
  server.abort();
  first.join();
}

TEST_F(ServerTest, waits_for_the_answer_under_way_when_it_ends) {
  auto answer = held_request();
  server.close();
  auto finished = finish(seconds(60));
  EXPECT_EQ(finished.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);
  control.blocking = false;
  finished.get();
  server.abort();
  EXPECT_EQ(answer.get().status, 201);
}

TEST_F(ServerTest, waits_for_no_answer_longer_than_it_is_told) {
  auto answer = held_request();
  server.close();
  finish(milliseconds(20)).get();
  server.abort();
  control.blocking = false;
  EXPECT_EQ(answer.get().status, 0);
}

TEST_F(ServerTest, waits_for_no_stream_when_it_ends) {
  std::atomic<bool> listened{false};
  Server endless(context, {}, [&](Request) -> Answer {
    Response response;
    response.stream = [&]() -> boost::asio::awaitable<std::string> {
      listened = true;
      boost::asio::steady_timer never(co_await boost::asio::this_coro::executor, std::chrono::hours(1));
      co_await never.async_wait(boost::asio::use_awaitable);
      co_return "";
    };
    co_return response;
  });
  ASSERT_TRUE(endless.start().ok());
  std::thread listener([&] { exchange(endless.port(), request_text("GET", "/")); });
  while (!listened) std::this_thread::yield();
  endless.close();
  auto finished = boost::asio::co_spawn(context, endless.finish(seconds(60)), boost::asio::use_future);
  EXPECT_EQ(finished.wait_for(std::chrono::seconds(10)), std::future_status::ready);
  endless.abort();
  listener.join();
}

TEST_F(ServerTest, starts_nothing_for_a_request_that_was_not_whole_when_it_closed) {
  namespace asio = boost::asio;
  Server patient(context, {}, [this](Request request) { return api.handle(std::move(request)); });
  ASSERT_TRUE(patient.start().ok());
  asio::io_context own;
  asio::ip::tcp::socket socket(own);
  socket.connect({asio::ip::address_v4::loopback(), patient.port()});
  const std::string whole = request_text("POST", "/api/rollouts", kStart, "Expect: 100-continue\r\n");
  const auto body = whole.find("\r\n\r\n") + 4;
  asio::write(socket, asio::buffer(whole.substr(0, body)));
  std::string text;
  asio::read_until(socket, asio::dynamic_buffer(text), "100 Continue\r\n\r\n");
  patient.close();
  asio::write(socket, asio::buffer(whole.substr(body)));
  boost::system::error_code ended;
  asio::read(socket, asio::dynamic_buffer(text), ended);
  EXPECT_NE(text.find("HTTP/1.1 503"), std::string::npos) << text;
  EXPECT_NE(text.find("slipwayd is stopping; ask again once it is back"), std::string::npos) << text;
  EXPECT_EQ(control.waiting, 0);
}

}  // namespace
}  // namespace slipway::api::test
