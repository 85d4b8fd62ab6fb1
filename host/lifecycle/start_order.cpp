#include "host/lifecycle/start_order.hpp"

#include <algorithm>
#include <set>

namespace slipway::lifecycle {
namespace {

class Walk {
 public:
  explicit Walk(const Needs& needs) : needs_(needs) {}

  // False when the way that led here comes back to itself; path_ is then the circle, its first name again at the end.
  bool visit(const std::string& name) {
    const auto found = needs_.find(name);
    if (found == needs_.end() || done_.contains(name)) return true;
    const auto earlier = std::find(path_.begin(), path_.end(), name);
    if (earlier != path_.end()) {
      path_.erase(path_.begin(), earlier);
      path_.push_back(name);
      return false;
    }
    path_.push_back(name);
    for (const std::string& needed : found->second) {
      if (!visit(needed)) return false;
    }
    path_.pop_back();
    done_.insert(name);
    order_.push_back(name);
    return true;
  }
  [[nodiscard]] Status circle() const {
    std::string text;
    for (std::size_t i = 0; i + 1 < path_.size(); ++i) {
      text += (i == 0 ? "\"" : ", \"") + path_[i] + "\" needs \"" + path_[i + 1] + "\"";
    }
    return {Code::failed_precondition, text};
  }
  std::vector<std::string> order() && { return std::move(order_); }

 private:
  const Needs& needs_;
  std::vector<std::string> path_;
  std::set<std::string> done_;
  std::vector<std::string> order_;
};

}  // namespace

Result<std::vector<std::string>> start_order(const Needs& needs, const std::string& first) {
  Walk walk(needs);
  if (!walk.visit(first)) return walk.circle();
  for (const auto& [name, ignored] : needs) {
    if (!walk.visit(name)) return walk.circle();
  }
  return std::move(walk).order();
}

}  // namespace slipway::lifecycle
