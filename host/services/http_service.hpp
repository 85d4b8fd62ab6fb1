// http.send; the grant is "network", by host name.
#pragma once

#include <cstdint>
#include <memory>

#include "host/services/http_client.hpp"
#include "host/services/service.hpp"

namespace slipway::services {

// The answers that one instance waits for may have kMostAnswerBytes together, each counted as large as it may become;
// RESOURCE_EXHAUSTED beyond that.
class HttpService final : public Service {
 public:
  explicit HttpService(HttpClient& client);
  static constexpr std::int64_t kMostAnswerBytes = std::int64_t{512} << 20;
  [[nodiscard]] std::string_view name() const override { return "http"; }
  boost::asio::awaitable<Result<std::string>> handle(const Request& request) override;

 private:
  class Sums;
  class Share;

  HttpClient& client_;
  // Shared, since requests that nobody goes on with end with the runtime.
  const std::shared_ptr<Sums> sums_;
};

}  // namespace slipway::services
