// Not for use outside this folder.
#pragma once

#include <slipway/status.hpp>
#include <string>

namespace slipway::lifecycle {

// A status as the reason of a generation: without its code, and without the instance's name, which stands beside it.
inline std::string reason_of(const Status& status, const std::string& instance) {
  const std::string text = to_string(status).substr(name_of(status.code).size() + 2);
  const std::string begin = instance + ": ";
  return text.starts_with(begin) ? text.substr(begin.size()) : text;
}

}  // namespace slipway::lifecycle
