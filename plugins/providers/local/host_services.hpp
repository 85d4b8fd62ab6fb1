// The host's services as the provider's parts ask for them.
#pragma once

#include <boost/asio/post.hpp>
#include <slipway/plugin.hpp>

#include "plugins/providers/local/pool/store.hpp"
#include "plugins/providers/local/replica/launcher.hpp"

namespace slipway::local {

inline constexpr std::chrono::seconds kAnswerWithin(30);

class HostNotices final : public Notices {
 public:
  explicit HostNotices(Host& host) : host_(host) {}
  void log(Level level, const std::string& text) override { host_.log(static_cast<LogLevel>(level), text); }
  void changed(const std::string& tenant, const std::string& application) override {
    host_.emit_now(provider::kChanged, {{"tenant", tenant}, {"application", application}});
  }

 private:
  Host& host_;
};

// A coroutine of the host's services that works for no call and that nobody awaits.
struct Unattended {
  struct promise_type {
    CallScope* scope = nullptr;
    Unattended get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }  // deliver catches everything
  };
};

template <class T>
Unattended deliver(task<T> asked, std::function<void(Result<T>)> to) {
  Status failure;
  try {
    T answer = co_await std::move(asked);
    to(std::move(answer));
    co_return;
  } catch (const Error& error) {
    failure = error.status();
  } catch (const std::exception& error) {
    failure = Status(Code::internal, error.what());
  }
  to(failure);
}

// What the host answers, on the provider's thread. Throws its refusal, and when it does not answer.
template <class T>
awaitable<T> answer_of(task<T> asked, std::string what) {
  namespace asio = boost::asio;
  struct Answer {
    explicit Answer(const asio::any_io_executor& executor) : arrived(executor, kAnswerWithin) {}
    asio::steady_timer arrived;
    std::optional<Result<T>> value;
  };
  const auto executor = co_await asio::this_coro::executor;
  const auto answer = std::make_shared<Answer>(executor);
  std::function<void(Result<T>)> keep = [answer, executor](Result<T> value) {
    asio::post(executor, [answer, value = std::move(value)]() mutable {
      answer->value = std::move(value);
      answer->arrived.cancel();
    });
  };
  deliver<T>(std::move(asked), std::move(keep));
  boost::system::error_code ignored;
  co_await answer->arrived.async_wait(into(ignored));
  if (!answer->value) throw Error(Code::deadline_exceeded, "the host did not answer for " + what + " within 30 s");
  co_return value_or_throw(std::move(*answer->value));
}

class HostSecrets final : public Secrets {
 public:
  explicit HostSecrets(Host& host) : host_(host) {}

  awaitable<std::map<std::string, std::string>> resolve(std::string tenant,
                                                        std::vector<std::string> references) override {
    auto asked = host_.secrets(std::move(tenant), std::move(references));
    return answer_of(std::move(asked), "secrets");
  }

 private:
  Host& host_;
};

// The profile's own storage.
class HostStore final : public PoolStore {
 public:
  explicit HostStore(Host& host) : host_(host) {}

  // From now on nothing is asked: the instance is about to end. Any thread.
  void close() { closed_ = true; }

  awaitable<storage::GetReply> get(storage::GetRequest request) override {
    return ask<storage::Get>(std::move(request));
  }
  awaitable<storage::ScanReply> scan(storage::ScanRequest request) override {
    return ask<storage::Scan>(std::move(request));
  }
  awaitable<storage::ReadReply> read(storage::ReadRequest request) override {
    return ask<storage::Read>(std::move(request));
  }
  awaitable<storage::WriteReply> write(storage::WriteRequest request) override {
    return ask<storage::Write>(std::move(request));
  }

 private:
  template <class Method>
  awaitable<typename Method::Reply> ask(typename Method::Request request) {
    if (closed_) throw Error(Code::unavailable, "the instance is stopping");
    auto asked = host_.binding<storage::Interface, Method>("storage", std::move(request));
    return answer_of(std::move(asked), "storage");
  }

  Host& host_;
  std::atomic<bool> closed_ = false;
};

}  // namespace slipway::local
