// Doubles as text: base64 of their little-endian bytes, so that each comes back exactly as it was.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::sequential {

std::string pack(std::span<const double> numbers);
// Throws Error (invalid_argument) for a text that pack() did not write, and for numbers that are no evidence: NaN and
// +infinity.
std::vector<double> unpack(std::string_view text);

}  // namespace slipway::sequential
