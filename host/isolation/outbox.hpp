// What waits to be sent to a worker. Short messages go in order; long ones follow piece by piece, in turns, and never
// hold up a short one by more than a few pieces.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "host/isolation/frame.hpp"

namespace slipway::isolation {

// One thread at a time.
class Outbox {
 public:
  explicit Outbox(std::uint64_t limit) : limit_(limit) {}

  // A message is its head and the payload, one after the other. False when it does not fit any more.
  bool push(FrameKind kind, std::uint64_t id, std::string_view head, std::string_view payload);
  // Takes back a long message that is not sent to its end; false when there is none of that kind and id.
  bool withdraw(FrameKind kind, std::uint64_t id);

  // The bytes to send next, empty when there is nothing, and how many of them were sent.
  std::string_view next();
  void sent(std::size_t count);

  [[nodiscard]] bool empty() const { return begin_ == ready_.size() && long_.empty(); }
  [[nodiscard]] std::uint64_t bytes() const { return ready_.size() - begin_ + long_bytes_; }

 private:
  struct Long {
    FrameKind kind;
    std::uint64_t id;
    std::string body;
    std::size_t cut;  // where its next piece begins
  };
  void cut_piece();

  const std::uint64_t limit_;
  std::string ready_;  // frames
  std::size_t begin_ = 0;
  std::deque<Long> long_;
  std::uint64_t long_bytes_ = 0;
};

}  // namespace slipway::isolation
