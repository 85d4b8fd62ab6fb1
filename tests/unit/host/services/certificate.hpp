// A certificate of our own, for servers that speak TLS.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <slipway/services.hpp>
#include <string>

#include "tests/support/temporary_directory.hpp"

namespace slipway::services {

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
  // Everything that a request can bring along.
  [[nodiscard]] HttpTls tls() const { return {text_of(certificate), text_of(certificate), text_of(key)}; }
  static std::string text_of(const std::string& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

}  // namespace slipway::services
