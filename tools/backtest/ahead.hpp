// Prometheus' instant queries, answered out of range queries made ahead: of a thousand questions for one window each,
// one reaches the server. Prometheus evaluates both alike at each moment.
#pragma once

#include <functional>
#include <map>
#include <slipway/services.hpp>
#include <slipway/values.hpp>

namespace slipway::backtest {

class Ahead {
 public:
  using Send = std::function<Result<services::HttpReply>(const services::HttpRequest&)>;

  // Questions will be about `first` and moments that lie whole steps after it, up to `last`.
  Ahead(Send send, Instant first, Instant last, Duration step)
      : send_(std::move(send)), first_(first), last_(last), step_(step) {}

  // Whatever is no instant query is sent as it is.
  Result<services::HttpReply> send(const services::HttpRequest& request);

 private:
  struct Matrix {
    std::optional<services::HttpReply> refused;  // what the server said, if that was no success
    std::map<std::int64_t, Json> series;         // of an instant, in milliseconds
    Json warnings = Json::array();
  };
  // The stretch of the points that one range query may have, by number.
  Result<Matrix> fetch(services::HttpRequest request, const std::string& question, std::int64_t index) const;

  const Send send_;
  const Instant first_;
  const Instant last_;
  const Duration step_;
  std::map<std::pair<std::string, std::int64_t>, Matrix> known_;
};

}  // namespace slipway::backtest
