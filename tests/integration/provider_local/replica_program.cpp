// The application of the provider's tests: a small HTTP/1.1 server that can misbehave.
//   replica_program --version V [--unready] [--ignore-term] [--crash-after MS] [--delay MS] [--requests-file PATH]
//                   [--lines] [--health-delay MS]
// GET /env/NAME answers that variable, /most how many requests there were at once at most, anything else the version; a
// request is appended to the file, if one is named: version, request line and body. After /sick, /alive is answered
// with 503; after /deaf, nobody can connect. With --lines it writes numbered lines to its output, without end.
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

namespace {

std::atomic<int> under_way{0}, most_at_once{0};

// A request that is being answered is counted as long as this lives.
class Answering {
 public:
  Answering() {
    const int now = ++under_way;
    for (int before = most_at_once; before < now && !most_at_once.compare_exchange_weak(before, now);) {
    }
  }
  Answering(const Answering&) = delete;
  Answering& operator=(const Answering&) = delete;
  ~Answering() { --under_way; }
};

std::atomic<bool> sick{false};
int listener = -1;

struct Options {
  std::string version = "none";
  bool unready = false, ignore_term = false, lines = false;
  int crash_after = 0, delay = 0, health_delay = 0;
  int requests = -1;
};

Options parse(int count, char** words) {
  Options o;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    const std::string value = i + 1 < count ? words[i + 1] : "";
    if (word == "--version") o.version = value;
    if (word == "--unready") o.unready = true;
    if (word == "--ignore-term") o.ignore_term = true;
    if (word == "--lines") o.lines = true;
    if (word == "--crash-after") o.crash_after = std::atoi(value.c_str());
    if (word == "--health-delay") o.health_delay = std::atoi(value.c_str());
    if (word == "--delay") o.delay = std::atoi(value.c_str());
    if (word == "--requests-file") o.requests = ::open(value.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  }
  return o;
}

std::string answer(int status, const std::string& body) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

std::string respond(const Options& o, const std::string& head, const std::string& body) {
  const std::string line = head.substr(0, head.find('\r'));
  const auto first = line.find(' ');
  const std::string path = line.substr(first + 1, line.find(' ', first + 1) - first - 1);
  if (path == "/healthz") {
    std::this_thread::sleep_for(std::chrono::milliseconds(o.health_delay));
    return answer(o.unready ? 503 : 200, "");
  }
  if (path == "/alive") return answer(sick ? 503 : 200, "");
  if (path == "/most") return answer(200, std::to_string(most_at_once));
  if (path == "/sick") sick = true;
  if (path == "/deaf") ::shutdown(listener, SHUT_RDWR);
  const Answering counted;
  if (o.requests >= 0) {
    const std::string record = o.version + " " + line + (body.empty() ? "" : " " + body) + "\n";
    if (::write(o.requests, record.data(), record.size()) < 0) return answer(500, "");
  }
  if (o.delay > 0) std::this_thread::sleep_for(std::chrono::milliseconds(o.delay));
  if (!path.starts_with("/env/")) return answer(200, o.version);
  const char* value = std::getenv(path.substr(5).c_str());
  return answer(200, value == nullptr ? "" : value);
}

std::size_t number_after(const std::string& head, const char* name) {
  const auto at = head.find(name);
  return at == head.npos ? 0 : static_cast<std::size_t>(std::atoi(head.c_str() + at + std::strlen(name)));
}

// A request with a body of a stated length or in chunks; `whole` is 0 while bytes are missing.
struct Request {
  std::string head, body;
  std::size_t whole = 0;
};

Request chunked(const std::string& text, Request request, std::size_t at) {
  for (;;) {
    const auto line = text.find("\r\n", at);
    if (line == text.npos) return request;
    const auto size = std::strtoul(text.c_str() + at, nullptr, 16);
    at = line + 2 + size + 2;
    if (text.size() < at) return request;
    request.body += text.substr(line + 2, size);
    if (size == 0) return request.whole = at, request;
  }
}

Request read_request(const std::string& text) {
  const auto end = text.find("\r\n\r\n");
  if (end == text.npos) return {};
  Request request{.head = text.substr(0, end), .body = ""};
  if (request.head.find("transfer-encoding: chunked") != text.npos) return chunked(text, request, end + 4);
  const std::size_t size = number_after(request.head, "content-length: ");
  if (text.size() < end + 4 + size) return {};
  request.body = text.substr(end + 4, size);
  request.whole = end + 4 + size;
  return request;
}

void serve(const Options& o, int fd) {
  std::string text;
  char buffer[8192];
  for (;;) {
    const Request request = read_request(text);
    if (request.whole > 0) {
      const std::string reply = respond(o, request.head, request.body);
      if (::send(fd, reply.data(), reply.size(), MSG_NOSIGNAL) < 0) break;
      text.erase(0, request.whole);
      continue;
    }
    const ssize_t n = ::recv(fd, buffer, sizeof buffer, 0);
    if (n <= 0) break;
    text.append(buffer, static_cast<std::size_t>(n));
  }
  ::close(fd);
}

int listen_on(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(fd, generic, sizeof address) != 0 || ::listen(fd, 512) != 0) return -1;
  return fd;
}

// Each of them by one call, so that it is in a file as a whole.
void write_lines() {
  for (int number = 1;; ++number) {
    char line[64];
    const int size = std::snprintf(line, sizeof line, "line %08d of a replica that goes on writing\n", number);
    if (::write(1, line, static_cast<std::size_t>(size)) < 0) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace

int main(int count, char** words) {
  const Options options = parse(count, words);
  if (options.ignore_term) ::signal(SIGTERM, SIG_IGN);
  const char* port = std::getenv("PORT");
  listener = listen_on(port == nullptr ? 0 : std::atoi(port));
  if (listener < 0) return 2;
  if (options.crash_after > 0) {
    std::thread([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(options.crash_after));
      ::_exit(3);
    }).detach();
  }
  if (options.lines) std::thread(write_lines).detach();
  for (;;) {
    const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0 && errno == EINVAL) ::pause();
    if (fd < 0) continue;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    std::thread([&options, fd] { serve(options, fd); }).detach();
  }
}
