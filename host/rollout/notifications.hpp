// Tells the profile's notifiers the events that they are to hear of, in order, from the stored stream: at least once,
// and never in the way of a rollout.
//
// For each notifier and tenant one coroutine reads the events after a stored cursor and sends them. One that can't be
// sent is tried again with growing pauses and given up after a day, so that a dead receiver does not hold up the next
// ones for ever. One that the receiver refuses (INVALID_ARGUMENT) is given up after a minute, in which the receiver may
// be renewed; the next ones of its type at once, until one of them is taken.
#pragma once

#include <map>
#include <mutex>
#include <set>

#include "host/rollout/tools.hpp"

namespace slipway::rollout {

class Notifications {
 public:
  Notifications(const Tools& tools, boost::asio::any_io_executor executor);
  Notifications(const Notifications&) = delete;
  Notifications& operator=(const Notifications&) = delete;

  // [any thread]
  void start();
  // This host may have to tell more than before.
  void look();
  void stop();

 private:
  struct Line;
  void heard(const std::string& tenant);
  static boost::asio::awaitable<void> run(std::shared_ptr<Line> line);
  static boost::asio::awaitable<bool> send(std::shared_ptr<Line> line, storage::Entry entry);
  static bool gives_up(Line& line, const storage::Entry& entry, const std::string& type, const Status& status);
  static boost::asio::awaitable<Result<std::int64_t>> cursor_of(std::shared_ptr<Line> line);
  static boost::asio::awaitable<void> remember(std::shared_ptr<Line> line, std::int64_t sequence, std::int64_t token);

  const Tools& tools_;
  boost::asio::any_io_executor executor_;
  std::mutex mutex_;
  bool started_ = false;
  bool stopping_ = false;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<Line>> lines_;  // by tenant and notifier
  std::set<std::string> early_;                                                 // tenants heard of before the start
};

}  // namespace slipway::rollout
