// A plugin under test, as a contract suite sees it: methods called by number with JSON text. The suite knows nothing
// of the plugin's code or of where it runs.
#pragma once

#include <cstdint>
#include <memory>
#include <slipway/interface.hpp>
#include <slipway/testing/records.hpp>
#include <string>
#include <string_view>

namespace slipway::test {

// One started instance, used from one thread.
class Driver {
 public:
  Driver() = default;
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;
  virtual ~Driver() = default;

  // Waits for the answer.
  virtual Result<std::string> call(std::string_view interface, std::uint32_t method, std::string payload,
                                   const CallOptions& options) = 0;
};

template <class Interface, class Method>
Result<typename Method::Reply> call(Driver& driver, const typename Method::Request& request,
                                    const CallOptions& options = {}) {
  auto bytes = driver.call(Interface::id, Interface::template index_of<Method>(), encode_text(request), options);
  if (!bytes.ok()) return bytes.status();
  return decode_text<typename Method::Reply>(*bytes, "the reply");
}

}  // namespace slipway::test
