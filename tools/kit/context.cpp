#include "tools/kit/context.hpp"

#include <utility>

namespace slipway::kit {

// More would only fill the report.
constexpr std::size_t kKept = 20;

void Breaches::add(std::string text) {
  const std::lock_guard lock(mutex_);
  ++count_;
  if (texts_.size() < kKept) texts_.push_back(std::move(text));
}

void Breaches::add_harmless(std::string text) {
  const std::lock_guard lock(mutex_);
  if (harmless_.empty()) harmless_ = std::move(text);
}

std::string Breaches::harmless() const {
  const std::lock_guard lock(mutex_);
  return harmless_;
}

bool Breaches::empty() const {
  const std::lock_guard lock(mutex_);
  return count_ == 0;
}

std::string Breaches::summary() const {
  const std::lock_guard lock(mutex_);
  if (texts_.empty()) return "";
  const std::string more = count_ == 1 ? "" : ", and " + std::to_string(count_ - 1) + " more such findings";
  return "the plugin " + texts_.front() + more;
}

}  // namespace slipway::kit
