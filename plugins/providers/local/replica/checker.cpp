#include "plugins/providers/local/replica/checker.hpp"

#include <signal.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

namespace slipway::local {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using provider::Check;
using provider::CheckKind;

constexpr std::uint32_t kHeaderLimit = 16 * 1024;

awaitable<std::string> connect(tcp::socket& socket, tcp::endpoint replica) {
  boost::system::error_code error;
  co_await socket.async_connect(replica, into(error));
  co_return error ? error.message() : std::string();
}

awaitable<std::string> ask_tcp(tcp::endpoint replica) {
  tcp::socket socket(co_await asio::this_coro::executor);
  co_return co_await connect(socket, replica);
}

awaitable<std::string> ask_http(std::string path, tcp::endpoint replica) {
  tcp::socket socket(co_await asio::this_coro::executor);
  if (auto failure = co_await connect(socket, replica); !failure.empty()) co_return failure;
  http::request<http::empty_body> request(http::verb::get, path, 11);
  request.set(http::field::host, "localhost");
  request.set(http::field::user_agent, "slipway");
  request.set(http::field::connection, "close");
  boost::system::error_code error;
  co_await http::async_write(socket, request, into(error));
  if (error) co_return error.message();
  boost::beast::flat_buffer buffer(kHeaderLimit);
  http::response_parser<http::empty_body> parser;
  parser.header_limit(kHeaderLimit);
  co_await http::async_read_header(socket, buffer, parser, into(error));
  if (error) co_return error.message();
  const unsigned status = parser.get().result_int();
  co_return status >= 200 && status < 400 ? std::string() : "HTTP status " + std::to_string(status);
}

class OsChecker final : public Checker {
 public:
  OsChecker(Processes& processes, asio::ip::address address) : processes_(processes), address_(std::move(address)) {}

  awaitable<std::string> ask(const Check& check, std::uint16_t port, const Command& like) override {
    const tcp::endpoint replica(address_, port);
    const Span limit(std::max<std::int64_t>(1, check.timeout.ns / 1'000'000));
    try {
      if (check.kind == CheckKind::command) co_return co_await ask_command(check, like, limit);
      auto question = check.kind == CheckKind::http ? ask_http(check.path, replica) : ask_tcp(replica);
      auto answer = co_await within(limit, std::move(question));
      co_return answer ? *answer : "no answer within " + std::to_string(limit.count()) + " ms";
    } catch (const std::exception& error) {
      co_return error.what();
    }
  }

 private:
  awaitable<std::string> ask_command(const Check& check, const Command& like, Span limit) {
    Command command = like;
    command.arguments = check.command;
    const auto process = processes_.start(command);
    const auto end = co_await within(limit, process->ended(Leftovers::kKill));
    if (!end) {
      process->kill_all();
      co_await process->ended(Leftovers::kKill);
      co_return "the command did not end within " + std::to_string(limit.count()) + " ms";
    }
    co_return end->code == 0 ? std::string() : "the command " + to_string(*end);
  }

  Processes& processes_;
  asio::ip::address address_;
};

}  // namespace

std::unique_ptr<Checker> make_checker(Processes& processes, const std::string& address) {
  return std::make_unique<OsChecker>(processes, asio::ip::make_address(address));
}

}  // namespace slipway::local
