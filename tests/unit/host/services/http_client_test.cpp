#include "host/services/http_client.hpp"

#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <future>
#include <thread>

#include "host/services/http_service.hpp"
#include "tests/support/eventually.hpp"
#include "tests/unit/host/runtime/rig.hpp"

namespace slipway::services {
namespace {

using boost::asio::ip::tcp;
using runtime::await_on;
using runtime::Collected;

// A server that says exactly what the test tells it, one connection after the other on one thread.
class RawServer {
 public:
  using Script = std::function<void(tcp::socket&)>;
  explicit RawServer(Script script) : thread_([this, script] { run(script); }) {}
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;
  ~RawServer() {
    ending_ = true;
    ::shutdown(current_, SHUT_RDWR);
    boost::system::error_code ignored;
    tcp::socket poke(context_);
    poke.connect(acceptor_.local_endpoint(), ignored);
    thread_.join();
  }
  [[nodiscard]] std::string url(const std::string& path = "/") const {
    return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + path;
  }
  // Reads one request's header and returns it; empty at the end of the connection.
  static std::string read_header(tcp::socket& socket) {
    boost::asio::streambuf buffer;
    boost::system::error_code error;
    boost::asio::read_until(socket, buffer, "\r\n\r\n", error);
    return {boost::asio::buffers_begin(buffer.data()), boost::asio::buffers_end(buffer.data())};
  }
  static void say(tcp::socket& socket, const std::string& text) {
    boost::system::error_code ignored;
    boost::asio::write(socket, boost::asio::buffer(text), ignored);
  }
  std::atomic<int> connections{0};

 private:
  void run(const Script& script) {
    while (!ending_) {
      tcp::socket socket(context_);
      acceptor_.accept(socket);
      if (ending_) return;
      ++connections;
      current_ = socket.native_handle();
      script(socket);
      current_ = -1;
    }
  }
  boost::asio::io_context context_;
  tcp::acceptor acceptor_{context_, {boost::asio::ip::address_v4::loopback(), 0}};
  std::atomic<bool> ending_{false};
  std::atomic<int> current_{-1};
  std::thread thread_;
};

class HttpClientTest : public ::testing::Test {
 protected:
  HttpClientTest() { runtime.start(); }
  ~HttpClientTest() override { runtime.stop(); }

  Result<HttpReply> send(HttpRequest request, std::int64_t budget_ns = seconds(10).ns) {
    return await_on(runtime, client.send(std::move(request), budget_ns));
  }
  static HttpRequest get(const std::string& url) {
    HttpRequest request;
    request.url = url;
    return request;
  }

