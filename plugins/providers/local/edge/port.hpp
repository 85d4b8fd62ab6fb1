// Who listens where HAProxy shall. HAProxy binds with SO_REUSEPORT: beside another program that does so too it would
// get part of the connections and say nothing. Blocks on /proc.
#pragma once

#include <string>

namespace slipway::local {

// Throws slipway::Error (FAILED_PRECONDITION), naming the process where it may be seen, when another one listens at
// `bind`
// ("127.0.0.1:8080", "*:80", "[::1]:80"; other forms are left to HAProxy). A process with `config` among its arguments
// is our own HAProxy.
void check_port_is_ours(const std::string& bind, const std::string& config);

}  // namespace slipway::local
