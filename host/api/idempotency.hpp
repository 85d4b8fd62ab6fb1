// Idempotency-Key: a POST that is repeated answers as the first did, for 24 hours, also after a restart.
//
// Answers are kept in the store, so a host that crashes between the deed and the record of its answer may run the
// request again; what it starts is then refused by the state it meets.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <mutex>
#include <set>
#include <string>

#include "host/api/message.hpp"
#include "host/base/clock.hpp"
#include "host/bridge/caller.hpp"

namespace slipway::api {

// Any thread.
class Idempotency {
 public:
  using Next = std::function<Answer(Request)>;

  Idempotency(bridge::Caller& caller, const base::Clock& clock) : caller_(caller), clock_(clock) {}

  // The stored answer, or the answer of `next`, which is stored. 409 while the first is under way, 422 for another
  // request under the same key, 503 when the store does not answer.
  Answer run(Request request, std::string key, Next next);
  // Forgets answers of the day before yesterday and earlier.
  boost::asio::awaitable<void> sweep();

 private:
  struct Stored;
  bool begin(const std::string& id);
  void end(const std::string& id);
  boost::asio::awaitable<Result<Stored>> load(const Request& request, const std::string& id);
  boost::asio::awaitable<void> save(const Request& request, const std::string& id, const std::string& digest,
                                    const Response& response);

  bridge::Caller& caller_;
  const base::Clock& clock_;
  std::mutex mutex_;
  std::set<std::string> under_way_;
};

}  // namespace slipway::api
