#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <thread>

#include "host/services/http_client.hpp"
#include "tests/unit/host/runtime/rig.hpp"
#include "tests/unit/host/services/certificate.hpp"

namespace slipway::services {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using runtime::await_on;

enum class Asks { nobody, everybody };

// Answers one connection, with one answer or with a failed handshake. It may ask who is there, and knows only itself.
class TlsServer {
 public:
  explicit TlsServer(const Certificate& certificate, Asks asks = Asks::nobody) : tls_(asio::ssl::context::tls_server) {
    if (asks == Asks::everybody) tls_.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
    tls_.load_verify_file(certificate.certificate);
    tls_.use_certificate_file(certificate.certificate, asio::ssl::context::pem);
    tls_.use_private_key_file(certificate.key, asio::ssl::context::pem);
    thread_ = std::thread([this] { run(); });
  }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;
  ~TlsServer() { thread_.join(); }
  [[nodiscard]] std::string url(const std::string& host) const {
    return "https://" + host + ":" + std::to_string(acceptor_.local_endpoint().port()) + "/";
  }

 private:
  void run() {
    asio::ssl::stream<tcp::socket> stream(context_, tls_);
    boost::system::error_code error;
    acceptor_.accept(stream.next_layer());
    stream.handshake(asio::ssl::stream_base::server, error);
    asio::streambuf header;
    if (!error) asio::read_until(stream, header, "\r\n\r\n", error);
    if (error) return;
    asio::write(stream,
                asio::buffer(std::string("HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nsecret")),
                error);
  }
  asio::io_context context_;
  asio::ssl::context tls_;
  tcp::acceptor acceptor_{context_, {asio::ip::address_v4::loopback(), 0}};
  std::thread thread_;
};

class HttpsTest : public ::testing::Test {
 protected:
  HttpsTest() { runtime.start(); }
  ~HttpsTest() override { runtime.stop(); }
  Result<HttpReply> get(HttpClient& client, const std::string& url, std::optional<HttpTls> tls = {}) {
    HttpRequest request;
    request.url = url;
    request.tls = std::move(tls);
    return await_on(runtime, client.send(std::move(request), seconds(10).ns));
  }
  runtime::Runtime runtime{{.threads = 2}};
  Certificate certificate;
};

TEST_F(HttpsTest, a_server_with_a_trusted_certificate_for_its_name_is_spoken_to) {
  HttpClient client(runtime.executor(), {.authorities = certificate.certificate});
  const TlsServer server(certificate);
  const auto reply = get(client, server.url("localhost"));
  ASSERT_TRUE(reply.ok()) << to_string(reply.status());
  EXPECT_EQ(reply->body, "secret");
}

TEST_F(HttpsTest, a_certificate_for_another_name_is_refused) {
  HttpClient client(runtime.executor(), {.authorities = certificate.certificate});
  const TlsServer server(certificate);
  const Status status = get(client, server.url("127.0.0.1")).status();
  EXPECT_EQ(status.code, Code::unavailable);
  EXPECT_NE(status.message.find("TLS: certificate verify failed"), std::string::npos) << status.message;
}

TEST_F(HttpsTest, a_certificate_that_nobody_vouches_for_is_refused) {
  HttpClient client(runtime.executor(), {});
  const TlsServer server(certificate);
  const Status status = get(client, server.url("localhost")).status();
  EXPECT_EQ(status.code, Code::unavailable);
  EXPECT_NE(status.message.find("TLS: certificate verify failed"), std::string::npos) << status.message;
}

TEST_F(HttpsTest, a_request_may_bring_the_authorities_that_it_trusts) {
  HttpClient client(runtime.executor(), {});
  const TlsServer server(certificate);
  const auto reply = get(client, server.url("localhost"), HttpTls{.authorities = certificate.tls().authorities});
  ASSERT_TRUE(reply.ok()) << to_string(reply.status());
  EXPECT_EQ(reply->body, "secret");
}

TEST_F(HttpsTest, a_server_that_asks_who_is_there_is_shown_the_requests_certificate) {
  HttpClient client(runtime.executor(), {});
  const TlsServer server(certificate, Asks::everybody);
  const auto reply = get(client, server.url("localhost"), certificate.tls());
  ASSERT_TRUE(reply.ok()) << to_string(reply.status());
  EXPECT_EQ(reply->body, "secret");
  EXPECT_EQ(client.idle(), 0U);
}

TEST_F(HttpsTest, a_server_that_asks_who_is_there_answers_nobody_without_a_name) {
  HttpClient client(runtime.executor(), {});
  const TlsServer server(certificate, Asks::everybody);
  const HttpTls nobody{.authorities = certificate.tls().authorities};
  EXPECT_EQ(get(client, server.url("localhost"), nobody).status().code, Code::unavailable);
}

TEST_F(HttpsTest, what_is_no_certificate_or_key_is_refused_by_its_name_alone) {
  HttpClient client(runtime.executor(), {});
  const HttpTls good = certificate.tls();
  const std::map<std::string, HttpTls> wrong{
      {"tls.authorities is refused", {"hunter2", good.certificate, good.key}},
      {"tls.certificate is refused", {good.authorities, "hunter2", good.key}},
      {"tls.key is refused", {good.authorities, good.certificate, "hunter2"}},
      {"tls.key is refused: key values mismatch", {good.authorities, good.certificate, Certificate().tls().key}},
      {"tls.certificate and tls.key go together", {good.authorities, good.certificate, ""}}};
  for (const auto& [words, tls] : wrong) {
    const Status status = get(client, "https://localhost:1/", tls).status();
    EXPECT_EQ(status.code, Code::invalid_argument) << words;
    EXPECT_NE(status.message.find(words), std::string::npos) << status.message;
    EXPECT_EQ(status.message.find("hunter2"), std::string::npos) << status.message;
  }
}

TEST_F(HttpsTest, an_encrypted_key_is_refused_and_nobody_is_asked_for_its_password) {
  HttpClient client(runtime.executor(), {});
  const std::string file = (certificate.folder.path() / "encrypted.pem").string();
  const std::string command = "openssl ec -aes256 -passout pass:hunter2 -in " + certificate.key + " -out " + file;
  ASSERT_EQ(std::system((command + " 2>/dev/null").c_str()), 0);
  HttpTls tls = certificate.tls();
  tls.key = Certificate::text_of(file);
  const Status status = get(client, "https://localhost:1/", tls).status();
  EXPECT_EQ(status.code, Code::invalid_argument);
  EXPECT_NE(status.message.find("tls.key is refused"), std::string::npos) << status.message;
}

TEST_F(HttpsTest, tls_settings_for_a_url_without_it_are_refused) {
  HttpClient client(runtime.executor(), {});
  const Status status = get(client, "http://localhost:1/", certificate.tls()).status();
  EXPECT_EQ(status, Status(Code::invalid_argument, "http.send: the request is malformed",
                           {{"/tls", "", "want an https:// URL with it"}}));
}

}  // namespace
}  // namespace slipway::services
