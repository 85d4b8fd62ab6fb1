#include "plugins/providers/local/edge/program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>

#include "plugins/providers/local/base/failure.hpp"
#include "plugins/providers/local/base/unique_fd.hpp"

namespace slipway::local {
namespace {

namespace fs = std::filesystem;

constexpr int kPatienceMs = 5000;
constexpr std::size_t kMostWords = 1000;

[[noreturn]] void refuse(const std::string& binary, const std::string& why) {
  throw Error(Code::failed_precondition, "haproxy.binary \"" + binary + "\" " + why);
}

std::string found(const std::string& binary, std::string_view path) {
  if (binary.find('/') != binary.npos) {
    if (!fs::exists(binary)) refuse(binary, "does not exist; name the program of HAProxy");
    if (fs::is_directory(binary) || ::access(binary.c_str(), X_OK) != 0)
      refuse(binary, "is no program that may be run");
    return binary;
  }
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find(':', at), path.size());
    const fs::path file = fs::path(path.substr(at, end - at)) / binary;
    if (fs::is_regular_file(file) && ::access(file.c_str(), X_OK) == 0) return file;
    at = end + 1;
  }
  refuse(binary, "is in none of the folders " + std::string(path) + "; apt-get install haproxy, or name its path");
}

std::string read_words(int from) {
  std::string words;
  char buffer[512];
  for (pollfd ready{from, POLLIN, 0}; words.size() < kMostWords && ::poll(&ready, 1, kPatienceMs) == 1;) {
    const ssize_t count = ::read(from, buffer, sizeof buffer);
    if (count <= 0) break;
    words.append(buffer, static_cast<std::size_t>(count));
  }
  return words;
}

// What the program says to -v; it is not waited for any longer than that.
std::string words_of(const std::string& binary, const std::string& program) {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) throw_errno("cannot ask \"" + program + "\" for its version");
  UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, write_end.get(), STDOUT_FILENO);
  std::string first = program, second = "-v";
  char* const arguments[] = {first.data(), second.data(), nullptr};
  char* const environment[] = {nullptr};
  pid_t pid = 0;
  const int error = ::posix_spawn(&pid, program.c_str(), &actions, nullptr, arguments, environment);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) refuse(binary, "can't be run: " + errno_text(error));
  write_end.reset();
  std::string words = read_words(read_end.get());
  ::kill(pid, SIGKILL);
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  return words;
}

std::string shown(HaproxyVersion version) {
  return std::to_string(version.major) + "." + std::to_string(version.minor);
}

}  // namespace

std::optional<HaproxyVersion> version_in(std::string_view words) {
  constexpr std::string_view kBefore = "roxy version ";  // "HAProxy", and "HA-Proxy" before 2.4
  const auto at = words.find(kBefore);
  if (!words.starts_with("HA") || at == words.npos) return std::nullopt;
  const char* const end = words.data() + words.size();
  HaproxyVersion version;
  const auto major = std::from_chars(words.data() + at + kBefore.size(), end, version.major);
  if (major.ec != std::errc() || major.ptr == end || *major.ptr != '.') return std::nullopt;
  const auto minor = std::from_chars(major.ptr + 1, end, version.minor);
  return minor.ec == std::errc() ? std::optional(version) : std::nullopt;
}

void check_haproxy(const std::string& binary, std::string_view path) {
  const auto version = version_in(words_of(binary, found(binary, path)));
  if (!version) refuse(binary, "is no HAProxy: it does not say its version when it is run with -v");
  if (*version >= kOldestHaproxy) return;
  refuse(binary, "is HAProxy " + shown(*version) + "; want " + shown(kOldestHaproxy) + " or newer");
}

}  // namespace slipway::local
