// A plugin of the build's plugin root behind a fake host: in the test's own process, or in a worker when
// SLIPWAY_CONTRACT_PLACEMENT is "isolated".
#pragma once

#include <functional>
#include <memory>
#include <slipway/testing/fake_host.hpp>
#include <string>

#include "tests/contract/driver.hpp"
#include "tests/support/placed_plugin.hpp"

namespace slipway::test {

// Path of the library in <plugin root>/<id>/<version>/.
std::string library_of(const std::string& id);

class Hosted final : public Driver {
 public:
  // `prepare` may set handlers of host services. Throws Error when the plugin does not start.
  Hosted(const std::string& id, const Json& config, const std::function<void(FakeHost&)>& prepare = {});
  Hosted(Placement placement, const std::string& id, const Json& config,
         const std::function<void(FakeHost&)>& prepare = {});

  Result<std::string> call(std::string_view interface, std::uint32_t method, std::string payload,
                           const CallOptions& options) override;
  FakeHost& host() { return host_; }

 private:
  const std::unique_ptr<PlacedPlugin> plugin_;
  FakeHost host_;
};

}  // namespace slipway::test
