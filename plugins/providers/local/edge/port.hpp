// Who listens where HAProxy shall. HAProxy binds with SO_REUSEPORT: beside another program that does so too it would
// get part of the connections and say nothing. Blocks on /proc.
//
// The host looks too, from the settings alone, at each start and each change of profile; this is for each later start
// of a HAProxy that has ended, of which the host does not know. A plugin has no way to the host's own code.
#pragma once

#include <string>

namespace slipway::local {

// Throws slipway::Error (FAILED_PRECONDITION), naming the process where it may be seen, when another one listens at
// `bind`
// ("127.0.0.1:8080", "*:80", "[::1]:80"; other forms are left to HAProxy). A process with `config` among its arguments
// is our own HAProxy.
void check_port_is_ours(const std::string& bind, const std::string& config);

}  // namespace slipway::local
