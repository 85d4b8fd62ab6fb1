// A link in the shape of a plugin's table, so that whatever calls plugins calls a worker the same way.
#pragma once

#include <slipway/abi/plugin.h>

#include <memory>
#include <string>
#include <vector>

#include "host/isolation/worker_link.hpp"

namespace slipway::isolation {

// Constant after it was made. The instance that `make` gives is the link itself: one at a time, and none after it was
// destroyed.
class ProxyTable {
 public:
  // `interfaces` as the link's open gave them.
  ProxyTable(std::shared_ptr<WorkerLink> link, std::vector<std::string> interfaces);
  ProxyTable(const ProxyTable&) = delete;
  ProxyTable& operator=(const ProxyTable&) = delete;

  // Its create refuses: use make, which has the link.
  [[nodiscard]] const slipway_plugin& table() const { return table_; }
  slipway_status make(const slipway_host* host, slipway_span config, slipway_instance** instance, slipway_blob* error);
  [[nodiscard]] const std::shared_ptr<WorkerLink>& link() const { return link_; }

 private:
  const std::shared_ptr<WorkerLink> link_;
  const std::vector<std::string> interfaces_;
  std::vector<slipway_span> spans_;
  slipway_plugin table_{};
};

}  // namespace slipway::isolation
