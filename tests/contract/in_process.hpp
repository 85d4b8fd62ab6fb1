// A plugin of the build's plugin root, loaded into the test's own process.
#pragma once

#include <functional>
#include <slipway/testing/fake_host.hpp>
#include <slipway/testing/library.hpp>
#include <string>

#include "tests/contract/driver.hpp"

namespace slipway::test {

// Path of the library in <plugin root>/<id>/<version>/.
std::string library_of(const std::string& id);

class InProcess final : public Driver {
 public:
  // `prepare` may set handlers of host services. Throws Error when the plugin does not start.
  InProcess(const std::string& id, const Json& config, const std::function<void(FakeHost&)>& prepare = {});

  Result<std::string> call(std::string_view interface, std::uint32_t method, std::string payload,
                           const CallOptions& options) override;
  FakeHost& host() { return host_; }

 private:
  Library library_;
  FakeHost host_;
};

}  // namespace slipway::test
