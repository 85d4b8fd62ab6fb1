#include "tools/kit/process_state.hpp"

#include <locale.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cfenv>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace slipway::kit {
namespace {

namespace fs = std::filesystem;

std::string locale_now() {
  const char* name = ::setlocale(LC_ALL, nullptr);
  const bool own = ::uselocale(nullptr) != LC_GLOBAL_LOCALE;
  return std::string(name == nullptr ? "" : name) + (own ? " and one of the thread's own" : "");
}

std::string working_directory() {
  std::error_code error;
  return fs::current_path(error).string();
}

std::string signal_mask() {
  sigset_t set;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &set);
  std::string text;
  for (int signal = 1; signal < NSIG; ++signal) {
    if (::sigismember(&set, signal) == 1) text += std::to_string(signal) + " ";
  }
  return text.empty() ? "no signal blocked" : text + "blocked";
}

std::string signal_handlers() {
  std::ostringstream text;
  for (int signal = 1; signal < NSIG; ++signal) {
    struct sigaction action {};
    if (::sigaction(signal, nullptr, &action) != 0 || action.sa_handler == SIG_DFL) continue;
    text << signal << (action.sa_handler == SIG_IGN ? " ignored " : " handled ");
  }
  return text.str();
}

std::string environment() {
  std::string text;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) text += std::string(*entry) + " ";
  return text;
}

std::string file_mode_mask() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return std::to_string(mask);
}

std::string floating_point() { return std::to_string(std::fegetround()) + (::fegetexcept() == 0 ? "" : " with traps"); }

std::string resource_limits() {
  std::string text;
  for (int resource = 0; resource < static_cast<int>(RLIMIT_NLIMITS); ++resource) {
    struct rlimit limit {};
    ::getrlimit(static_cast<__rlimit_resource>(resource), &limit);
    text += std::to_string(limit.rlim_cur) + " ";
  }
  return text;
}

// Where standard output and error go, and how much was written there.
std::string output() {
  std::fflush(nullptr);
  std::string text;
  for (const int descriptor : {STDOUT_FILENO, STDERR_FILENO}) {
    struct stat info {};
    text += ::fstat(descriptor, &info) != 0
                ? "closed "
                : std::to_string(info.st_ino) + " with " + std::to_string(info.st_size) + " bytes ";
  }
  return text;
}

int number_of(const fs::path& path) {
  const std::string name = path.filename().string();
  int number = -1;
  std::from_chars(name.data(), name.data() + name.size(), number);
  return number;
}

std::string first_line(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace

const std::array<Property, 9> kProperties{{
    {"locale", "the locale", locale_now},
    {"working_directory", "the working directory", working_directory},
    {"signal_mask", "the signal mask of a thread of the host's", signal_mask},
    {"signal_handlers", "the signal handlers", signal_handlers},
    {"environment", "the environment", environment},
    {"file_mode_mask", "the umask", file_mode_mask},
    {"floating_point", "the floating point mode", floating_point},
    {"resource_limits", "the resource limits", resource_limits},
    {"output", "standard output or standard error", output},
}};

std::map<int, std::string> threads() {
  std::map<int, std::string> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc/self/task", error)) {
    const std::string name = first_line(entry.path() / "comm");
    if (!name.empty()) found.emplace(number_of(entry.path()), name);
  }
  return found;
}

std::map<int, std::string> descriptors() {
  std::map<int, std::string> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc/self/fd", error)) {
    const auto target = fs::read_symlink(entry.path(), error);
    // The one that reads this folder.
    if (!error && !target.string().starts_with("/proc/")) found.emplace(number_of(entry.path()), target.string());
  }
  return found;
}

std::string additions(const std::map<int, std::string>& before, const std::map<int, std::string>& after) {
  std::string text;
  for (const auto& [number, name] : after) {
    if (before.contains(number)) continue;
    text += (text.empty() ? "" : ", ") + std::to_string(number) + " (" + name + ")";
  }
  return text;
}

}  // namespace slipway::kit
