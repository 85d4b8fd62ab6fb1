#include <slipway/status.hpp>

namespace slipway {

std::string to_string(const Status& status) {
  std::string text = std::string(name_of(status.code)) + ": " + status.message;
  for (const Problem& problem : status.problems) {
    text += "; " + problem.path + ": " + problem.message;
    if (!problem.value.empty()) text += " (was " + problem.value + ")";
  }
  return text;
}

}  // namespace slipway
