#include "host/bridge/routes.hpp"

namespace slipway::bridge {

const Route* RouteTable::find(std::string_view binding) const {
  const auto found = bindings_.find(binding);
  return found == bindings_.end() ? nullptr : &found->second;
}

std::string RouteTable::names() const {
  std::string text;
  for (const auto& [name, route] : bindings_) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "none" : text;
}

std::shared_ptr<const RouteTable> Routes::capture() const {
  const std::lock_guard lock(mutex_);
  return table_;
}

std::shared_ptr<const RouteTable> Routes::publish(std::shared_ptr<const RouteTable> table) {
  const std::lock_guard lock(mutex_);
  table_.swap(table);
  return table;
}

}  // namespace slipway::bridge
