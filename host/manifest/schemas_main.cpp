// slipway-schemas ROOT: writes the schemas that ship into the source tree at ROOT.
#include <fstream>
#include <iostream>

#include "host/config/site_config.hpp"
#include "host/manifest/profile.hpp"

namespace {

bool write(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) std::cerr << "slipway-schemas: " << path << " cannot be written\n";
  return static_cast<bool>(file);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::cerr << "usage: slipway-schemas ROOT\n";
    return 2;
  }
  const std::string root = arguments[1];
  const bool written = write(root + "/config/site.schema.json", slipway::config::site_schema_text()) &&
                       write(root + "/manifests/profile.schema.json", slipway::manifest::profile_schema_text()) &&
                       write(root + "/sdk/schema/plugin.schema.json", slipway::manifest::plugin_schema_text());
  return written ? 0 : 1;
}
