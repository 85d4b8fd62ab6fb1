#include "plugins/secrets/file/secret_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace slipway::secrets_file {
namespace {

// An open file, closed at the end.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

Status refusal(const std::filesystem::path& path, const std::string& why) {
  return {Code::failed_precondition, "secret file \"" + path.string() + "\" " + why};
}

std::string octal(unsigned mode) {
  std::string text = "0";
  for (int shift = 6; shift >= 0; shift -= 3) text += static_cast<char>('0' + ((mode >> shift) & 7U));
  return text;
}

Status check(const std::filesystem::path& path, int descriptor) {
  struct stat found {};
  if (::fstat(descriptor, &found) != 0)
    return refusal(path, std::string("cannot be looked at: ") + std::strerror(errno));
  if (!S_ISREG(found.st_mode)) return refusal(path, "is no regular file");
  if (found.st_uid != ::geteuid() && found.st_uid != 0) {
    return refusal(path, "belongs to user " + std::to_string(found.st_uid) + "; it must belong to user " +
                             std::to_string(::geteuid()) + " or root");
  }
  if ((found.st_mode & 0077U) != 0) {
    return refusal(path, "may be used by others (mode " + octal(found.st_mode & 0777U) + "); run chmod 600 on it");
  }
  if (found.st_size > static_cast<off_t>(kMaxBytes)) {
    return refusal(
        path, "has " + std::to_string(found.st_size) + " bytes, at most " + std::to_string(kMaxBytes) + " are allowed");
  }
  return {};
}

Result<std::string> content(const std::filesystem::path& path, int descriptor) {
  std::string text(kMaxBytes + 1, '\0');
  std::size_t length = 0;
  while (length < text.size()) {
    const ssize_t got = ::read(descriptor, text.data() + length, text.size() - length);
    if (got < 0) return refusal(path, std::string("cannot be read: ") + std::strerror(errno));
    if (got == 0) break;
    length += static_cast<std::size_t>(got);
  }
  if (length > kMaxBytes) return refusal(path, "grew above " + std::to_string(kMaxBytes) + " bytes while it was read");
  text.resize(length);
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace

bool is_name(const std::string& name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  };
  return !name.empty() && name.size() <= 128 && name.front() != '.' && std::all_of(name.begin(), name.end(), fits);
}

Result<std::optional<std::string>> read_secret(const std::filesystem::path& directory, const std::string& name) {
  if (directory.empty() || !is_name(name)) return std::optional<std::string>();
  const auto path = directory / name;
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  if (file.number() < 0 && errno == ENOENT) return std::optional<std::string>();
  if (file.number() < 0 && errno == ELOOP) return refusal(path, "is a link; put the file itself there");
  if (file.number() < 0) return refusal(path, std::string("cannot be opened: ") + std::strerror(errno));
  if (Status status = check(path, file.number()); !status.ok()) return status;
  auto text = content(path, file.number());
  if (!text.ok()) return text.status();
  return std::optional<std::string>(std::move(*text));
}

Result<std::vector<std::string>> list_secrets(const std::filesystem::path& directory) {
  std::vector<std::string> names;
  if (directory.empty()) return names;
  std::error_code failed;
  for (std::filesystem::directory_iterator entry(directory, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    const std::string name = entry->path().filename().string();
    std::error_code unknown;
    if (is_name(name) && entry->symlink_status(unknown).type() == std::filesystem::file_type::regular)
      names.push_back(name);
  }
  if (failed)
    return Status(Code::failed_precondition,
                  "secret directory \"" + directory.string() + "\" cannot be read: " + failed.message());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace slipway::secrets_file
