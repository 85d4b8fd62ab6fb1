// The commands that turn one content of a HAProxy map into another. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "plugins/providers/local/edge/proxy_config.hpp"

namespace slipway::local {

// For a map looked up by exact key: one command for each key that differs.
std::vector<std::string> changes_of(const std::string& map, const MapLines& before, const MapLines& after);

// For a map whose order matters: the whole content in one transaction. `version` is what `prepare map` answered.
std::vector<std::string> replacement_of(const std::string& map, std::string_view version, const MapLines& after);

// "New version created: 3" -> "3"; empty when it is something else.
std::string map_version_of(std::string_view text);

// The answer of `show map`.
MapLines parse_map(std::string_view text);
// The text of a map's file.
MapLines parse_map_file(std::string_view text);

}  // namespace slipway::local
