// Messages from frames: what was cut into several is put together again, within bounds.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "host/isolation/frame.hpp"

namespace slipway::isolation {

struct AssemblerLimits {
  std::uint64_t message_bytes = std::uint64_t{8} << 20;
  std::uint64_t total_bytes = std::uint64_t{64} << 20;  // of all that are not whole yet
  std::uint32_t messages = 1024;                        // that are not whole yet
};

// One thread at a time.
class Assembler {
 public:
  explicit Assembler(AssemblerLimits limits) : limits_(limits) {}
  // From the next frame on.
  void limit(AssemblerLimits limits) { limits_ = limits; }

  enum class Result { whole, partial, too_much };
  // With `whole`, `message` is the frame with the whole body, valid until the next add.
  Result add(const Frame& frame, Frame& message);

 private:
  using Key = std::pair<FrameKind, std::uint64_t>;
  Result append(const Key& key, const Frame& frame);

  AssemblerLimits limits_;
  std::map<Key, std::string> partial_;
  std::uint64_t bytes_ = 0;
  std::string whole_;
};

}  // namespace slipway::isolation
