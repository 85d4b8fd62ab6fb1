// Idempotency-Key: a POST that is repeated answers as the first did, for 24 hours, also after a restart.
//
// Answers are kept in the store. A host that ends between the deed and the record of its answer leaves what the deed
// made under the request's name (rollout::Actor::once), which the repetition finds: it is answered with that as it is
// now.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <mutex>
#include <set>
#include <slipway/interfaces/storage.hpp>
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

 private:
  struct Stored;
  struct Known;
  bool begin(const std::string& id);
  void end(const std::string& id);
  boost::asio::awaitable<Result<Known>> load(const std::string& id, const std::string& deed);
  boost::asio::awaitable<void> save(const std::string& id, const std::string& digest, const Response& response);
  // Once a day: what was kept the day before yesterday and earlier.
  boost::asio::awaitable<void> forget();
  boost::asio::awaitable<void> forget(storage::Key like, std::string oldest);

  bridge::Caller& caller_;
  const base::Clock& clock_;
  std::mutex mutex_;
  std::set<std::string> under_way_;
  std::string forgotten_;  // the day on which it forgot last
};

}  // namespace slipway::api
