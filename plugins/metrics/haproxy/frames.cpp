#include "plugins/metrics/haproxy/frames.hpp"

#include <algorithm>
#include <charconv>

namespace slipway::haproxy {
namespace {

constexpr std::size_t kMostDigits = 5;

}  // namespace

std::optional<std::string_view> Frames::next() {
  if (broken_) return std::nullopt;
  const std::string_view rest = std::string_view(buffer_).substr(read_);
  const std::size_t blank = rest.substr(0, kMostDigits + 1).find(' ');
  if (blank == rest.npos) {
    broken_ = rest.size() > kMostDigits;
    compact();
    return std::nullopt;
  }
  std::size_t length = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + blank, length);
  broken_ = blank == 0 || error != std::errc{} || end != rest.data() + blank || length > kLongest;
  if (broken_ || rest.size() - blank - 1 < length) {
    compact();
    return std::nullopt;
  }
  read_ += blank + 1 + length;
  return rest.substr(blank + 1, length);
}

void Frames::compact() {
  buffer_.erase(0, read_);
  read_ = 0;
}

}  // namespace slipway::haproxy
