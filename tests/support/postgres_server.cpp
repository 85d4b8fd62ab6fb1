#include "tests/support/postgres_server.hpp"

#include <sys/file.h>

#include <array>
#include <cstdio>
#include <fstream>

namespace slipway::test {
namespace {

namespace fs = std::filesystem;

fs::path programs() {
  fs::path newest;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql"))
    if (version.path() > newest) newest = version.path();
  return newest / "bin";
}

std::string as_postgres() {
  return ::geteuid() == 0 ? "setpriv --reuid=postgres --regid=postgres --clear-groups --pdeathsig=QUIT " : "";
}

// Waits for a command of the shell and returns what it prints.
std::string output_of(const std::string& command) {
  std::FILE* pipe = ::popen(("exec 2>&1; " + command).c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run " + command);
  std::string text;
  std::array<char, 4096> part{};
  for (std::size_t n = 0; (n = std::fread(part.data(), 1, part.size(), pipe)) != 0;) text.append(part.data(), n);
  if (::pclose(pipe) != 0) throw std::runtime_error(command + ": " + text);
  return text;
}

void give_to_postgres(const fs::path& directory) {
  if (::geteuid() == 0) output_of("chown postgres:postgres '" + directory.string() + "'");
}

std::string in_quotes(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

// A cluster takes a second to make and a moment to copy, so that one is kept beside the tests' programs.
class Template {
 public:
  Template()
      : path_(SLIPWAY_POSTGRES_TEMPLATE),
        lock_(::open((path_.string() + ".lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600)) {
    if (lock_ < 0 || ::flock(lock_, LOCK_EX) != 0) throw std::runtime_error("cannot lock " + path_.string());
    if (!fs::exists(path_)) make();
  }
  Template(const Template&) = delete;
  Template& operator=(const Template&) = delete;
  ~Template() { ::close(lock_); }

  void copy_to(const fs::path& data) const { output_of("cp -a " + in_quotes(path_) + " " + in_quotes(data)); }

 private:
  void make() {
    const TemporaryDirectory directory;
    give_to_postgres(directory.path());
    const std::string data = in_quotes(directory.path() / "data");
    output_of("cd / && " + as_postgres() + (programs() / "initdb").string() + " -D " + data +
              " -N --wal-segsize=1 --no-instructions -A trust -U postgres --locale=C -E UTF8");
    // One database is left of the three that there are, since each has hundreds of files.
    statements(data, "template1",
               "'CREATE ROLE slipway_owner LOGIN' 'CREATE ROLE slipway_app LOGIN'"
               " 'ALTER DATABASE postgres RENAME TO slipway' 'ALTER DATABASE slipway OWNER TO slipway_owner'"
               " 'UPDATE pg_database SET datistemplate = false' 'DROP DATABASE template0'");
    statements(data, "slipway", "'DROP DATABASE template1'");
    const std::string made = path_.string() + ".made";
    fs::remove_all(made);
    output_of("cp -a " + data + " " + in_quotes(made));
    fs::rename(made, path_);
  }

  static void statements(const std::string& data, const std::string& database, const std::string& lines) {
    output_of("cd / && printf '%s\\n' " + lines + " | " + as_postgres() + (programs() / "postgres").string() +
              " --single -D " + data + " " + database);
  }

  const fs::path path_;
  const int lock_;
};

}  // namespace

PostgresServer::PostgresServer(const std::vector<std::string>& settings) : port_(free_port()) {
  give_to_postgres(directory_.path());
  Template().copy_to(directory_.path() / "data");
  configure(settings);
  start();
}

PostgresServer::PostgresServer(Empty) : port_(free_port()) { give_to_postgres(directory_.path()); }

std::unique_ptr<PostgresServer> PostgresServer::standby_of(const PostgresServer& primary) {
  std::unique_ptr<PostgresServer> standby(new PostgresServer(Empty{}));
  output_of("cd / && " + as_postgres() + (programs() / "pg_basebackup").string() + " -R -c fast -D " +
            in_quotes(standby->directory_.path() / "data") + " -d " + in_quotes(primary.connection("postgres")));
  standby->configure({});
  standby->start();
  return standby;
}

void PostgresServer::promote() const {
  output_of("cd / && " + as_postgres() + (programs() / "pg_ctl").string() + " promote -w -D " +
            in_quotes(directory_.path() / "data"));
}

void PostgresServer::configure(const std::vector<std::string>& settings) const {
  // Isolated plugins reach the socket without the rights of root.
  fs::permissions(directory_.path(), fs::perms::others_exec | fs::perms::group_exec, fs::perm_options::add);
  std::ofstream file(directory_.path() / "data/postgresql.conf", std::ios::app);
  file << "listen_addresses = '127.0.0.1'\nport = " << port_ << "\nunix_socket_directories = '"
       << directory_.path().string() << "'\nfsync = off\nshared_buffers = 16MB\nautovacuum = off\n";
  for (const std::string& line : settings) file << line << "\n";
}

PostgresServer::~PostgresServer() { stop(); }

void PostgresServer::start() {
  const fs::path data = directory_.path() / "data";
  const fs::path state = data / "postmaster.pid";
  const std::string command =
      "cd / && exec " + as_postgres() + (programs() / "postgres").string() + " -D " + in_quotes(data);
  process_ = std::make_unique<ServerProcess>(std::vector<std::string>{"sh", "-c", command}, directory_.path() / "log");
  // The last line of its file says "ready" (pidfile.h).
  const bool ready = eventually([&] {
    std::ifstream file(state);
    return std::string(std::istreambuf_iterator<char>(file), {}).find("\nready") != std::string::npos;
  });
  if (!ready)
    throw std::runtime_error("PostgreSQL does not start: " + output_of("cat " + in_quotes(directory_.path() / "log")));
}

void PostgresServer::end(int signal) {
  if (!process_) return;
  process_->signal(signal);
  process_->wait();
  process_.reset();
}

std::string PostgresServer::connection(const std::string& role) const {
  return "host=" + directory_.path().string() + " port=" + std::to_string(port_) + " dbname=slipway user=" + role;
}

std::string PostgresServer::sql(const std::string& statements) const {
  return output_of("psql -XqAt -v ON_ERROR_STOP=1 -d " + in_quotes(connection("postgres")) + " -c " +
                   in_quotes(statements));
}

}  // namespace slipway::test
