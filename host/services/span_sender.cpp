#include "host/services/span_sender.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <limits>
#include <slipway/retry_after.hpp>

#include "host/runtime/one_shot.hpp"

namespace slipway::services {
namespace {

namespace asio = boost::asio;

telemetry::Collected collected(Result<HttpReply> reply, Instant now) {
  telemetry::Collected answer;
  if (!reply.ok()) {
    const Code code = reply.status().code;
    answer.fault = reply.status().message;
    answer.lasting = code != Code::unavailable && code != Code::deadline_exceeded;
    return answer;
  }
  answer.status = reply->status;
  if (const auto found = reply->headers.find("retry-after"); found != reply->headers.end())
    answer.retry_after = retry_after(found->second, now);
  answer.body = std::move(reply->body);
  return answer;
}

}  // namespace

// On its strand, but for what is const.
struct SpanSender::Core : std::enable_shared_from_this<SpanSender::Core> {
  Core(const asio::any_io_executor& executor, HttpClient& c, Collector where, telemetry::SpanExport s,
       const base::Clock& time)
      : strand(asio::make_strand(executor)),
        client(c),
        collector(std::move(where)),
        spans(std::move(s)),
        clock(time),
        timer(strand) {
    collector.headers["Content-Type"] = "application/json";
    collector.headers.try_emplace("User-Agent", "slipwayd");
  }

  asio::awaitable<void> run() {
    const auto self = shared_from_this();
    while (true) {
      const auto next = spans.next(clock.steady_ns());
      if (next.body != nullptr) {
        HttpRequest sent = request(*next.body);
        auto reply = co_await client.send(std::move(sent), budget());
        spans.answered(clock.steady_ns(), collected(std::move(reply), clock.now()));
      } else if (next.done) {
        break;
      } else {
        timer.expires_after(std::chrono::nanoseconds(next.until - clock.steady_ns()));
        co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
      }
    }
    ended->deliver(true);
  }

  void close(Duration patience) {
    closes_at = clock.steady_ns() + patience.ns;
    spans.close();
    timer.cancel();
  }

  [[nodiscard]] HttpRequest request(const std::string& body) const {
    HttpRequest sent;
    sent.method = "POST";
    sent.url = collector.url;
    sent.headers = collector.headers;
    sent.body = body;
    sent.max_reply_bytes = 64 << 10;
    return sent;
  }

  [[nodiscard]] std::int64_t budget() const {
    return std::clamp<std::int64_t>(closes_at - clock.steady_ns(), 0, collector.timeout.ns);
  }

  const asio::any_io_executor strand;
  HttpClient& client;
  Collector collector;
  telemetry::SpanExport spans;
  const base::Clock& clock;
  asio::steady_timer timer;
  std::int64_t closes_at = std::numeric_limits<std::int64_t>::max();
  const std::shared_ptr<runtime::OneShot<bool>> ended = std::make_shared<runtime::OneShot<bool>>();
};

SpanSender::SpanSender(asio::any_io_executor executor, HttpClient& client, Collector collector,
                       telemetry::SpanQueue& queue, telemetry::SpanExport spans, const base::Clock& clock)
    : core_(std::make_shared<Core>(std::move(executor), client, std::move(collector), std::move(spans), clock)) {
  queue.on_batch([weak = std::weak_ptr(core_)] {
    const auto core = weak.lock();
    if (core) asio::post(core->strand, [core] { core->timer.cancel(); });
  });
}

SpanSender::~SpanSender() = default;

void SpanSender::start() { asio::co_spawn(core_->strand, core_->run(), asio::detached); }

asio::awaitable<void> SpanSender::stop(Duration patience) {
  const auto core = core_;
  asio::post(core->strand, [core, patience] { core->close(patience); });
  // A request that began before may still have its whole timeout.
  asio::steady_timer late(core->strand, std::chrono::nanoseconds(patience.ns));
  late.async_wait([ended = core->ended](const boost::system::error_code& error) {
    if (!error) ended->deliver(false);
  });
  co_await core->ended->wait();
}

}  // namespace slipway::services
