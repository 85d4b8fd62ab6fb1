#include "host/services/http_service.hpp"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <map>
#include <mutex>
#include <slipway/document.hpp>

#include "host/services/grants.hpp"

namespace slipway::services {
namespace {

void continue_trace(HttpRequest& sent, const std::string& traceparent) {
  const auto is_it = [](const auto& header) { return boost::beast::iequals(header.first, "traceparent"); };
  if (!traceparent.empty() && std::ranges::none_of(sent.headers, is_it)) sent.headers["traceparent"] = traceparent;
}

}  // namespace

// How many bytes the answers may have that each requester waits for.
class HttpService::Sums {
 public:
  // False when they would be more than they may. Sets `sum` to what they would be.
  bool add(const Requester* requester, std::int64_t bytes, std::int64_t& sum) {
    const std::lock_guard lock(mutex_);
    std::int64_t& all = sums_[requester];
    sum = all + bytes;
    if (sum > kMostAnswerBytes) return false;
    all = sum;
    return true;
  }
  void remove(const Requester* requester, std::int64_t bytes) {
    const std::lock_guard lock(mutex_);
    const auto found = sums_.find(requester);
    if (found == sums_.end()) return;
    found->second -= bytes;
    if (found->second == 0) sums_.erase(found);
  }

 private:
  std::mutex mutex_;
  std::map<const Requester*, std::int64_t> sums_;
};

// One answer's part of them, as long as it lives.
class HttpService::Share {
 public:
  Share(std::shared_ptr<Sums> sums, const Requester& requester, std::int64_t bytes)
      : sums_(std::move(sums)), requester_(&requester), bytes_(bytes), taken_(sums_->add(requester_, bytes_, sum_)) {}
  Share(const Share&) = delete;
  Share& operator=(const Share&) = delete;
  ~Share() {
    if (taken_) sums_->remove(requester_, bytes_);
  }
  [[nodiscard]] Status status() const {
    if (taken_) return {};
    return {Code::resource_exhausted, "the answers that instance \"" + requester_->instance + "\" waits for may have " +
                                          std::to_string(sum_) + " bytes together, at most " +
                                          std::to_string(kMostAnswerBytes) +
                                          " are allowed; send fewer at a time, or with a smaller max_reply_bytes"};
  }

 private:
  const std::shared_ptr<Sums> sums_;
  const Requester* const requester_;
  const std::int64_t bytes_;
  std::int64_t sum_ = 0;
  const bool taken_;
};

HttpService::HttpService(HttpClient& client) : client_(client), sums_(std::make_shared<Sums>()) {}

boost::asio::awaitable<Result<std::string>> HttpService::handle(const Request& request) {
  if (request.method != "send") co_return no_method(name(), request, "send");
  auto asked = decode_text<HttpRequest>(request.payload, "http.send", Unknown::ignored, {.bytes = 8 << 20});
  if (!asked.ok()) co_return asked.status();
  const auto host = host_of_url(asked->url);
  if (!host.ok()) co_return host.status();
  const Status granted = check_grant(request.requester, request.requester.permissions.network, "network", *host);
  if (!granted.ok()) co_return granted;
  const Share share(sums_, request.requester, asked->max_reply_bytes);
  if (Status full = share.status(); !full.ok()) co_return full;
  continue_trace(*asked, request.traceparent);
  auto reply = co_await client_.send(*std::move(asked), request.budget_ns);
  if (!reply.ok()) co_return reply.status();
  co_return encode_text(*reply);
}

}  // namespace slipway::services
