// Asks HAProxy's stats socket.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <slipway/status.hpp>
#include <string>

namespace slipway::haproxy {

// The answer to a line of commands; UNAVAILABLE names the socket and the cause, DEADLINE_EXCEEDED the limit.
boost::asio::awaitable<Result<std::string>> ask_stats(std::string path, std::string commands,
                                                      std::chrono::milliseconds limit);

}  // namespace slipway::haproxy
