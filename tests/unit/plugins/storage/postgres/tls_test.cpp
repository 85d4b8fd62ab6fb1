#include <cstdlib>

#include "tests/unit/plugins/storage/postgres/store_fixture.hpp"

namespace slipway::test {
namespace {

using testing::HasSubstr;

// A server whose certificate, of an authority of the test's own, is for "localhost".
class Tls : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (::geteuid() == 0) run("chmod 711 .");
    run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key -out ca.pem -subj "
        "/CN=authority -days 2");
    run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout server.key -out server.csr -subj "
        "/CN=localhost");
    run("openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 2");
    run("chmod 600 server.key");
    if (::geteuid() == 0) run("chown postgres server.key");
  }
  static void TearDownTestSuite() { folder().reset(); }

  static std::unique_ptr<TemporaryDirectory>& folder() {
    static auto directory = std::make_unique<TemporaryDirectory>();
    return directory;
  }
  static std::string path(const std::string& name) { return (folder()->path() / name).string(); }
  static void run(const std::string& command) {
    const std::string line = "cd '" + folder()->path().string() + "' && " + command + " >log 2>&1";
    ASSERT_EQ(std::system(line.c_str()), 0) << command;
  }
  [[nodiscard]] std::string words(const std::string& host, const std::string& authority) const {
    return "host=" + host + " hostaddr=127.0.0.1 port=" + std::to_string(server_.port()) +
           " dbname=slipway user=slipway_app sslrootcert=" + path(authority);
  }
  static std::string connect(const std::string& words) {
    return refusal([&] { postgres::Connection(postgres::parse_target(words, "/connection", {})); });
  }

  PostgresServer server_{
      {"ssl = on", "ssl_cert_file = '" + path("server.pem") + "'", "ssl_key_file = '" + path("server.key") + "'"}};
};

TEST_F(Tls, goes_to_the_server_whose_name_its_certificate_has) {
  EXPECT_EQ(connect(words("localhost", "ca.pem") + " sslmode=verify-full"), "no refusal");
}

TEST_F(Tls, is_verified_without_being_asked_for_and_refuses_another_name) {
  EXPECT_THAT(connect(words("db.example.com", "ca.pem")),
              HasSubstr("server certificate for \"localhost\" does not match host name \"db.example.com\""));
}

TEST_F(Tls, refuses_a_certificate_of_another_authority) {
  EXPECT_THAT(connect(words("localhost", "server.pem") + " sslmode=verify-full"),
              HasSubstr("certificate verify failed"));
}

TEST_F(Tls, refuses_a_server_that_has_none) {
  const PostgresServer plain;
  EXPECT_THAT(connect("host=db.example.com hostaddr=127.0.0.1 port=" + std::to_string(plain.port()) +
                      " dbname=slipway user=slipway_app sslrootcert=" + path("ca.pem")),
              HasSubstr("server does not support SSL, but SSL was required"));
}

}  // namespace
}  // namespace slipway::test
