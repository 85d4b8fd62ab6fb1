// Awaiting a condition that nobody announces.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace slipway::test {

// Looks every few milliseconds until it holds; false after the limit.
inline bool eventually(const std::function<bool()>& holds, std::chrono::milliseconds limit = std::chrono::seconds(20)) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace slipway::test
