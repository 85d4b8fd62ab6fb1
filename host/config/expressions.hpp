// Regular expressions of schemas, compiled once: that takes longer than anything that is done with one, and each
// package's manifest is held against the same ones.
#pragma once

#include <memory>
#include <regex>
#include <string>

namespace slipway::config {

// The ECMAScript expression, searched for and never matched whole; null when the pattern is none. Thread-safe; a
// bounded number is kept.
std::shared_ptr<const std::regex> expression(const std::string& pattern);

}  // namespace slipway::config
