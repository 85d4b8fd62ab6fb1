// "config" of a plugin.json, for tests that hold it to the plugin's settings.
#pragma once

#include <fstream>
#include <slipway/json.hpp>
#include <string>

namespace slipway::test {

inline Json config_in(const std::string& manifest) {
  std::ifstream file(manifest);
  return Json::parse(file).at("config");
}

}  // namespace slipway::test
