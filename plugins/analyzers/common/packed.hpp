// Numbers of a state as text: base64 of their little-endian bytes, so that each comes back exactly as it was.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::packed {

// Both for float and double.
template <class Number>
std::string pack(std::span<const Number> numbers);

// Throws Error (invalid_argument) with damaged() for a text that pack() did not write; `what` names it.
template <class Number>
std::vector<Number> unpack(std::string_view text, std::string_view what);

[[noreturn]] void damaged(std::string_view what, std::string_view why);

}  // namespace slipway::packed
