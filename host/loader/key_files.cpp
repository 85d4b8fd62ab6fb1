#include "host/loader/key_files.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <vector>

#include "host/base/files.hpp"

namespace slipway::loader {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxKeyFile = 4'096;

fs::path home_of_user() {
  std::vector<char> buffer(16'384);
  passwd entry{};
  passwd* found = nullptr;
  const bool known = ::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr;
  return known ? found->pw_dir : "";
}

// Empty unless it is there and absolute, as the XDG base directory specification wants.
fs::path directory_of(const std::map<std::string, std::string>& variables, const std::string& name) {
  const auto found = variables.find(name);
  if (found == variables.end() || !fs::path(found->second).is_absolute()) return {};
  return found->second;
}

std::string octal(mode_t mode) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "%04o", mode & 07777U);
  return text.data();
}

// `forbidden`: what no one but the owner may do.
Status check_mode(const fs::path& path, mode_t forbidden, const std::string& deed, const std::string& way_out) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return base::file_fault(path, "cannot be examined", errno);
  if ((info.st_mode & forbidden) == 0) return {};
  return {Code::failed_precondition, path.string() + ": has mode " + octal(info.st_mode) + ", so others can " + deed +
                                         "; run chmod " + way_out + " " + path.string()};
}

// Makes the file whole or not at all, and never over another.
Status make_file(const fs::path& path, std::string_view bytes, mode_t mode) {
  const fs::path temporary = path.string() + "." + std::to_string(::getpid()) + ".new";
  if (Status status = base::write_private_file(temporary, bytes); !status.ok()) return status;
  const int linked = ::chmod(temporary.c_str(), mode) == 0 && ::link(temporary.c_str(), path.c_str()) == 0 ? 0 : errno;
  ::unlink(temporary.c_str());
  if (linked == EEXIST)
    return {Code::already_exists, path.string() + ": is there already; take another name, or remove it first"};
  return linked == 0 ? Status() : base::file_fault(path, "cannot be made", linked);
}

Status write_public_half(const fs::path& path, const PublicKey& key) {
  const Status made = make_file(path, to_string(key) + "\n", 0644);
  if (made.code != Code::already_exists) return made;
  const auto there = read_public_key(path);
  if (there.ok() && *there == key) return {};
  return {Code::already_exists, path.string() + ": is there already and belongs to another key; remove it first"};
}

}  // namespace

fs::path key_directory(const std::map<std::string, std::string>& variables) {
  if (auto own = directory_of(variables, "SLIPWAY_KEY_DIRECTORY"); !own.empty()) return own;
  if (auto config = directory_of(variables, "XDG_CONFIG_HOME"); !config.empty()) return config / "slipway/keys";
  auto home = directory_of(variables, "HOME");
  if (home.empty()) home = home_of_user();
  return home.empty() ? fs::path() : home / ".config/slipway/keys";
}

KeyFiles key_files(const fs::path& directory, const std::string& name) {
  const fs::path path = name.find('/') == name.npos ? directory / name : fs::path(name);
  return {path, path.string() + ".pub"};
}

Status check_key_name(const std::string& name) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789-.";
  const bool good = !name.empty() && name.size() <= 63 && name.find_first_not_of(kAllowed) == name.npos &&
                    name.front() != '.' && name.front() != '-' && !name.ends_with(".pub");
  if (good) return {};
  return {Code::invalid_argument, "\"" + name +
                                      "\" is no name of a key; want 1 to 63 lower-case letters, digits, dashes and "
                                      "dots, beginning with a letter or a digit and not ending in .pub"};
}

Result<PublicKey> make_key(const KeyFiles& files) {
  if (files.private_half.has_parent_path()) {
    if (Status status = base::make_private_directories(files.private_half.parent_path()); !status.ok()) return status;
  }
  const PrivateKey key = PrivateKey::generate();
  if (Status status = make_file(files.private_half, key.to_pem(), 0600); !status.ok()) return status;
  if (Status status = write_public_half(files.public_half, key.public_key()); !status.ok()) return status;
  return key.public_key();
}

Result<PrivateKey> read_private_key(const fs::path& path) {
  const auto pem = base::read_file(path, {.max_bytes = kMaxKeyFile});
  if (!pem.ok()) return pem.status();
  if (Status status = check_mode(path, 077, "read the private key", "600"); !status.ok()) return status;
  auto key = PrivateKey::from_pem(*pem);
  if (!key.ok()) return Status(key.status().code, path.string() + ": " + key.status().message);
  return key;
}

Result<PublicKey> read_public_key(const fs::path& path) {
  const auto text = base::read_file(path, {.max_bytes = kMaxKeyFile});
  if (!text.ok()) return text.status();
  if (Status status = check_mode(path, 022, "put another key in its place", "go-w"); !status.ok()) return status;
  auto key = parse_public_key(*text);
  if (!key.ok()) return Status(key.status().code, path.string() + ": " + key.status().message);
  return key;
}

Result<PrivateKey> local_key(const fs::path& directory) {
  if (directory.empty())
    return Status(
        Code::failed_precondition,
        "there is no place for the local key: neither SLIPWAY_KEY_DIRECTORY nor HOME is set; set one of them");
  const KeyFiles files = key_files(directory, kLocalKey);
  auto key = read_private_key(files.private_half);
  if (!key.ok() && key.status().code == Code::not_found) {
    // Another build may make it at the same moment; then that one is used.
    const auto made = make_key(files);
    if (!made.ok() && made.status().code != Code::already_exists) return made.status();
    key = read_private_key(files.private_half);
  }
  if (!key.ok()) return key;
  if (Status status = write_public_half(files.public_half, key->public_key()); !status.ok()) return status;
  return key;
}

}  // namespace slipway::loader
