// A temporary folder of this process alone, for commands that work beside a host: it keeps its own.
#pragma once

#include <filesystem>

namespace slipway::app {

// Goes with all that is in it when this goes. The constructor throws slipway::Error where none can be made.
class PrivateFolder {
 public:
  PrivateFolder();
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;
  ~PrivateFolder();
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace slipway::app
