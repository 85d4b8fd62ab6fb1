// Asks one replica one question. Tests put a fake here.
#pragma once

#include <cstdint>
#include <memory>
#include <slipway/interfaces/provider.hpp>
#include <string>

#include "plugins/providers/local/process/processes.hpp"

namespace slipway::local {

class Checker {
 public:
  virtual ~Checker() = default;
  // Empty when the check passes; else what went wrong: "HTTP status 503", "connection refused". Never throws.
  // `like` gives a command check its environment, folder and user.
  virtual awaitable<std::string> ask(const provider::Check& check, std::uint16_t port, const Command& like) = 0;
};

// On the address and through `processes`, which must outlive it. One thread: that of the executor.
std::unique_ptr<Checker> make_checker(Processes& processes, const std::string& address = "127.0.0.1");

}  // namespace slipway::local
