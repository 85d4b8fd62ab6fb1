// Ends the wait for a server that does not answer: libpqxx has no limit of its own, and a limit of the server's does
// not help when the server is what stands still.
#pragma once

#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>
#include <slipway/values.hpp>
#include <thread>

namespace slipway::postgres {

// Safe from any thread. It outlives its watches. Its thread begins with the first of them.
class Watchdog {
  struct Entry {
    int socket;
    std::chrono::steady_clock::time_point until;
    bool late = false;
  };

 public:
  // While it lives, the socket is shut down when its time is over; whoever waits there then hears of the end. It must
  // be gone before the socket is closed.
  class Watch {
   public:
    Watch(Watchdog& dog, int socket, Duration limit);
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    ~Watch();
    [[nodiscard]] bool late() const;

   private:
    Watchdog& dog_;
    std::list<Entry>::iterator entry_;
  };

  Watchdog() = default;
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  ~Watchdog();

 private:
  void run();
  std::chrono::steady_clock::time_point bark(std::chrono::steady_clock::time_point now);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::list<Entry> entries_;
  std::chrono::steady_clock::time_point looks_at_ = std::chrono::steady_clock::time_point::max();
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace slipway::postgres
