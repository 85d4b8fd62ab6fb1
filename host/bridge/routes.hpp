// Which instance a binding leads to, now.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/runtime/instance.hpp"

namespace slipway::bridge {

// One binding's generation. Whoever holds a table holds its instances: none ends under a call.
struct Route {
  std::shared_ptr<runtime::Instance> instance;
};

// Immutable once published.
class RouteTable {
 public:
  using Bindings = std::map<std::string, Route, std::less<>>;

  RouteTable() = default;
  explicit RouteTable(Bindings bindings) : bindings_(std::move(bindings)) {}

  // Null for an unknown binding.
  [[nodiscard]] const Route* find(std::string_view binding) const;
  [[nodiscard]] const Bindings& bindings() const { return bindings_; }
  // "gate, provider, strategies.canary"; "none" for an empty table.
  [[nodiscard]] std::string names() const;

 private:
  Bindings bindings_;
};

// The current table. Thread-safe. A swap is one pointer: who captured the old table keeps calling its instances.
class Routes {
 public:
  [[nodiscard]] std::shared_ptr<const RouteTable> capture() const;
  // Returns the table that was current, for the instances in it that are to be stopped.
  std::shared_ptr<const RouteTable> publish(std::shared_ptr<const RouteTable> table);

 private:
  // Held for one pointer's copy. std::atomic<std::shared_ptr> does the same inside, unseen by the thread sanitizer.
  mutable std::mutex mutex_;
  std::shared_ptr<const RouteTable> table_ = std::make_shared<RouteTable>();
};

}  // namespace slipway::bridge
