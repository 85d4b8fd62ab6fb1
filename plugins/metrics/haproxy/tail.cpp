#include "plugins/metrics/haproxy/tail.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <chrono>
#include <optional>
#include <utility>

#include "plugins/metrics/haproxy/prompt.hpp"

namespace slipway::haproxy {
namespace {

namespace asio = boost::asio;
using asio::use_awaitable;
using namespace asio::experimental::awaitable_operators;
using std::chrono::milliseconds;

constexpr milliseconds kRetry{500};
// HAProxy closes a runtime connection that says nothing for 10 s, unless it is told otherwise.
constexpr milliseconds kKeepAlive{4000};
constexpr milliseconds kPoll{20};
// A minute, so that a foreign connection that never ends does not keep an old process for ever.
constexpr int kMostPolls = 3000;
constexpr std::chrono::seconds kLongestFollow{120};
constexpr std::chrono::seconds kLongestRest{10};

std::optional<std::int32_t> value_of(std::string_view info, std::string_view name) {
  const std::size_t begin = info.find("\n" + std::string(name) + ": ");
  if (begin == info.npos) return std::nullopt;
  std::int32_t value = 0;
  const char* const text = info.data() + begin + name.size() + 3;
  return std::from_chars(text, info.data() + info.size(), value).ec == std::errc{} ? std::optional(value)
                                                                                   : std::nullopt;
}

}  // namespace

struct Tail::State : std::enable_shared_from_this<State> {
  State(const asio::any_io_executor& executor, std::string where, std::string which, TailEvents then)
      : path(std::move(where)), ring(std::move(which)), events(std::move(then)), wake(executor) {}

  asio::awaitable<void> pause(milliseconds most) {
    if (std::exchange(looked, false)) co_return;
    wake.expires_after(most);
    boost::system::error_code ignored;
    co_await wake.async_wait(asio::redirect_error(use_awaitable, ignored));
    looked = false;
  }

  asio::awaitable<void> hold() {
    Prompt tells(wake.get_executor()), follows(wake.get_executor());
    const bool told = co_await tells.open(path);
    const bool followed = told && co_await follows.open(path);
    if (!followed) co_return;
    while (!closed) {
      const auto info = co_await tells.ask("show info");
      if (!info) co_return;
      if (value_of(*info, "Stopping") == 1) {
        co_await follow(tells, follows, value_of(*info, "Pid").value_or(0));
        co_return;
      }
      const auto alive = co_await follows.ask("show version");
      if (!alive) co_return;
      behind = looked;
      events.changed();
      co_await pause(kKeepAlive);
    }
  }

  asio::awaitable<void> follow(Prompt& tells, Prompt& follows, std::int32_t pid) {
    behind = true;
    read = 0;
    const bool sent = co_await follows.send("show events " + ring + " -w");
    if (sent) {
      const auto take = [this, pid](std::string_view line) {
        read += line.size();
        events.record(pid, line);
      };
      co_await (follows.lines(take, kLongestFollow) && until_idle(tells, follows));
      // What was still on its way over the other connection.
      const bool asked = co_await tells.send("show events " + ring);
      if (asked) co_await tells.lines(take, kLongestRest);
    }
    behind = false;
    events.changed();
  }
  asio::awaitable<void> until_idle(Prompt& tells, Prompt& follows) {
    asio::steady_timer timer(wake.get_executor());
    for (int polls = 0; polls < kMostPolls && !closed; ++polls) {
      const std::size_t before = read;
      const auto info = co_await tells.ask("show info");
      if (!info || value_of(*info, "CurrConns").value_or(0) == 0) break;
      timer.expires_after(kPoll);
      co_await timer.async_wait(use_awaitable);
      if (read == before) behind = false;
      events.changed();
    }
    follows.close();
  }

  std::string path;
  std::string ring;
  TailEvents events;
  asio::steady_timer wake;
  std::size_t read = 0;
  bool looked = false;
  bool behind = false;
  bool closed = false;
};

namespace {

template <class State>
asio::awaitable<void> hold_for_ever(std::shared_ptr<State> state) {
  while (!state->closed) {
    co_await state->hold();
    state->behind = false;
    if (!state->closed) co_await state->pause(kRetry);
  }
}

}  // namespace

Tail::Tail(asio::any_io_executor executor, std::string stats_socket, std::string ring, TailEvents events)
    : state_(std::make_shared<State>(executor, std::move(stats_socket), std::move(ring), std::move(events))) {
  asio::co_spawn(executor, hold_for_ever(state_), asio::detached);
}

void Tail::look() {
  state_->looked = state_->behind = true;
  state_->wake.cancel();
}

bool Tail::behind() const { return state_->behind; }

void Tail::close() {
  state_->closed = true;
  state_->wake.cancel();
}

}  // namespace slipway::haproxy
