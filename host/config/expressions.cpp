#include "host/config/expressions.hpp"

#include <map>
#include <mutex>

namespace slipway::config {
namespace {

// More than the patterns of a host's own schemas; those of plugins come and go with them.
constexpr std::size_t kKept = 64;

struct Kept {
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<const std::regex>> expressions;
};

Kept& kept() {
  static Kept all;
  return all;
}

// The standard library reads the numbers of repetitions and references into an integer whose overflow it does not
// notice.
bool has_too_large_a_number(const std::string& pattern) {
  static constexpr std::size_t kMostDigits = 9;
  std::size_t digits = 0;
  bool counts = false;
  for (const char c : pattern) {
    const bool digit = c >= '0' && c <= '9';
    digits = digit ? digits + 1 : 0;
    if (!digit) counts = c == '{' || c == ',' || c == '\\';
    if (counts && digits > kMostDigits) return true;
  }
  return false;
}

}  // namespace

std::shared_ptr<const std::regex> expression(const std::string& pattern) {
  {
    const std::lock_guard lock(kept().mutex);
    if (const auto found = kept().expressions.find(pattern); found != kept().expressions.end()) return found->second;
  }
  if (has_too_large_a_number(pattern)) return nullptr;
  std::shared_ptr<const std::regex> made;
  try {
    made = std::make_shared<const std::regex>(pattern, std::regex::ECMAScript);
  } catch (const std::regex_error&) {
    return nullptr;
  }
  const std::lock_guard lock(kept().mutex);
  if (kept().expressions.size() >= kKept) kept().expressions.clear();
  return kept().expressions.emplace(pattern, std::move(made)).first->second;
}

}  // namespace slipway::config
