// Octet-counted framing of syslog over a stream (RFC 6587, section 3.4.1): "<length> <message>", again and again.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::haproxy {

// Feed it bytes as they come, take messages until there is none. Not thread-safe.
class Frames {
 public:
  static constexpr std::size_t kLongest = 8192;

  void feed(std::string_view bytes) { buffer_.append(bytes); }
  // The next whole message, valid until the next call of feed; nothing when more bytes are needed or the stream is
  // broken.
  std::optional<std::string_view> next();
  // The bytes are no frames: what follows can't be made sense of.
  [[nodiscard]] bool broken() const { return broken_; }

 private:
  void compact();

  std::string buffer_;
  std::size_t read_ = 0;
  bool broken_ = false;
};

}  // namespace slipway::haproxy
