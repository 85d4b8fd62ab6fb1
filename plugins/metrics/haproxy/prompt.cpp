#include "plugins/metrics/haproxy/prompt.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <utility>

namespace slipway::haproxy {
namespace {

namespace asio = boost::asio;
using asio::use_awaitable;
using namespace asio::experimental::awaitable_operators;

constexpr std::chrono::seconds kAnswerLimit{1};
constexpr std::size_t kLongestAnswer = 1 << 20;
constexpr std::size_t kLongestName = 107;
constexpr std::string_view kPrompt = "\n> ";

asio::awaitable<void> limit(std::chrono::seconds most) {
  asio::steady_timer timer(co_await asio::this_coro::executor, most);
  co_await timer.async_wait(use_awaitable);
}

}  // namespace

asio::awaitable<bool> Prompt::open(std::string path) {
  boost::system::error_code failure;
  if (path.size() > kLongestName) co_return false;
  co_await socket_.async_connect(path, asio::redirect_error(use_awaitable, failure));
  if (failure) co_return false;
  const auto prompt = co_await ask("prompt");
  co_return prompt.has_value();
}

asio::awaitable<bool> Prompt::send(std::string command) {
  boost::system::error_code failure;
  command += '\n';
  co_await asio::async_write(socket_, asio::buffer(command), asio::redirect_error(use_awaitable, failure));
  co_return !failure;
}

asio::awaitable<std::optional<std::string>> Prompt::answer() {
  std::string text;
  boost::system::error_code failure;
  co_await asio::async_read_until(socket_, asio::dynamic_buffer(text, kLongestAnswer), kPrompt,
                                  asio::redirect_error(use_awaitable, failure));
  if (failure) co_return std::nullopt;
  co_return text;
}

asio::awaitable<std::optional<std::string>> Prompt::ask(std::string command) {
  const bool sent = co_await send(std::move(command));
  if (!sent) co_return std::nullopt;
  auto ended = co_await (answer() || limit(kAnswerLimit));
  if (ended.index() == 0) co_return std::move(std::get<0>(ended));
  co_return std::nullopt;
}

asio::awaitable<void> Prompt::lines(std::function<void(std::string_view)> take, std::chrono::seconds longest) {
  co_await (read_lines(std::move(take)) || limit(longest));
}

asio::awaitable<void> Prompt::read_lines(std::function<void(std::string_view)> take) {
  std::array<char, 32'768> bytes;
  std::string text;
  boost::system::error_code failure;
  while (true) {
    const std::size_t count =
        co_await socket_.async_read_some(asio::buffer(bytes), asio::redirect_error(use_awaitable, failure));
    if (failure) co_return;
    text.append(bytes.data(), count);
    std::size_t begin = 0;
    for (std::size_t end = text.find('\n'); end != text.npos; end = text.find('\n', begin)) {
      take(std::string_view(text).substr(begin, end - begin));
      begin = end + 1;
    }
    text.erase(0, begin);
    if (text == kPrompt.substr(1) || text.size() > kLongestAnswer) co_return;
  }
}

}  // namespace slipway::haproxy
