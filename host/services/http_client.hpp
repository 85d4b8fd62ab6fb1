// HTTP for plugins: one request at a time over connections that are kept for the next one.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <slipway/services.hpp>
#include <slipway/status.hpp>
#include <string>

namespace slipway::services {

struct HttpClientSettings {
  std::uint32_t idle_per_host = 4;
  std::uint32_t idle_altogether = 64;
  Duration idle_time = seconds(30);
  std::uint32_t header_bytes = 64 << 10;
  // PEM files of authorities to trust; empty: those of the system.
  std::string authorities{};
};

// Thread-safe; outlives its requests. Redirects are not followed. Certificates are verified against the name in the
// URL. A request with TLS settings of its own has a connection of its own, which ends with it.
class HttpClient {
 public:
  HttpClient(boost::asio::any_io_executor executor, HttpClientSettings settings);
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  ~HttpClient();

  // INVALID_ARGUMENT for what is no URL, header or certificate; UNAVAILABLE when the host can't be reached or breaks
  // off; RESOURCE_EXHAUSTED for an answer larger than max_reply_bytes; DEADLINE_EXCEEDED at the end of the budget. Any
  // HTTP status is an answer, not an error. Each message names the method and the URL without its query.
  boost::asio::awaitable<Result<HttpReply>> send(HttpRequest request, std::int64_t budget_ns);
  // Connections that wait for a next request.
  [[nodiscard]] std::size_t idle() const;

 private:
  struct Core;
  const std::shared_ptr<Core> core_;
};

// The host name in a URL, for a permission check; INVALID_ARGUMENT when there is none.
Result<std::string> host_of_url(const std::string& url);

}  // namespace slipway::services
