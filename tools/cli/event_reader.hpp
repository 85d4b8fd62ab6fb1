// Cuts a stream of server-sent events into events (HTML Living Standard, section 9.2.6), as far as slipwayd uses them.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "tools/cli/client.hpp"

namespace slipway::cli {

class EventReader {
 public:
  // Until `on_event` answers false. `last_id` is that of the event after which the stream resumes; may be empty.
  EventReader(std::function<bool(const ServerEvent&)> on_event, std::string last_id)
      : on_event_(std::move(on_event)), last_id_(std::move(last_id)) {}

  // The next bytes, cut anywhere. Whether more are wanted; also false when one event takes more than 64 MiB.
  bool feed(std::string_view bytes);
  // The stream broke off in the middle of an event, and will be resumed.
  void lose_rest();

  [[nodiscard]] bool finished() const { return finished_; }
  // Of the last event that was read whole.
  [[nodiscard]] const std::string& last_id() const { return last_id_; }

 private:
  void line(std::string_view text);
  void dispatch();

  std::function<bool(const ServerEvent&)> on_event_;
  std::string last_id_;
  std::string rest_;
  ServerEvent event_;
  std::string data_;
  bool finished_ = false;
};

}  // namespace slipway::cli
