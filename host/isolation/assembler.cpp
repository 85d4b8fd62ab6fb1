#include "host/isolation/assembler.hpp"

namespace slipway::isolation {

Assembler::Result Assembler::add(const Frame& frame, Frame& message) {
  const Key key{frame.kind, frame.id};
  const auto found = partial_.find(key);
  if ((frame.flags & kWithdrawn) != 0) {
    if (found == partial_.end()) return Result::partial;
    bytes_ -= found->second.size();
    partial_.erase(found);
    return Result::partial;
  }
  if ((frame.flags & kMore) != 0) return append(key, frame);
  message = frame;
  if (found == partial_.end()) return Result::whole;
  if (append(key, frame) == Result::too_much) return Result::too_much;
  bytes_ -= found->second.size();
  whole_ = std::move(found->second);
  partial_.erase(found);
  message.body = whole_;
  return Result::whole;
}

Assembler::Result Assembler::append(const Key& key, const Frame& frame) {
  if (!partial_.contains(key) && partial_.size() >= limits_.messages) return Result::too_much;
  std::string& text = partial_[key];
  if (text.size() + frame.body.size() > limits_.message_bytes) return Result::too_much;
  if (bytes_ + frame.body.size() > limits_.total_bytes) return Result::too_much;
  text.append(frame.body);
  bytes_ += frame.body.size();
  return Result::partial;
}

}  // namespace slipway::isolation
