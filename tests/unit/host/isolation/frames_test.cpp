#include <gtest/gtest.h>

#include <cstring>

#include "host/isolation/assembler.hpp"
#include "host/isolation/frame.hpp"
#include "host/isolation/messages.hpp"
#include "host/isolation/outbox.hpp"

namespace slipway::isolation {
namespace {

// Gives the bytes to the reader in pieces of that size and returns what it reads; "broken" ends it.
std::vector<std::string> read_in_pieces(std::string_view bytes, std::size_t piece) {
  FrameReader reader;
  std::vector<std::string> frames;
  Frame frame;
  while (!bytes.empty()) {
    const auto room = reader.room();
    const auto part = bytes.substr(0, std::min(piece, room.size()));
    std::memcpy(room.data(), part.data(), part.size());
    reader.filled(part.size());
    bytes.remove_prefix(part.size());
    auto next = reader.next(frame);
    for (; next == FrameReader::Next::frame; next = reader.next(frame)) {
      frames.push_back(std::to_string(static_cast<int>(frame.kind)) + "/" + std::to_string(frame.flags) + "/" +
                       std::to_string(frame.id) + "/" + std::string(frame.body));
    }
    if (next == FrameReader::Next::broken) {
      frames.emplace_back("broken");
      return frames;
    }
  }
  return frames;
}

TEST(Frames, AreReadAsTheyWereWrittenHoweverTheBytesAreCut) {
  std::string bytes;
  append_frame(bytes, {FrameKind::call, kMore, 7, "first"});
  append_frame(bytes, {FrameKind::call, 0, 7, ""});
  append_frame(bytes, {FrameKind::log, 0, 0, "sec"}, "ond");
  const std::vector<std::string> expected{"9/1/7/first", "9/0/7/", "16/0/0/second"};
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) EXPECT_EQ(read_in_pieces(bytes, piece), expected);
}

TEST(Frames, OfTheLargestSizePassAndOneByteMoreIsBroken) {
  std::string bytes;
  append_frame(bytes, {FrameKind::call, 0, 1, std::string(kMaxBody, 'x')});
  EXPECT_EQ(read_in_pieces(bytes, 1000).size(), 1U);
  const auto size = static_cast<std::uint32_t>(kMaxBody + 1);
  std::memcpy(bytes.data(), &size, sizeof(size));
  EXPECT_EQ(read_in_pieces(bytes, 1000), std::vector<std::string>{"broken"});
}

TEST(Frames, WithAKindOrFlagThatNobodyKnowsAreBroken) {
  for (const auto& [where, value] : {std::pair<std::size_t, char>{4, 0}, {4, 24}, {5, 4}, {6, 1}}) {
    std::string bytes;
    append_frame(bytes, {FrameKind::ping, 0, 1, ""});
    bytes[where] = value;
    EXPECT_EQ(read_in_pieces(bytes, 64), std::vector<std::string>{"broken"});
  }
}

TEST(Frames, TheHighestCommonVersionWins) {
  const std::uint32_t ours[] = {1, 2, 4};
  const std::uint32_t theirs[] = {4, 2, 9};
  const std::uint32_t others[] = {3};
  EXPECT_EQ(highest_common(ours, theirs), 4U);
  EXPECT_EQ(highest_common(ours, others), 0U);
}

TEST(Assembler, PutsMessagesTogetherThatArriveInTurns) {
  Assembler assembler({});
  Frame message;
  EXPECT_EQ(assembler.add({FrameKind::call, kMore, 1, "a"}, message), Assembler::Result::partial);
  EXPECT_EQ(assembler.add({FrameKind::call, kMore, 2, "x"}, message), Assembler::Result::partial);
  EXPECT_EQ(assembler.add({FrameKind::log, 0, 1, "between"}, message), Assembler::Result::whole);
  EXPECT_EQ(message.body, "between");
  EXPECT_EQ(assembler.add({FrameKind::call, 0, 1, "b"}, message), Assembler::Result::whole);
  EXPECT_EQ(message.body, "ab");
  EXPECT_EQ(assembler.add({FrameKind::call, 0, 2, "y"}, message), Assembler::Result::whole);
  EXPECT_EQ(message.body, "xy");
}

TEST(Assembler, ForgetsAMessageThatIsWithdrawn) {
  Assembler assembler({.total_bytes = 3});
  Frame message;
  for (std::uint64_t id = 1; id < 100; ++id) {
    EXPECT_EQ(assembler.add({FrameKind::call, kMore, id, "abc"}, message), Assembler::Result::partial);
    EXPECT_EQ(assembler.add({FrameKind::call, kWithdrawn, id, ""}, message), Assembler::Result::partial);
  }
}

TEST(Assembler, BoundsAMessageTheirNumberAndTheirSum) {
  Frame message;
  Assembler one({.message_bytes = 3});
  EXPECT_EQ(one.add({FrameKind::call, kMore, 1, "abc"}, message), Assembler::Result::partial);
  EXPECT_EQ(one.add({FrameKind::call, 0, 1, "d"}, message), Assembler::Result::too_much);
  Assembler count({.messages = 1});
  EXPECT_EQ(count.add({FrameKind::call, kMore, 1, "a"}, message), Assembler::Result::partial);
  EXPECT_EQ(count.add({FrameKind::call, kMore, 2, "a"}, message), Assembler::Result::too_much);
  Assembler sum({.total_bytes = 3});
  EXPECT_EQ(sum.add({FrameKind::call, kMore, 1, "ab"}, message), Assembler::Result::partial);
  EXPECT_EQ(sum.add({FrameKind::call, kMore, 2, "cd"}, message), Assembler::Result::too_much);
}

TEST(Outbox, SendsShortMessagesBeforeTheRestOfALongOne) {
  Outbox outbox(1 << 24);
  ASSERT_TRUE(outbox.push(FrameKind::call, 1, "", std::string(1 << 20, 'x')));
  std::string stream(outbox.next());
  outbox.sent(stream.size());
  ASSERT_TRUE(outbox.push(FrameKind::cancel, 2, "", ""));
  // At most what was cut already stands before it.
  const auto frames = read_in_pieces(outbox.next(), 1 << 16);
  EXPECT_EQ(frames.front(), "11/0/2/");
}

TEST(Outbox, RefusesWhatWouldExceedItsBound) {
  Outbox outbox(1000);
  EXPECT_TRUE(outbox.push(FrameKind::call, 1, "", std::string(900, 'x')));
  EXPECT_FALSE(outbox.push(FrameKind::call, 2, "", std::string(100, 'x')));
  outbox.sent(outbox.next().size());
  EXPECT_TRUE(outbox.push(FrameKind::call, 2, "", std::string(100, 'x')));
}

TEST(Outbox, TakesALongMessageBackBeforeItsEnd) {
  Outbox outbox(1 << 24);
  ASSERT_TRUE(outbox.push(FrameKind::call, 1, "", std::string(1 << 20, 'x')));
  outbox.sent(outbox.next().size());
  EXPECT_TRUE(outbox.withdraw(FrameKind::call, 1));
  EXPECT_EQ(read_in_pieces(outbox.next(), 1 << 16), std::vector<std::string>{"9/2/1/"});
  EXPECT_FALSE(outbox.withdraw(FrameKind::call, 1));
}

TEST(Messages, AreReadAsTheyWereWritten) {
  const Call call{1, 2, 3, "trace", "tenant", "subject", "roles", "payload"};
  Call again;
  const std::string bytes = head_of(call) + std::string(call.payload);
  ASSERT_TRUE(read(bytes, again));
  EXPECT_EQ(again.payload, "payload");
  EXPECT_EQ(again.tenant, "tenant");
  EXPECT_EQ(again.budget_ns, 3);
}

TEST(Messages, ThatEndTooEarlyAreNoMessages) {
  isolation::Setup setup;
  setup.filter = "program";
  setup.paths = {"/a", "/b"};
  const std::string bytes = text_of(setup);
  isolation::Setup again;
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(read(bytes.substr(0, size), again)) << size;
  ASSERT_TRUE(read(bytes, again));
  EXPECT_EQ(again.paths, setup.paths);
  EXPECT_FALSE(read(bytes + "x", again));
}

TEST(Messages, AnOutcomeLargerThanItSaysIsNone) {
  Outcome outcome;
  EXPECT_FALSE(read(head_of(Outcome{0, 2, {}}) + "abc", outcome));
  EXPECT_TRUE(read(head_of(Outcome{0, 5000, {}}), outcome));
  EXPECT_EQ(outcome.size, 5000U);
}

}  // namespace
}  // namespace slipway::isolation
