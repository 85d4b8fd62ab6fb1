// Which instance a binding leads to, now.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/bridge/intake.hpp"
#include "host/bridge/tally.hpp"
#include "host/runtime/instance.hpp"

namespace slipway::bridge {

// One generation of an instance, as calls reach it.
struct Way {
  std::shared_ptr<runtime::Instance> instance;
  std::string version;           // of its plugin
  std::shared_ptr<Tally> tally;  // null: nobody counts
  std::string down{};            // why there is no instance, and the way out
};

// A share of a binding's calls that goes to a generation on trial.
struct Trial {
  Way way;
  std::uint32_t share = 0;  // parts per million
  // Counts the calls, so that every million of them has exactly its share.
  mutable std::atomic<std::uint64_t> calls{0};
};

// Where a binding leads. Whoever holds a table holds its instances: none ends under a call. Behind a closed intake
// there may be no instance; otherwise there is none only where it says why.
struct Route : Way {
  std::shared_ptr<const Trial> trial;  // null: all calls go one way
  std::shared_ptr<Intake> intake;      // not null: calls wait here, then look at the new table

  // The way of one call. Calls with the same `affinity` go the same way during a trial; those without are dealt out.
  [[nodiscard]] const Way& choose(std::string_view affinity) const;
};

// Immutable once published. Beside the bindings there are names of a binding in one version,
// "strategies.canary@1.2.0", for callers that stay with the version that they began with.
class RouteTable {
 public:
  using Bindings = std::map<std::string, Route, std::less<>>;

  RouteTable() = default;
  explicit RouteTable(Bindings bindings, Bindings versions = {})
      : bindings_(std::move(bindings)), versions_(std::move(versions)) {}

  // Null for an unknown binding.
  [[nodiscard]] const Route* find(std::string_view binding) const;
  [[nodiscard]] const Bindings& bindings() const { return bindings_; }
  // Those of the kind of `binding`: "gates.freeze, gates.webhook" for "gates.b"; all for a name without a kind. "none"
  // when there are none.
  [[nodiscard]] std::string names_like(std::string_view binding) const;

  static std::string in_version(std::string_view binding, std::string_view version) {
    return std::string(binding) + "@" + std::string(version);
  }

 private:
  Bindings bindings_;
  Bindings versions_;
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