  runtime::Runtime runtime{{.threads = 2}};
  HttpClient client{runtime.executor(), {}};
};

TEST_F(HttpClientTest, a_request_is_sent_as_asked_and_the_answer_told) {
  Collected<std::string> headers;
  RawServer server([&](tcp::socket& socket) {
    headers.add(RawServer::read_header(socket));
    RawServer::say(
        socket,
        "HTTP/1.1 404 Not Found\r\nX-Kind: a\r\nX-Kind: b\r\nContent-Length: 5\r\nConnection: close\r\n\r\nnope!");
  });
  HttpRequest request = get(server.url("/path?q=1"));
  request.method = "POST";
  request.headers["X-Token"] = "t";
  request.body = "body";
  const auto reply = send(request);
  ASSERT_TRUE(reply.ok()) << to_string(reply.status());
  EXPECT_EQ(reply->status, 404);
  EXPECT_EQ(reply->body, "nope!");
  EXPECT_EQ(reply->headers.at("x-kind"), "a, b");
  EXPECT_GT(reply->elapsed.ns, 0);
  const std::string header = headers.wait_for(1)[0];
  EXPECT_EQ(header.rfind("POST /path?q=1 HTTP/1.1\r\n", 0), 0U) << header;
  EXPECT_NE(header.find("X-Token: t\r\n"), std::string::npos);
  EXPECT_NE(header.find("Content-Length: 4\r\n"), std::string::npos);
  EXPECT_EQ(client.idle(), 0U);
}

TEST_F(HttpClientTest, a_connection_is_used_again) {
  RawServer server([](tcp::socket& socket) {
    while (!RawServer::read_header(socket).empty()) {
      RawServer::say(socket, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }
  });
  for (int i = 0; i < 5; ++i) EXPECT_EQ(send(get(server.url()))->body, "ok");
  EXPECT_EQ(server.connections.load(), 1);
  EXPECT_EQ(client.idle(), 1U);
}

TEST_F(HttpClientTest, a_kept_connection_that_the_server_closed_is_replaced) {
  RawServer server([](tcp::socket& socket) {
    (void)RawServer::read_header(socket);
    RawServer::say(socket, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  });
  for (int i = 0; i < 3; ++i) EXPECT_EQ(send(get(server.url()))->body, "ok");
  EXPECT_EQ(server.connections.load(), 3);
}

TEST_F(HttpClientTest, an_answer_larger_than_allowed_is_refused) {
  RawServer server([](tcp::socket& socket) {
    (void)RawServer::read_header(socket);
    RawServer::say(socket, "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n12345678901");
  });
  HttpRequest request = get(server.url("/big?secret=1"));
  request.max_reply_bytes = 10;
  EXPECT_EQ(send(request).status(),
            Status(Code::resource_exhausted, "GET " + server.url("/big") + ": receive: the answer is too large"));
}

TEST_F(HttpClientTest, a_server_that_does_not_answer_is_left_at_the_deadline) {
  RawServer server(
      [](tcp::socket& socket) { (void)(RawServer::read_header(socket) + RawServer::read_header(socket)); });
  EXPECT_EQ(send(get(server.url()), milliseconds(30).ns).status(),
            Status(Code::deadline_exceeded, "GET " + server.url() + ": receive: the deadline passed"));
}

TEST_F(HttpClientTest, a_redirect_is_an_answer_and_not_followed) {
  RawServer server([](tcp::socket& socket) {
    (void)RawServer::read_header(socket);
    RawServer::say(socket, "HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  });
  EXPECT_EQ(send(get(server.url()))->status, 302);
  EXPECT_EQ(server.connections.load(), 1);
}

TEST_F(HttpClientTest, rubbish_in_place_of_an_answer_is_unavailable) {
  RawServer server([](tcp::socket& socket) {
    (void)RawServer::read_header(socket);
    RawServer::say(socket, "what?\r\n\r\n");
  });
  EXPECT_EQ(send(get(server.url())).status().code, Code::unavailable);
}

TEST_F(HttpClientTest, a_port_where_nobody_listens_is_unavailable) {
  EXPECT_EQ(send(get("http://127.0.0.1:1/x")).status(),
            Status(Code::unavailable, "GET http://127.0.0.1:1/x: connect: Connection refused"));
}

TEST_F(HttpClientTest, a_plain_server_is_no_tls_server) {
  RawServer server([](tcp::socket& socket) { RawServer::say(socket, "HTTP/1.1 400 Bad Request\r\n\r\n"); });
  std::string url = server.url();
  url.replace(0, 4, "https");
  const Status status = send(get(url)).status();
  EXPECT_EQ(status.code, Code::unavailable);
  EXPECT_NE(status.message.find(": TLS: "), std::string::npos) << status.message;
}

TEST_F(HttpClientTest, what_is_no_url_or_no_header_is_refused) {
  for (const char* url : {"ftp://host/", "http:///x", "nonsense", "http://a b/"}) {
    EXPECT_EQ(send(get(url)).status().code, Code::invalid_argument) << url;
  }
  EXPECT_EQ(send(get("http://user:pw@host/")).status().problems[0].message,
            "want the credentials in the Authorization header");
  HttpRequest request = get("http://127.0.0.1:1/");
  request.headers["X"] = "a\r\nY: b";
  request.method = "GE T";
  EXPECT_EQ(send(request).status().problems, (Problems{{"/method", "", "want an HTTP method"},
                                                       {"/headers/X", "", "want a text without control characters"}}));
}

TEST_F(HttpClientTest, the_service_sends_only_where_the_grant_leads) {
  RawServer server([](tcp::socket& socket) {
    (void)RawServer::read_header(socket);
    RawServer::say(socket,
                   "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\n\xff"
                   "ab");
  });
  HttpService service(client);
  Requester requester;
  requester.instance = "hook";
  const Request request{requester, "send", R"({"url":")" + server.url() + R"("})", seconds(5).ns};
  EXPECT_EQ(await_on(runtime, service.handle(request)).status().code, Code::permission_denied);
  requester.permissions.network.allowed = {"127.0.0.1"};
  const auto reply = await_on(runtime, service.handle(request));
  ASSERT_TRUE(reply.ok()) << to_string(reply.status());
  EXPECT_NE(reply->find("\"body\":\"\xEF\xBF\xBD"
                        "ab\""),
            std::string::npos)
      << *reply;
}

boost::asio::awaitable<void> collect(HttpService& service, const Request& request, Collected<Status>& answered) {
  const auto reply = co_await service.handle(request);
  answered.add(reply.status());
}

TEST_F(HttpClientTest, answers_that_would_be_too_much_together_are_refused_until_others_have_come) {
  std::promise<void> may_answer;
  const auto waits = may_answer.get_future().share();
  RawServer server([waits](tcp::socket& socket) {
    (void)RawServer::read_header(socket);
    waits.wait();
    RawServer::say(socket, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
  });
  HttpService service(client);
  Requester requester;
  requester.instance = "hook";
  requester.permissions.network.allowed = {"*"};
  const Request request{requester, "send", R"({"url":")" + server.url() + R"(","max_reply_bytes":8388608})",
                        seconds(30).ns};
  Collected<Status> answered;
  for (int i = 0; i < 64; ++i)
    boost::asio::co_spawn(runtime.executor(), collect(service, request, answered), boost::asio::detached);
  EXPECT_TRUE(test::eventually([&] { return server.connections > 0; }));
  const Request more{requester, "send", R"({"url":"http://127.0.0.1:1/","max_reply_bytes":1})", seconds(5).ns};
  EXPECT_TRUE(test::eventually([&] {
    return to_string(await_on(runtime, service.handle(more)).status()) ==
           "RESOURCE_EXHAUSTED: the answers that instance \"hook\" waits for may have 536870913 bytes together, at "
           "most "
           "536870912 are allowed; send fewer at a time, or with a smaller max_reply_bytes";
  }));
  // Another's are counted by themselves.
  const Requester other = requester;
  const Request others{other, "send", more.payload, seconds(5).ns};
  EXPECT_EQ(await_on(runtime, service.handle(others)).status().code, Code::unavailable);
  may_answer.set_value();
  for (const Status& status : answered.wait_for(64)) EXPECT_EQ(status, Status());
  EXPECT_EQ(await_on(runtime, service.handle(more)).status().code, Code::unavailable);
}

TEST_F(HttpClientTest, the_service_sends_the_trace_of_the_request_unless_the_plugin_does) {
  Collected<std::string> headers;
  RawServer server([&](tcp::socket& socket) {
    headers.add(RawServer::read_header(socket));
    RawServer::say(socket, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
  });
  HttpService service(client);
  Requester requester;
  requester.permissions.network.allowed = {"*"};
  const std::string start = R"({"url":")" + server.url() + R"(")";
  for (const std::string& more : {std::string(), std::string(R"(,"headers":{"TraceParent":"its own"})")}) {
    const Request request{requester, "send", start + more + "}", seconds(5).ns, "00-a-b-01"};
    ASSERT_TRUE(await_on(runtime, service.handle(request)).ok());
  }
  const auto sent = headers.wait_for(2);
  EXPECT_NE(sent[0].find("traceparent: 00-a-b-01\r\n"), std::string::npos) << sent[0];
  EXPECT_NE(sent[1].find("TraceParent: its own\r\n"), std::string::npos) << sent[1];
  EXPECT_EQ(sent[1].find("00-a-b-01"), std::string::npos) << sent[1];
}

}  // namespace
}  // namespace slipway::services
