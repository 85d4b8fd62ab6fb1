// Frames: whatever a worker sends, the host reads frames, messages and no byte outside them; and what it reads it would
// write the same way.
#include <cstring>

#include "host/isolation/assembler.hpp"
#include "host/isolation/frame.hpp"
#include "host/isolation/messages.hpp"
#include "tests/fuzz/harness.hpp"

namespace {

using namespace slipway::isolation;

template <class Message>
void read_as(std::string_view body) {
  Message message;
  static_cast<void>(read(body, message));
}

void read_as_all(std::string_view body) {
  read_as<Call>(body);
  read_as<Outcome>(body);
  read_as<Request>(body);
  read_as<Setup>(body);
  read_as<Loaded>(body);
  read_as<LogRecord>(body);
  read_as<Sample>(body);
  read_as<std::vector<std::uint32_t>>(body);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using slipway::fuzz::require;
  std::string_view bytes = slipway::fuzz::text_of(data, size);
  const std::string_view all = bytes;
  FrameReader reader;
  Assembler assembler({.message_bytes = 4096, .total_bytes = 8192, .messages = 4});
  std::string written;
  // The first byte decides how the stream is cut.
  const std::size_t piece = bytes.empty() ? 1 : 1 + static_cast<unsigned char>(bytes.front());
  while (!bytes.empty()) {
    const auto room = reader.room();
    require(!room.empty(), "there is always room");
    const auto part = bytes.substr(0, std::min(piece, room.size()));
    std::memcpy(room.data(), part.data(), part.size());
    reader.filled(part.size());
    bytes.remove_prefix(part.size());
    Frame frame;
    Frame message;
    auto next = reader.next(frame);
    for (; next == FrameReader::Next::frame; next = reader.next(frame)) {
      append_frame(written, frame);
      if (assembler.add(frame, message) == Assembler::Result::whole) read_as_all(message.body);
    }
    if (next == FrameReader::Next::broken) break;
  }
  require(all.starts_with(written), "what was read as frames is written as the same bytes");
  return 0;
}
