// How long to wait before trying again: exponential, with full jitter, so that many who failed together do not return
// together (Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
#pragma once

#include <algorithm>
#include <slipway/values.hpp>

namespace slipway {

struct Backoff {
  Duration base = milliseconds(500);
  Duration cap = seconds(30);

  // Before the attempt after `failures` failures (at least 1): between nothing and base · 2^(failures − 1), at most the
  // cap. `fraction` is the random part, from 0 up to 1.
  [[nodiscard]] constexpr Duration delay(int failures, double fraction) const {
    std::int64_t bound = base.ns;
    for (int i = 1; i < failures && bound < cap.ns; ++i) bound *= 2;
    return {static_cast<std::int64_t>(static_cast<double>(std::min(bound, cap.ns)) * fraction)};
  }
};

}  // namespace slipway
