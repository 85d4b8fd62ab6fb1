// Borrowed bytes as the contract means them: readable while the call lasts, and not to be touched after it. Each lies
// on pages of its own, so that the processor reports a write, a read past the end, and any use after the call.
#pragma once

#include <slipway/abi/plugin.h>

#include <cstddef>
#include <string_view>

#include "tools/kit/board.hpp"

namespace slipway::kit {

// One thread at a time. The destructor gives back.
class Borrowed {
 public:
  // `label` names the bytes in findings and lives for ever: "the request's payload".
  Borrowed(std::string_view bytes, const char* label);
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  ~Borrowed() { give_back(); }

  [[nodiscard]] slipway_span span() const { return {data_, size_}; }
  [[nodiscard]] const void* data() const { return data_; }
  // From here on every access is a finding.
  void give_back();

 private:
  const std::uint8_t* data_ = nullptr;
  std::size_t size_;
  std::size_t slot_ = 0;
};

// Turns such accesses into a verdict on the board, and any other fault into the crash that it is. Once in a process;
// the board outlives it.
void watch_borrowed_bytes(Board& board);

}  // namespace slipway::kit
