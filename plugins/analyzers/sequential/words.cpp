#include "plugins/analyzers/sequential/words.hpp"

#include <array>
#include <cmath>
#include <cstdio>

namespace slipway::sequential {

std::string number(std::int64_t count) {
  std::string text = std::to_string(count);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > (count < 0 ? 1 : 0); at -= 3)
    text.insert(static_cast<std::size_t>(at), 1, ',');
  return text;
}

std::string number(double value) {
  if (std::abs(value) >= 1000 && std::abs(value) < 1e15) return number(static_cast<std::int64_t>(std::llround(value)));
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3g", value);
  return text.data();
}

std::string percent(std::int64_t part, std::int64_t whole) {
  if (whole == 0) return "none";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3g %%", 100 * static_cast<double>(part) / static_cast<double>(whole));
  return text.data();
}

}  // namespace slipway::sequential
