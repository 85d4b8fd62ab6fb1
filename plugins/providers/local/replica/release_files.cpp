#include "plugins/providers/local/replica/release_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include "plugins/providers/local/base/failure.hpp"
#include "plugins/providers/local/base/unique_fd.hpp"

namespace slipway::local {
namespace {

namespace fs = std::filesystem;

std::string in_quotes(const fs::path& path) { return '"' + path.string() + '"'; }

void give_open(const UniqueFd& fd, const fs::path& path, const std::optional<User>& user) {
  if (user && ::fchown(fd.get(), user->uid, user->gid) != 0)
    throw_errno("cannot give " + in_quotes(path) + " to the replica's user");
}

UniqueFd open_subfolder(const UniqueFd& parent, const fs::path& name, const fs::path& path,
                        const std::optional<User>& user) {
  const bool made = ::mkdirat(parent.get(), name.c_str(), 0700) == 0;
  if (!made && errno != EEXIST) throw_errno("cannot make the folder " + in_quotes(path));
  UniqueFd fd(::openat(parent.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd.valid() && (errno == ELOOP || errno == ENOTDIR))
    throw Error(Code::failed_precondition, in_quotes(path) +
                                               " is no folder; a release's files are written through none "
                                               "but folders: remove what is there");
  if (!fd.valid()) throw_errno("cannot open the folder " + in_quotes(path));
  if (made) give_open(fd, path, user);
  return fd;
}

void replace_in(const UniqueFd& parent, const fs::path& name, const fs::path& path, std::string_view text,
                const std::optional<User>& user) {
  const std::string fresh = ".slipway-new-" + name.string();
  ::unlinkat(parent.get(), fresh.c_str(), 0);
  const auto give_up = [&](const std::string& what) {
    const int cause = errno;
    ::unlinkat(parent.get(), fresh.c_str(), 0);
    errno = cause;
    throw_errno(what + in_quotes(path));
  };
  const UniqueFd fd(::openat(parent.get(), fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd.valid()) give_up("cannot create ");
  while (!text.empty()) {
    const ssize_t n = ::write(fd.get(), text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) give_up("cannot write ");
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  give_open(fd, path, user);
  if (::renameat(parent.get(), fresh.c_str(), parent.get(), name.c_str()) != 0) give_up("cannot replace ");
}

}  // namespace

void write_release_file(const fs::path& folder, const provider::File& file, const std::optional<User>& user) {
  const fs::path relative = fs::path(file.path).lexically_normal();
  if (relative.empty() || relative.is_absolute() || *relative.begin() == "..") {
    throw Error(Code::invalid_argument,
                "the file \"" + file.path + "\" lies outside the working directory; want a relative path");
  }
  UniqueFd parent(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent.valid()) throw_errno("cannot open the folder " + in_quotes(folder));
  fs::path path = folder;
  for (const fs::path& name : relative.parent_path()) {
    path /= name;
    parent = open_subfolder(parent, name, path, user);
  }
  replace_in(parent, relative.filename(), folder / relative, file.content, user);
}

}  // namespace slipway::local
