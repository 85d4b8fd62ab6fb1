#include "tests/integration/metrics_haproxy/edge.hpp"

#include <poll.h>
#include <sys/un.h>

#include <fstream>

namespace slipway::test {
namespace {

constexpr char kFrontend[] = R"(
    http-request set-var(txn.t0) date(0,us)
    use_backend acme.shop.b if { path_beg /b }
    use_backend acme.shop.c if { path_beg /c }
    default_backend acme.shop.a
)";

Json settings_of(const Haproxy& haproxy, const Json& more) {
  Json settings{{"records_socket", haproxy.records_socket()}, {"stats_socket", haproxy.stats_socket()}};
  settings.update(more);
  return settings;
}

}  // namespace

Instant wall_clock() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::nanoseconds>(since).count()};
}

Haproxy::Haproxy(Ring ring) : ring_(ring) { std::ofstream(directory_.path() / "haproxy.cfg") << config(); }

std::string Haproxy::config() const {
  const std::string replica = "127.0.0.1:" + std::to_string(replica_);
  const std::string ring = "ring slipway_access\n    format raw\n    maxlen 256\n    size " +
                           std::string(ring_ == Ring::held ? "16384" : "8388608") +
                           "\n    timeout connect 1s\n    timeout server 10s\n    server records unix@" +
                           (ring_ == Ring::held ? held_socket() : records_socket()) + " log-proto octet-count\n";
  const std::string log =
      "    log ring@slipway_access len 256 format raw local0\n"
      "    log-format \"%b %s %ST %[date(0,us),sub(txn.t0)] %ts %Tc %Tr %rc %lc %[date(0,us)] %rt\"\n";
  const bool logs = ring_ != Ring::absent;
  return "global\n    nbthread 2\n    maxconn 500\n    hard-stop-after 2s\n    stats socket " + stats_socket() +
         " mode 600 level admin expose-fd listeners\n" + (logs ? ring : "") +
         "defaults\n    mode http\n    timeout connect 2s\n    timeout client 30s\n    timeout server 30s\n"
         "    option idle-close-on-response\n"
         "frontend edge\n    bind 127.0.0.1:" +
         std::to_string(edge_) + "\n" + (logs ? log : "") + kFrontend + "backend acme.shop.a\n    server 1.0-1 " +
         replica + "\n    server 1.0-3 " + replica +
         "\n"
         "backend acme.shop.b\n    server 2.0-2 " +
         replica +
         "\n"
         "backend acme.shop.c\n    server 1.0_baseline-4 " +
         replica +
         "\n"
         "frontend replica\n    bind " +
         replica +
         "\n"
         "    http-request return status 500 if { path_end /fail }\n"
         "    http-request return status 404 if { path_end /missing }\n"
         "    http-request return status 200 content-type text/plain string ok\n";
}

std::vector<std::string> Haproxy::words() const {
  return {"haproxy", "-db", "-f", (directory_.path() / "haproxy.cfg").string()};
}

bool Haproxy::answers() const { return Client(edge_).get("/a/ready") == 200; }

void Haproxy::start() {
  process_ = std::make_unique<ServerProcess>(words(), directory_.path() / "haproxy.log");
  if (!eventually([&] { return answers(); })) throw std::runtime_error("HAProxy does not answer");
}

void Haproxy::reload() {
  auto command = words();
  for (const std::string& word :
       {std::string("-x"), stats_socket(), std::string("-sf"), std::to_string(process_->pid())})
    command.push_back(word);
  old_ = std::move(process_);
  process_ = std::make_unique<ServerProcess>(command, directory_.path() / "haproxy.log");
  old_->wait();
  if (!eventually([&] { return answers(); })) throw std::runtime_error("HAProxy does not answer after its reload");
}

int Client::get(const std::string& path) {
  // A connection may have been closed while it was idle.
  const bool used = fd_ >= 0;
  const int status = connect() ? exchange(path) : 0;
  if (status != 0 || !used) return status;
  return connect() ? exchange(path) : 0;
}

