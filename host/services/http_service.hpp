// http.send; the grant is "network", by host name.
#pragma once

#include "host/services/http_client.hpp"
#include "host/services/service.hpp"

namespace slipway::services {

class HttpService final : public Service {
 public:
  explicit HttpService(HttpClient& client) : client_(client) {}
  [[nodiscard]] std::string_view name() const override { return "http"; }
  boost::asio::awaitable<Result<std::string>> handle(const Request& request) override;

 private:
  HttpClient& client_;
};

}  // namespace slipway::services
