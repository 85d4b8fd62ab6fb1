// Which request began a trace, for records that know only the trace.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace slipway::telemetry {

// The newest of them; a host that was started again knows none of before. Thread-safe.
class RequestIds {
 public:
  // The latter of two requests of one trace counts.
  void remember(std::string_view traceparent, const std::string& request_id);
  // Empty when it is not known.
  [[nodiscard]] std::string of(std::string_view traceparent) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> by_trace_;
  std::deque<std::string> in_order_;
};

}  // namespace slipway::telemetry
