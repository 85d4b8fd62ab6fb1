// A plugin's table for a test, whichever process its code runs in.
#pragma once

#include <slipway/abi/plugin.h>

#include <memory>
#include <string>

namespace slipway::test {

enum class Placement { in_process, isolated };

// The table is valid, and one instance at a time may be made from it, as long as the object lives. Of isolated ones
// that were placed on a thread, its next create belongs to the last.
class PlacedPlugin {
 public:
  PlacedPlugin() = default;
  PlacedPlugin(const PlacedPlugin&) = delete;
  PlacedPlugin& operator=(const PlacedPlugin&) = delete;
  virtual ~PlacedPlugin() = default;

  [[nodiscard]] virtual const slipway_plugin& table() const = 0;
};

// The library of a package, with its plugin.json beside it. Throws Error when it cannot be loaded.
std::unique_ptr<PlacedPlugin> place(Placement placement, const std::string& library);

}  // namespace slipway::test
