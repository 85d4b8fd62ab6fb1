// The process's environment as a map.
#pragma once

#include <unistd.h>

#include <map>
#include <string>
#include <string_view>

namespace slipway::cli {

inline std::map<std::string, std::string> environment_variables() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (const auto equal = text.find('='); equal != text.npos)
      variables.emplace(text.substr(0, equal), text.substr(equal + 1));
  }
  return variables;
}

}  // namespace slipway::cli
