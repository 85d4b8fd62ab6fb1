// A plugin's library in this process.
#pragma once

#include <slipway/abi/plugin.h>

#include <filesystem>
#include <optional>

#include "host/loader/mapping.hpp"
#include "tools/kit/context.hpp"

namespace slipway::kit {

// Stays mapped when it goes without `unmap`: a thread that the plugin left behind must not lose its code before the
// test has told of it.
class Loaded {
 public:
  // Ends the test with fail when the library can't be mapped.
  Loaded(Context& context, const std::filesystem::path& library);
  Loaded(const Loaded&) = delete;
  Loaded& operator=(const Loaded&) = delete;
  ~Loaded();

  [[nodiscard]] slipway_plugin_entry_fn entry() const { return entry_; }
  // The table for this kit's ABI, or fail.
  [[nodiscard]] const slipway_plugin& table() const;
  // Once, as the last thing.
  loader::Residency unmap();

 private:
  Context& context_;
  std::optional<loader::Mapping> mapping_;
  slipway_plugin_entry_fn entry_ = nullptr;
};

// The bytes of a blob, which is released.
std::string take(slipway_blob blob);

}  // namespace slipway::kit
