// The YAML reader behind Source. Not for use elsewhere.
#pragma once

#include "host/config/source.hpp"

namespace slipway::config {

// Fills value, lines and faults. Precondition: the text is UTF-8 and within the limit of bytes.
void parse_yaml(std::string_view text, const SourceLimits& limits, Source& into);

}  // namespace slipway::config
