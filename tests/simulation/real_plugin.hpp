// A plugin's own library inside a simulated world: what is tested is what is shipped.
#pragma once

#include <memory>
#include <slipway/status.hpp>
#include <string>
#include <string_view>

namespace slipway::sim {

// For plugins that answer at once, as pure ones do.
class RealPlugin {
 public:
  // Throws what is wrong with the library.
  explicit RealPlugin(const std::string& library);
  RealPlugin(const RealPlugin&) = delete;
  RealPlugin& operator=(const RealPlugin&) = delete;
  ~RealPlugin();

  Result<std::string> call(std::string_view interface, std::uint32_t method, const std::string& payload);

 private:
  struct Inner;
  std::unique_ptr<Inner> inner_;
};

}  // namespace slipway::sim
