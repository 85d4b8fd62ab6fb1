// Access records on their way to whoever reads them.
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <sstream>
#include <thread>
#include <vector>

#include "tests/integration/provider_local/load.hpp"
#include "tests/integration/provider_local/stack.hpp"

namespace slipway::test {
namespace {

// Listens at a path, takes every connection, and counts the records: "<bytes> <record>" one after the other.
class RecordReader {
 public:
  explicit RecordReader(const std::string& path) {
    ::unlink(path.c_str());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    sockaddr* const generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(sockets_[0].fd, generic, sizeof address) != 0 || ::listen(sockets_[0].fd, 16) != 0)
      throw std::runtime_error("cannot listen");
    thread_ = std::jthread([this](const std::stop_token& ended) {
      while (!ended.stop_requested()) look();
    });
  }
  RecordReader(const RecordReader&) = delete;
  RecordReader& operator=(const RecordReader&) = delete;
  ~RecordReader() {
    thread_ = std::jthread();
    for (const pollfd& socket : sockets_) ::close(socket.fd);
  }
  [[nodiscard]] int records() const { return records_; }

 private:
  void look() {
    if (::poll(sockets_.data(), sockets_.size(), 20) <= 0) return;
    for (std::size_t i = 1; i < sockets_.size(); ++i) {
      if (sockets_[i].revents != 0) read(i);
    }
    if (sockets_[0].revents == 0) return;
    sockets_.push_back({::accept4(sockets_[0].fd, nullptr, nullptr, SOCK_CLOEXEC), POLLIN, 0});
    texts_.emplace_back();
  }
  void read(std::size_t which) {
    char buffer[8192];
    const ssize_t n = ::read(sockets_[which].fd, buffer, sizeof buffer);
    if (n <= 0) sockets_[which].events = 0;
    std::string& text = texts_[which];
    text.append(buffer, static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    for (std::size_t blank = text.find(' '); blank != text.npos; blank = text.find(' ')) {
      const std::size_t size = blank + 1 + std::stoul(text);
      if (text.size() < size) return;
      text.erase(0, size);
      ++records_;
    }
  }

  std::vector<pollfd> sockets_{{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), POLLIN, 0}};
  std::vector<std::string> texts_{""};  // by socket: what is no whole record yet
  std::atomic<int> records_{0};
  std::jthread thread_;
};

// How often HAProxy has begun to hand over records.
int beginnings(const Place& place) {
  std::istringstream rows(place.ask("haproxy.sock", "show stat"));
  for (std::string row; std::getline(rows, row);) {
    if (!row.starts_with("slipway_records,FRONTEND,")) continue;
    std::istringstream fields(row);
    std::string field;
    for (int i = 0; i < 8; ++i) std::getline(fields, field, ',');
    return std::stoi(field);
  }
  return -1;
}

TEST(Records, are_kept_without_a_fuss_until_there_is_a_reader) {
  Place place;
  const std::string socket = place.path("records.sock");
  Provider provider(place, {{"haproxy", {{"records_socket", socket}}}});
  provider.converge(desired(1, {group("stable", release("1.0"), 1, kAllTraffic)}));
  EXPECT_EQ(ask_many(place.port(), "shop.test", 200).failures, 0);
  {
    RecordReader reader(socket);
    EXPECT_TRUE(wait_for([&] { return reader.records() == 200; })) << reader.records();
  }
  EXPECT_TRUE(wait_for([&] { return beginnings(place) == 2; })) << "HAProxy has seen that nobody reads any more";
  EXPECT_EQ(ask_many(place.port(), "shop.test", 80).failures, 0);
  RecordReader next(socket);
  EXPECT_TRUE(wait_for([&] { return next.records() == 80; })) << next.records();
  EXPECT_EQ(beginnings(place), 2) << "one for each reader, not one after the other while there was none";
}

}  // namespace
}  // namespace slipway::test
