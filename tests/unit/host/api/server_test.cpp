// The server's limits and its answers to what is no proper HTTP.
#include "tests/unit/host/api/fixture.hpp"

namespace slipway::api::test {
namespace {

class ServerTest : public ApiFixture {
 protected:
  ServerTest()
      : ApiFixture({.header_bytes = 4096,
                    .body_bytes = 8192,
                    .connections = 4,
                    .streams = 1,
                    .request_timeout = milliseconds(300),
                    .idle_timeout = milliseconds(300)}) {}
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
  std::thread first([&] { read_until(server.port(), stream, "\"the end\""); });
  std::string text;
  for (int i = 0; i < 1000 && text.find("429") == std::string::npos; ++i)
    text = read_until(server.port(), stream, "rollout.started");
  EXPECT_NE(text.find("HTTP/1.1 429"), std::string::npos);
  EXPECT_NE(text.find("there are already 1 streams, the most allowed"), std::string::npos);
  EXPECT_NE(text.find("Retry-After: 1"), std::string::npos);
  server.close();
  server.abort();
  first.join();
}

}  // namespace
}  // namespace slipway::api::test
