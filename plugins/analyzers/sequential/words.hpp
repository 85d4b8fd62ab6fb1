// Numbers as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace slipway::sequential {

std::string number(std::int64_t count);                      // 12,345
std::string number(double value);                            // three digits that matter: 0.0123, 3.1, 250,000
std::string percent(std::int64_t part, std::int64_t whole);  // "1.02 %"; "none" of nothing

}  // namespace slipway::sequential
