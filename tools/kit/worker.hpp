// The plugin under test in a worker, as its table.
#pragma once

#include <slipway/abi/plugin.h>

#include <functional>
#include <memory>
#include <utility>

#include "host/isolation/proxy_table.hpp"
#include "tools/kit/subject.hpp"

namespace slipway::kit {

// One worker. Goes without ending it; the instance's destroy does that, and the end of the process.
class Worker {
 public:
  // Ends the test: with skip when the plugin can't be isolated or there is no slipway-worker beside this program, with
  // fail when the worker does not take it.
  explicit Worker(Context& context);
  // The same with something between the host and the worker; UNAVAILABLE when the worker ends before it has loaded.
  using Around = std::function<std::unique_ptr<isolation::Launcher>(std::unique_ptr<isolation::Launcher>)>;
  static Result<Worker> behind(Context& context, Around around);

  [[nodiscard]] const slipway_plugin& table() const { return proxy_->table(); }
  // For Subject::made_by.
  [[nodiscard]] Subject::Make make() const;
  [[nodiscard]] isolation::WorkerStatus status() const { return proxy_->link()->status(); }

 private:
  explicit Worker(std::shared_ptr<isolation::ProxyTable> proxy) : proxy_(std::move(proxy)) {}

  std::shared_ptr<isolation::ProxyTable> proxy_;
};

}  // namespace slipway::kit
