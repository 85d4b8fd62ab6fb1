#include "plugins/metrics/haproxy/frames.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace slipway::haproxy {
namespace {

std::vector<std::string> all(Frames& frames) {
  std::vector<std::string> messages;
  while (const auto message = frames.next()) messages.emplace_back(*message);
  return messages;
}

std::string framed(const std::string& message) { return std::to_string(message.size()) + " " + message; }

TEST(HaproxyFrames, MessagesAreTakenOneByOne) {
  Frames frames;
  frames.feed("5 hello0 3 a b");
  EXPECT_EQ(all(frames), (std::vector<std::string>{"hello", "", "a b"}));
  EXPECT_FALSE(frames.broken());
}

TEST(HaproxyFrames, AMessageMayComeByteByByte) {
  Frames frames;
  std::vector<std::string> messages;
  for (const char byte : framed("one") + framed("second") + "4 tai") {
    frames.feed({&byte, 1});
    for (auto& message : all(frames)) messages.push_back(std::move(message));
  }
  EXPECT_EQ(messages, (std::vector<std::string>{"one", "second"}));
  frames.feed("l");
  EXPECT_EQ(all(frames), std::vector<std::string>{"tail"});
}

TEST(HaproxyFrames, WhatIsNoLengthBreaksTheStream) {
  for (const char* bytes : {"hello world", " hello", "-1 x", "8193 x", "123456", "0x5 hello", "5\thello "}) {
    Frames frames;
    frames.feed(bytes);
    EXPECT_FALSE(frames.next().has_value()) << bytes;
    EXPECT_TRUE(frames.broken()) << bytes;
  }
}

TEST(HaproxyFrames, ABrokenStreamStaysBroken) {
  Frames frames;
  frames.feed("x 5 hello");
  EXPECT_TRUE(all(frames).empty());
  frames.feed("5 hello");
  EXPECT_TRUE(all(frames).empty());
}

TEST(HaproxyFrames, HowTheBytesAreCutMakesNoDifference) {
  std::mt19937 random(7);
  std::string stream;
  std::vector<std::string> sent;
  for (int i = 0; i < 500; ++i) {
    sent.emplace_back(random() % 300, static_cast<char>('0' + random() % 10));
    stream += framed(sent.back());
  }
  for (int round = 0; round < 20; ++round) {
    Frames frames;
    std::vector<std::string> got;
    for (std::size_t at = 0; at < stream.size();) {
      const std::size_t size = std::min<std::size_t>(1 + random() % 700, stream.size() - at);
      frames.feed(std::string_view(stream).substr(at, size));
      at += size;
      for (auto& message : all(frames)) got.push_back(std::move(message));
    }
    ASSERT_EQ(got, sent) << "round " << round;
  }
}

}  // namespace
}  // namespace slipway::haproxy
