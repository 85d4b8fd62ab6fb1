#include "plugins/metrics/haproxy/listener.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <vector>

#include "tests/support/temporary_directory.hpp"

namespace slipway::haproxy {
namespace {

using Stream = boost::asio::local::stream_protocol;

class HaproxyListener : public testing::Test {
 protected:
  // Turns until it holds, for at most ten seconds.
  template <class Holds>
  bool run_until(Holds holds) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!holds() && std::chrono::steady_clock::now() < limit) context.run_for(std::chrono::milliseconds(1));
    return holds();
  }
  void write(std::string_view bytes) { boost::asio::write(haproxy, boost::asio::buffer(bytes)); }

  test::TemporaryDirectory directory;
  std::string path = directory.path() / "records.sock";
  std::vector<std::string> messages;
  std::vector<std::string> problems;
  int streams = 0;
  int caught_up = 0;
  boost::asio::io_context context{1};
  Listener listener{context.get_executor(),
                    path,
                    {.connected = [this](std::int32_t) { ++streams; },
                     .disconnected = [this](std::int32_t) { --streams; },
                     .message = [this](std::int32_t, std::string_view text) { messages.emplace_back(text); },
                     .caught_up = [this] { ++caught_up; },
                     .problem = [this](const std::string& text) { problems.push_back(text); }}};
  Stream::socket haproxy{context};
};

TEST_F(HaproxyListener, WhatHadComeWhenItClosesIsReadStill) {
  haproxy.connect(path);
  write("1 a");
  ASSERT_TRUE(run_until([&] { return caught_up == 1; }));
  for (int i = 0; i < 100; ++i) write("1 b");
  listener.close();
  ASSERT_TRUE(run_until([&] { return streams == 0; }));
  EXPECT_EQ(messages.size(), 101U);
  boost::system::error_code failure;
  boost::asio::write(haproxy, boost::asio::buffer("1 c", 3), failure);
  EXPECT_EQ(failure, boost::asio::error::broken_pipe);
}

TEST_F(HaproxyListener, AStreamThatMakesNoSenseIsClosedAlone) {
  Stream::socket other(context);
  haproxy.connect(path);
  other.connect(path);
  ASSERT_TRUE(run_until([&] { return streams == 2; }));
  write("rubbish");
  ASSERT_TRUE(run_until([&] { return streams == 1; }));
  EXPECT_EQ(problems.size(), 1U);
  boost::asio::write(other, boost::asio::buffer("1 a", 3));
  EXPECT_TRUE(run_until([&] { return messages.size() == 1; }));
}

}  // namespace
}  // namespace slipway::haproxy
