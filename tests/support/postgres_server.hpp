// A PostgreSQL server of a test's own: its data in a temporary folder, a UNIX socket there and a free port of the
// loopback interface, run as a user without rights (the server refuses root), ended with the test. It has the roles
// slipway_owner and slipway_app, and the database "slipway", which is the first one's.
#pragma once

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/server_process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace slipway::test {

class PostgresServer {
 public:
  // Throws when it does not start. The settings are lines of postgresql.conf.
  explicit PostgresServer(const std::vector<std::string>& settings = {});
  // A standby that follows the other one, with its data of now.
  static std::unique_ptr<PostgresServer> standby_of(const PostgresServer& primary);
  ~PostgresServer();

  // Waits until it takes connections.
  void start();
  // Open transactions are lost, what was committed stays.
  void stop() { end(SIGQUIT); }

  // Makes a standby take writes; waits until it does.
  void promote() const;

  // libpq's words for a connection as this role, over the socket.
  [[nodiscard]] std::string connection(const std::string& role = "slipway_app") const;
  [[nodiscard]] std::filesystem::path folder() const { return directory_.path(); }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] pid_t pid() const { return process_->pid(); }

  // Runs it as the superuser and returns what psql prints: rows as lines, columns parted by "|".
  [[nodiscard]] std::string sql(const std::string& statements) const;

 private:
  struct Empty {};
  explicit PostgresServer(Empty);
  void configure(const std::vector<std::string>& settings) const;
  void end(int signal);

  TemporaryDirectory directory_;
  std::uint16_t port_;
  std::unique_ptr<ServerProcess> process_;
};

}  // namespace slipway::test
