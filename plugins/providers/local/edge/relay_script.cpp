#include "plugins/providers/local/edge/proxy_config.hpp"

namespace slipway::local {

std::string relay_script(const EdgeSettings& settings) {
  return R"lua(-- Written by Slipway's local provider. Holds the access records back until somebody listens for them.
local reader = "unix@)lua" +
         settings.records_socket + R"lua("

local function listens()
  local probe = core.tcp()
  probe:settimeout(1)
  local connected = probe:connect(reader)
  probe:close()
  return connected
end

core.register_action("slipway_await_reader", { "tcp-req" }, function()
  while not listens() do core.msleep(250) end
end)
)lua";
}

}  // namespace slipway::local
