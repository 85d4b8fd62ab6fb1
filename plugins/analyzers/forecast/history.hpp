// The newest values of a metric, one a window, as text that fits a state: base64 of little-endian floats.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::forecast {

// So many fill about 3.5 KiB of text: four weeks of hours.
inline constexpr std::size_t kMostPoints = 672;

// A missing value is NaN. Values are kept to 24 bits.
std::string pack(std::span<const double> points);
// Throws Error (invalid_argument) for a text that pack() did not write.
std::vector<double> unpack(std::string_view text);

}  // namespace slipway::forecast
