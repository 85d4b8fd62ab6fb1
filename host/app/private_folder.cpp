#include "host/app/private_folder.hpp"

#include <cstdlib>
#include <slipway/status.hpp>
#include <string>

namespace slipway::app {

PrivateFolder::PrivateFolder() {
  std::string path = (std::filesystem::temp_directory_path() / "slipway-XXXXXX").string();
  if (::mkdtemp(path.data()) == nullptr) throw Error(Code::unavailable, "cannot make the folder \"" + path + "\"");
  path_ = path;
}

PrivateFolder::~PrivateFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace slipway::app
