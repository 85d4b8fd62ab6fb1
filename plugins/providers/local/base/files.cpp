#include "plugins/providers/local/base/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "plugins/providers/local/base/failure.hpp"
#include "plugins/providers/local/base/unique_fd.hpp"

namespace slipway::local {
namespace {

std::string quoted(const std::filesystem::path& path) { return '"' + path.string() + '"'; }

void write_all(int fd, std::string_view text, const std::filesystem::path& path) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw_errno("cannot write " + quoted(path));
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

void sync_folder(const std::filesystem::path& folder) {
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid() || ::fsync(fd.get()) != 0) throw_errno("cannot sync the folder " + quoted(folder));
}

}  // namespace

void write_file(const std::filesystem::path& path, std::string_view text, Durability durability) {
  const std::filesystem::path fresh = path.string() + ".new";
  {
    const UniqueFd fd(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd.valid()) throw_errno("cannot create " + quoted(fresh));
    write_all(fd.get(), text, fresh);
    if (durability == Durability::kMachine && ::fdatasync(fd.get()) != 0) throw_errno("cannot sync " + quoted(fresh));
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) throw_errno("cannot rename " + quoted(fresh) + " to " + quoted(path));
  if (durability == Durability::kMachine) sync_folder(path.parent_path());
}

std::optional<std::string> read_file(const std::filesystem::path& path, std::size_t limit) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid() && errno == ENOENT) return std::nullopt;
  if (!fd.valid()) throw_errno("cannot open " + quoted(path));
  std::string text;
  char buffer[16384];
  for (;;) {
    const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw_errno("cannot read " + quoted(path));
    if (n == 0) return text;
    text.append(buffer, static_cast<std::size_t>(n));
    if (text.size() > limit) {
      throw Error(Code::resource_exhausted,
                  quoted(path) + " is larger than the " + std::to_string(limit) + " bytes allowed");
    }
  }
}

std::string read_tail(const std::filesystem::path& path, std::size_t most) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return "";
  const off_t size = ::lseek(fd.get(), 0, SEEK_END);
  std::string text(std::min(most, static_cast<std::size_t>(std::max<off_t>(0, size))), '\0');
  const ssize_t n = ::pread(fd.get(), text.data(), text.size(), size - static_cast<off_t>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(0, n)));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

void make_private_folder(const std::filesystem::path& path) {
  if (path.empty() || std::filesystem::is_directory(path)) return;
  make_private_folder(path.parent_path());
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) throw_errno("cannot make the folder " + quoted(path));
}

}  // namespace slipway::local
