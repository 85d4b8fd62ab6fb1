// Turns single answers of a check into good or bad by its numbers of successes and failures in a row. Plain value.
#pragma once

#include <cstdint>

namespace slipway::local {

enum class Health { kUnknown, kGood, kBad };

class CheckSeries {
 public:
  CheckSeries(std::int32_t successes, std::int32_t failures, Health health = Health::kUnknown)
      : successes_(successes), failures_(failures), health_(health) {}

  Health passed() {
    bad_ = 0;
    if (++good_ >= successes_) health_ = Health::kGood;
    return health_;
  }
  Health failed() {
    good_ = 0;
    if (++bad_ >= failures_) health_ = Health::kBad;
    return health_;
  }
  [[nodiscard]] Health health() const { return health_; }

 private:
  std::int32_t successes_, failures_;
  std::int32_t good_ = 0, bad_ = 0;
  Health health_;
};

}  // namespace slipway::local
