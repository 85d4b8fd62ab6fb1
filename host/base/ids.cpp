#include "host/base/ids.hpp"

#include <algorithm>

namespace slipway::base {
namespace {

constexpr std::string_view kDigits = "0123456789abcdefghjkmnpqrstvwxyz";

std::string spell(std::uint64_t millisecond, std::uint16_t high, std::uint64_t low) {
  std::string text(kIdLength, '0');
  for (std::size_t i = 10; i-- > 0; millisecond >>= 5) text[i] = kDigits[millisecond & 31];
  for (std::size_t i = kIdLength; i-- > 10;) {
    text[i] = kDigits[low & 31];
    low = (low >> 5) | (static_cast<std::uint64_t>(high & 31) << 59);
    high = static_cast<std::uint16_t>(high >> 5);
  }
  return text;
}

}  // namespace

std::string IdSource::next() {
  const auto now = static_cast<std::uint64_t>(std::max<std::int64_t>(clock_.now().ns, 0)) / 1'000'000;
  const std::lock_guard lock(mutex_);
  if (now > millisecond_) {
    millisecond_ = now;
    // Half of the range is left free, so that counting up inside one millisecond cannot overflow.
    high_ = static_cast<std::uint16_t>(random_.next() >> 49);
    low_ = random_.next();
  } else if (++low_ == 0) {
    ++high_;
  }
  return spell(millisecond_, high_, low_);
}

bool is_id(std::string_view text) {
  return text.size() == kIdLength && text.front() <= '7' &&
         std::ranges::all_of(text, [](char c) { return kDigits.find(c) != std::string_view::npos; });
}

}  // namespace slipway::base
