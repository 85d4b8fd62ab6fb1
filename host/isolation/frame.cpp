#include "host/isolation/frame.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace slipway::isolation {
namespace {

// As it lies in the stream.
struct Header {
  std::uint32_t size = 0;
  std::uint8_t kind = 0;
  std::uint8_t flags = 0;
  std::uint16_t reserved = 0;
  std::uint64_t id = 0;
};
static_assert(sizeof(Header) == kHeaderBytes);

// What a single read may take in.
constexpr std::size_t kBuffer = 2 * (kMaxBody + kHeaderBytes);

bool is_sound(const Header& header) {
  return header.size <= kMaxBody && header.kind > 0 && header.kind <= kLastKind &&
         (header.flags & ~std::uint32_t{kKnownFlags}) == 0 && header.reserved == 0;
}

}  // namespace

std::uint32_t highest_common(std::span<const std::uint32_t> ours, std::span<const std::uint32_t> theirs) {
  std::uint32_t highest = 0;
  for (const std::uint32_t version : ours) {
    if (std::ranges::find(theirs, version) != theirs.end()) highest = std::max(highest, version);
  }
  return highest;
}

void append_frame(std::string& out, const Frame& frame) { append_frame(out, frame, {}); }

void append_frame(std::string& out, const Frame& frame, std::string_view rest) {
  const std::size_t size = frame.body.size() + rest.size();
  assert(size <= kMaxBody);
  const Header header{static_cast<std::uint32_t>(size), static_cast<std::uint8_t>(frame.kind), frame.flags, 0,
                      frame.id};
  out.append(reinterpret_cast<const char*>(&header), sizeof(header));
  out.append(frame.body).append(rest);
}

FrameReader::FrameReader() : buffer_(kBuffer) {}

std::span<char> FrameReader::room() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (buffer_.size() - end_ < kMaxBody + kHeaderBytes) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  return {buffer_.data() + end_, buffer_.size() - end_};
}

FrameReader::Next FrameReader::next(Frame& frame) {
  Header header;
  if (end_ - begin_ < sizeof(header)) return Next::wait;
  std::memcpy(&header, buffer_.data() + begin_, sizeof(header));
  if (!is_sound(header)) return Next::broken;
  if (end_ - begin_ < sizeof(header) + header.size) return Next::wait;
  frame = {static_cast<FrameKind>(header.kind),
           header.flags,
           header.id,
           {buffer_.data() + begin_ + sizeof(header), header.size}};
  begin_ += sizeof(header) + header.size;
  return Next::frame;
}

}  // namespace slipway::isolation