bool Client::connect() {
  if (fd_ >= 0) return true;
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{10, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return true;
  close();
  return false;
}

void Client::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

int Client::exchange(const std::string& path) {
  const std::string request = "GET " + path + " HTTP/1.1\r\nhost: shop\r\n\r\n";
  ::send(fd_, request.data(), request.size(), MSG_NOSIGNAL);
  std::string reply;
  char bytes[4096];
  while (true) {
    const ssize_t count = ::recv(fd_, bytes, sizeof bytes, 0);
    if (count <= 0) return close(), 0;
    reply.append(bytes, static_cast<std::size_t>(count));
    const auto head = reply.find("\r\n\r\n");
    const auto length = reply.find("content-length: ");
    if (head == reply.npos || length == reply.npos) continue;
    if (reply.size() < head + 4 + static_cast<std::size_t>(std::stoi(reply.substr(length + 16)))) continue;
    const int status = std::stoi(reply.substr(9, 3));
    if (reply.find("connection: close") != reply.npos) close();
    return status;
  }
}

Crowd::Crowd(std::uint16_t port, int clients, std::string path) {
  for (int i = 0; i < clients; ++i) {
    threads_.emplace_back([this, port, path](const std::stop_token& ended) {
      Client client(port);
      while (!ended.stop_requested()) answered_ += client.get(path) == 200 ? 1 : 0;
    });
  }
}

void Crowd::stop() {
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();
}

namespace {

sockaddr_un at_path(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

}  // namespace

HeldStream::HeldStream(const Haproxy& haproxy) : listening_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const sockaddr_un address = at_path(haproxy.held_socket());
  if (::bind(listening_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listening_, 4) != 0)
    throw std::runtime_error("cannot listen at " + haproxy.held_socket());
  thread_ = std::jthread([this, to = haproxy.records_socket()](const std::stop_token& ended) { pass_on(ended, to); });
}

HeldStream::~HeldStream() {
  thread_ = std::jthread();
  ::close(listening_);
}

void HeldStream::pass_on(const std::stop_token& ended, const std::string& to) const {
  int from = -1;
  const int onward = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = at_path(to);
  char bytes[8192];
  while (!ended.stop_requested()) {
    pollfd ready{from < 0 ? listening_ : held_ ? -1 : from, POLLIN, 0};
    if (::poll(&ready, 1, 5) <= 0) continue;
    if (from < 0) {
      if (::connect(onward, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
        from = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
      continue;
    }
    const ssize_t count = ::read(from, bytes, sizeof bytes);
    if (count <= 0 || ::send(onward, bytes, static_cast<std::size_t>(count), MSG_NOSIGNAL) != count) break;
  }
  if (from >= 0) ::close(from);
  ::close(onward);
}

Metrics::Metrics(const Haproxy& haproxy, Json more) : plugin_("metrics-haproxy", settings_of(haproxy, more)) {}

bool Metrics::is_healthy(const std::string& name) {
  const auto health = call<plugin::Interface, plugin::Health>(plugin_, {});
  for (const auto& check : health->checks) {
    if (check.name == name) return check.condition == plugin::Condition::healthy;
  }
  return false;
}

int Metrics::lost() {
  const auto health = call<plugin::Interface, plugin::Health>(plugin_, {});
  for (const auto& check : health->checks) {
    if (check.name == "records") return std::stoi(check.detail);
  }
  throw std::runtime_error("records are in no check");
}

metrics::QueryReply Metrics::ask(Instant from, Instant to, const std::string& id) {
  const metrics::QueryRequest request{
      .tenant = "acme",
      .application = "shop",
      .query = Json::object(),
      .groups = {{"next", "2.0", {}}, {"stable", "1.0", {}}, {"baseline", "1.0+baseline", {}}},
      .window = {id.empty() ? "w" + std::to_string(++windows_) : id, from, to}};
  const auto reply = call<metrics::Interface, metrics::Query>(plugin_, request);
  if (!reply.ok()) throw Error(reply.status());
  return *reply;
}

}  // namespace slipway::test
