// Which files the plugin may open, by Landlock (landlock(7)); the kernel holds every thread of the process to it.
#pragma once

#include <string>
#include <vector>

#include "host/isolation/messages.hpp"

namespace slipway::worker {

// System libraries and the library itself for reading, everything beneath `paths`; "*" leaves all files open.
isolation::Protection confine_files(const std::vector<std::string>& paths, int library);

}  // namespace slipway::worker
