#include "plugins/providers/local/edge/runtime_api.hpp"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <slipway/status.hpp>

#include "tests/support/temporary_directory.hpp"

namespace slipway::local {
namespace {

namespace asio = boost::asio;
using Protocol = asio::local::stream_protocol;

// Listens on a socket and answers one line, if it is to answer at all.
class FakeHaproxy : public ::testing::Test {
 protected:
  void answer(std::string text) {
    acceptor = std::make_unique<Protocol::acceptor>(context, Protocol::endpoint(path));
    auto serve = [](FakeHaproxy& self, std::string reply) -> awaitable<void> {
      Protocol::socket socket = co_await self.acceptor->async_accept(asio::use_awaitable);
      co_await asio::async_read_until(socket, asio::dynamic_buffer(self.seen), '\n', asio::use_awaitable);
      if (reply == "silence") co_await sleep_for(Span(10'000));
      co_await asio::async_write(socket, asio::buffer(reply), asio::use_awaitable);
    };
    asio::co_spawn(context, serve(*this, std::move(text)), asio::detached);
  }

  Result<std::string> ask(std::string line) {
    Result<std::string> result = Status(Code::unknown, "no end");
    auto work = [](RuntimeApi api, std::string what, Result<std::string>& out) -> awaitable<void> {
      try {
        out = co_await api.ask(std::move(what));
      } catch (const Error& error) {
        out = error.status();
      }
    };
    bool done = false;
    asio::co_spawn(context, work(RuntimeApi(path, Span(100)), std::move(line), result),
                   [&](std::exception_ptr) { done = true; });
    while (!done && context.run_one_for(std::chrono::seconds(2)) > 0) {
    }
    return result;
  }

  slipway::test::TemporaryDirectory directory;
  std::string path = (directory.path() / "s").string();
  asio::io_context context;
  std::unique_ptr<Protocol::acceptor> acceptor;
  std::string seen;
};

TEST_F(FakeHaproxy, is_sent_one_line_and_its_whole_answer_comes_back) {
  answer("one\ntwo\n\n");
  EXPECT_EQ(*ask("show info"), "one\ntwo\n\n");
  EXPECT_EQ(seen, "show info\n");
}

TEST_F(FakeHaproxy, that_is_not_there_is_named_at_once) {
  const auto result = ask("show info");
  EXPECT_EQ(result.status().code, Code::unavailable);
  EXPECT_EQ(result.status().message, "HAProxy does not listen on \"" + path + "\": No such file or directory");
}

TEST_F(FakeHaproxy, that_does_not_answer_is_given_up_at_the_deadline) {
  answer("silence");
  const auto result = ask("show info");
  EXPECT_EQ(result.status().code, Code::deadline_exceeded);
  EXPECT_EQ(result.status().message, "HAProxy did not answer on \"" + path + "\" within 100 ms");
}

TEST_F(FakeHaproxy, is_never_sent_a_line_that_it_would_swallow_without_an_answer) {
  EXPECT_EQ(ask(std::string(15001, 'x')).status().message,
            "a command of 15001 bytes is too long for HAProxy, which takes at most 15000");
}

}  // namespace
}  // namespace slipway::local
