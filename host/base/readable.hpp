// Text from outside, made fit for messages.
#pragma once

#include <string>
#include <string_view>

namespace slipway::base {

// The text with U+FFFD in place of what is not UTF-8, so that it may stand in a log, a terminal or a document.
std::string readable(std::string_view text);

}  // namespace slipway::base
