#include "plugins/providers/local/replica/log_rotation.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace slipway::local {
namespace {

namespace fs = std::filesystem;

fs::path numbered(const fs::path& file, int number) { return file.string() + "." + std::to_string(number); }

// "1.0-2.log" and "1.0-2.log.1" -> "1.0-2".
std::string replica_of(const fs::path& file) {
  const std::string name = file.filename();
  return name.substr(0, name.rfind(".log"));
}

}  // namespace

bool rotate_if_large(const fs::path& file, const LogSettings& settings) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  if (error || size <= settings.max_bytes) return false;
  for (int number = settings.keep; number > 1; --number)
    fs::rename(numbered(file, number - 1), numbered(file, number), error);
  error.clear();
  if (settings.keep > 0) fs::copy_file(file, numbered(file, 1), fs::copy_options::overwrite_existing, error);
  if (!error) fs::resize_file(file, 0, error);
  return !error;
}

void prune_logs(const fs::path& folder, std::size_t most, const std::set<std::string>& replicas) {
  std::error_code error;
  std::vector<fs::directory_entry> files;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (!replicas.contains(replica_of(entry.path()))) files.push_back(entry);
  }
  if (files.size() <= most) return;
  const auto age = [](const fs::directory_entry& entry) {
    std::error_code ignored;
    return entry.last_write_time(ignored);
  };
  std::ranges::sort(files, {}, age);
  for (std::size_t i = 0; i + most < files.size(); ++i) fs::remove(files[i].path(), error);
}

}  // namespace slipway::local
