#include "host/worker/channel.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace slipway::worker {
namespace {

using isolation::Frame;
using isolation::kMaxBody;

// Much enough to be sent without waiting for more.
constexpr std::size_t kMuch = std::size_t{32} << 10;

}  // namespace

bool Channel::next(Frame& message) {
  Frame frame;
  while (true) {
    switch (frames_.next(frame)) {
      case isolation::FrameReader::Next::broken:
        return false;
      case isolation::FrameReader::Next::wait:
        if (!fill()) return false;
        break;
      case isolation::FrameReader::Next::frame:
        const auto added = assembler_.add(frame, message);
        if (added == isolation::Assembler::Result::too_much) return false;
        if (added == isolation::Assembler::Result::whole) return true;
    }
  }
}

bool Channel::fill() {
  flush();
  const std::span<char> room = frames_.room();
  ssize_t count = 0;
  do count = ::recv(socket_, room.data(), room.size(), 0);
  while (count < 0 && errno == EINTR);
  if (count <= 0) return false;
  frames_.filled(static_cast<std::size_t>(count));
  return true;
}

void Channel::send(isolation::FrameKind kind, std::uint64_t id, std::string_view head, std::string_view payload) {
  if (head.size() + payload.size() <= kMaxBody) {
    const std::lock_guard lock(mutex_);
    isolation::append_frame(out_, {kind, 0, id, head}, payload);
    if (std::this_thread::get_id() != reader_ || out_.size() >= kMuch) write_locked();
    return;
  }
  // Piece by piece, so that others get their turn between them.
  std::string body;
  body.reserve(head.size() + payload.size());
  body.append(head).append(payload);
  for (std::size_t cut = 0; cut < body.size(); cut += kMaxBody) {
    const std::string_view piece = std::string_view(body).substr(cut, kMaxBody);
    const bool last = cut + piece.size() == body.size();
    const std::lock_guard lock(mutex_);
    isolation::append_frame(out_, {kind, static_cast<std::uint8_t>(last ? 0 : isolation::kMore), id, piece});
    write_locked();
  }
}

void Channel::flush() {
  const std::lock_guard lock(mutex_);
  write_locked();
}

void Channel::write_locked() {
  std::string_view left = out_;
  while (!left.empty()) {
    const ssize_t count = ::send(socket_, left.data(), left.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    // The host is gone, and so is the reason to be.
    if (count < 0) ::_exit(0);
    left.remove_prefix(static_cast<std::size_t>(count));
  }
  out_.clear();
}

}  // namespace slipway::worker
