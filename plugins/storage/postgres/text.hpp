// Texts as PostgreSQL takes them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::postgres {

// PostgreSQL's text has no zero byte, and a name or value may: U+0000 becomes U+0001 U+0001 and U+0001 becomes
// U+0001 U+0002. That keeps the order of names, and what is a prefix stays one.
std::string to_stored(std::string_view text);
std::string from_stored(std::string_view text);

// A UTF-8 text above every name (of at most 512 bytes) that begins with `prefix`, and below every other one.
std::string end_of(std::string prefix);

// Literals of arrays ("8.15.2. Array Value Input"), to be given as parameters.
std::string array_of(const std::vector<std::string>& texts);
std::string array_of(const std::vector<std::int64_t>& numbers);

}  // namespace slipway::postgres
