// The last records of an HAProxy process. Told to stop, as at a reload, HAProxy 2.6 sends its ring to nobody any more,
// though each connection that it still holds may bring one more request. Two connections to its runtime socket, opened
// while it served, lead to it also then: over one its ring is followed, over the other it tells when its last
// connection is gone. Not thread-safe: of the executor's thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace slipway::haproxy {

struct TailEvents {
  // A record of the process, which may have been here before.
  std::function<void(std::int32_t pid, std::string_view line)> record;
  std::function<void()> changed;
};

class Tail {
 public:
  Tail(boost::asio::any_io_executor executor, std::string stats_socket, std::string ring, TailEvents events);
  Tail(const Tail&) = delete;
  Tail& operator=(const Tail&) = delete;
  ~Tail() { close(); }

  // A stream of records has ended, or another process answers: the one that was served may be stopping.
  void look();
  // A process that is stopping has records that were not read yet.
  [[nodiscard]] bool behind() const;
  void close();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace slipway::haproxy
