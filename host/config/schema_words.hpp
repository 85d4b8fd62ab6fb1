// The words in which Schema tells faults. Not for use elsewhere.
#pragma once

#include <slipway/json.hpp>
#include <slipway/status.hpp>
#include <string>

namespace slipway::config {

// Longer texts are not held against a pattern: the regular expressions of the library recurse once a character.
inline constexpr std::size_t kLongestMatched = 4096;

// What the schema allows: "an integer from 1 to 5", "one of text, json".
std::string words_for(const Json& schema);

// The faults of the value at `path` that the keywords known here can see.
void collect_faults(const Json& schema, const Json& value, const std::string& path, Problems& faults);

}  // namespace slipway::config
