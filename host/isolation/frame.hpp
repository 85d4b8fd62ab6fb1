// The frames that a host and its worker exchange: a header of 16 bytes and at most 64 KiB. Longer messages are cut into
// several frames, so that none holds up the others. Both ends are of one machine: numbers are in its own byte order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::isolation {

// Versions of this protocol that a side speaks; the highest that both do is used.
inline constexpr std::uint32_t kProtocolVersions[] = {1};
// 0 when there is none.
std::uint32_t highest_common(std::span<const std::uint32_t> ours, std::span<const std::uint32_t> theirs);

// Who sends it stands first. Where a frame has no id, it is 0.
enum class FrameKind : std::uint8_t {
  hello = 1,       // host: the versions that it speaks
  welcome = 2,     // worker: the one chosen, 0 for none
  setup = 3,       // host: Setup
  loaded = 4,      // worker: Loaded
  create = 5,      // host: the instance's configuration
  created = 6,     // worker: Outcome
  start = 7,       // host
  started = 8,     // worker: Outcome
  call = 9,        // host: Call; the id is the call's
  complete = 10,   // worker: Outcome; the id is the call's
  cancel = 11,     // host; the id is the call's
  request = 12,    // worker: Request; the id is its token
  reply = 13,      // host: Outcome; the id is the token
  wake = 14,       // worker; the id is its token
  woken = 15,      // host; the id is the token
  log = 16,        // worker: LogRecord
  metric = 17,     // worker: Sample
  quiesce = 18,    // host
  quiesced = 19,   // worker
  destroy = 20,    // host
  destroyed = 21,  // worker
  ping = 22,       // host
  pong = 23,       // worker; the id is the ping's
};
inline constexpr std::uint8_t kLastKind = 23;

enum FrameFlag : std::uint8_t {
  kMore = 1,      // the message goes on in the next frame of this kind and id
  kWithdrawn = 2  // the message will not be finished; what came of it is void
};
inline constexpr std::uint8_t kKnownFlags = kMore | kWithdrawn;

inline constexpr std::size_t kHeaderBytes = 16;
inline constexpr std::size_t kMaxBody = std::size_t{64} << 10;

struct Frame {
  FrameKind kind = FrameKind::ping;
  std::uint8_t flags = 0;
  std::uint64_t id = 0;
  std::string_view body;  // borrowed from the reader
};

// Appends one frame. Precondition: the body has at most kMaxBody bytes.
void append_frame(std::string& out, const Frame& frame);
// The same for a body in two parts.
void append_frame(std::string& out, const Frame& frame, std::string_view rest);

// Bytes in, frames out. One thread at a time.
class FrameReader {
 public:
  FrameReader();

  // Room for what arrives next, never empty; then how much of it was filled. Ends the life of frames read before.
  std::span<char> room();
  void filled(std::size_t count) { end_ += count; }

  enum class Next { frame, wait, broken };
  // The next whole frame, if there is one. Broken, once and for ever, when the bytes are no frame.
  Next next(Frame& frame);

 private:
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace slipway::isolation
