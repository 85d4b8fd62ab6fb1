#include "host/isolation/outbox.hpp"

#include <algorithm>

namespace slipway::isolation {
namespace {

// Pieces of long messages are cut only while less than this waits before them.
constexpr std::size_t kReadyEnough = 2 * kMaxBody;

}  // namespace

bool Outbox::push(FrameKind kind, std::uint64_t id, std::string_view head, std::string_view payload) {
  const std::size_t size = head.size() + payload.size();
  if (bytes() + size + kHeaderBytes > limit_) return false;
  std::string body;
  if (size > kMaxBody) {
    body.reserve(size);
    long_bytes_ += size;
    long_.push_back({kind, id, std::move(body.append(head).append(payload)), 0});
    return true;
  }
  append_frame(ready_, {kind, 0, id, head}, payload);
  return true;
}

bool Outbox::withdraw(FrameKind kind, std::uint64_t id) {
  const auto found = std::ranges::find_if(long_, [&](const Long& one) { return one.kind == kind && one.id == id; });
  if (found == long_.end()) return false;
  if (found->cut > 0) append_frame(ready_, {kind, kWithdrawn, id, {}});
  long_bytes_ -= found->body.size() - found->cut;
  long_.erase(found);
  return true;
}

std::string_view Outbox::next() {
  while (!long_.empty() && ready_.size() - begin_ < kReadyEnough) cut_piece();
  return std::string_view(ready_).substr(begin_);
}

void Outbox::cut_piece() {
  Long one = std::move(long_.front());
  long_.pop_front();
  const std::size_t size = std::min(kMaxBody, one.body.size() - one.cut);
  const bool last = one.cut + size == one.body.size();
  append_frame(ready_, {one.kind, static_cast<std::uint8_t>(last ? 0 : kMore), one.id,
                        std::string_view(one.body).substr(one.cut, size)});
  one.cut += size;
  long_bytes_ -= size;
  if (!last) long_.push_back(std::move(one));
}

void Outbox::sent(std::size_t count) {
  begin_ += count;
  if (begin_ == ready_.size()) {
    ready_.clear();
    begin_ = 0;
  } else if (begin_ > kReadyEnough) {
    ready_.erase(0, begin_);
    begin_ = 0;
  }
}

}  // namespace slipway::isolation
