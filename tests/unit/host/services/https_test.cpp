#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <thread>

#include "host/services/http_client.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/unit/host/runtime/rig.hpp"

namespace slipway::services {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using runtime::await_on;

// A key and a certificate for "localhost" that only who is told to trusts.
struct Certificate {
  test::TemporaryDirectory folder;
  std::string key = (folder.path() / "key.pem").string();
  std::string certificate = (folder.path() / "cert.pem").string();
  Certificate() {
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost "
        "-addext subjectAltName=DNS:localhost -keyout " +
        key + " -out " + certificate + " 2>/dev/null";
    EXPECT_EQ(std::system(command.c_str()), 0);
  }
};

// Answers one connection, with one answer or with a failed handshake.
class TlsServer {
 public:
  explicit TlsServer(const Certificate& certificate) : tls_(asio::ssl::context::tls_server) {
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
  Result<HttpReply> get(HttpClient& client, const std::string& url) {
    HttpRequest request;
    request.url = url;
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

}  // namespace
}  // namespace slipway::services
