// Tells the other hosts of a database that something was appended, and hears it from them: NOTIFY and LISTEN on a
// connection of its own, beside the transactions, which a NOTIFY in each of them would make wait for each other.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "plugins/storage/postgres/target.hpp"

struct pg_conn;

namespace slipway::postgres {

struct AnnouncerSettings {
  Target target;
  std::function<void()> heard;         // another connection has announced something; on the announcer's thread
  Duration pause = milliseconds(100);  // at least, between two announcements and between two that are heard
  Duration again = seconds(2);         // until it tries to connect once more
};

// Safe from any thread. What it does not tell or hear, because a connection is lost, is lost: whoever has to know looks
// now and then as well.
class Announcer {
 public:
  explicit Announcer(AnnouncerSettings settings);
  Announcer(const Announcer&) = delete;
  Announcer& operator=(const Announcer&) = delete;
  ~Announcer();

  // From its begin on nothing is told or heard any more.
  void stop();
  // The others are told soon; what is announced at once is told once.
  void announce();
  // Whether it hears the others.
  [[nodiscard]] bool listening() const { return listening_; }

 private:
  struct Close {
    void operator()(pg_conn* connection) const;
  };

  void run();
  [[nodiscard]] bool connect();
  [[nodiscard]] bool execute(const char* sql);
  [[nodiscard]] bool hears();
  void pass_on();
  // Until there is something to tell or to hear, or the end.
  void wait();
  void rest(Duration duration);
  void wake();

  const AnnouncerSettings settings_;
  std::unique_ptr<pg_conn, Close> connection_;  // of the thread
  std::atomic<bool> told_ = false;              // there is something to tell
  std::atomic<bool> listening_ = false;
  bool has_listened_ = false;  // of the thread
  std::mutex mutex_;           // held while somebody is told
  std::condition_variable ended_;
  std::atomic<bool> ending_ = false;  // written under the mutex
  const int bell_;
  std::thread thread_;
};

}  // namespace slipway::postgres
