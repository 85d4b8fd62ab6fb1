#include "plugins/providers/local/process/proc.hpp"

#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "plugins/providers/local/base/files.hpp"

namespace slipway::local {
namespace {

// The fields of /proc/<pid>/stat after the name, which may hold blanks and brackets: [0] is the state, field 3 of the
// manual.
std::vector<std::string> stat_fields(int pid) {
  std::optional<std::string> text;
  try {
    text = read_file("/proc/" + std::to_string(pid) + "/stat");
  } catch (const std::exception&) {
    return {};
  }
  if (!text || text->rfind(')') == text->npos) return {};
  std::istringstream stream(text->substr(text->rfind(')') + 1));
  std::vector<std::string> fields;
  for (std::string field; stream >> field;) fields.push_back(field);
  return fields;
}

constexpr std::size_t kState = 0, kSession = 3, kStartTime = 19;

bool is_session_leader(int pid) {
  const auto fields = stat_fields(pid);
  return fields.size() > kSession && fields[kSession] == std::to_string(pid);
}

// A process that is just calling exec shows an empty environment until the new program's memory is in place.
std::optional<std::string> environment_of(int pid) {
  constexpr int kAttempts = 20;
  std::optional<std::string> text;
  for (int i = 0; i < kAttempts; ++i) {
    text = read_file("/proc/" + std::to_string(pid) + "/environ");
    if (!text || !text->empty() || !start_time_of(pid)) break;
    ::usleep(1000);
  }
  return text;
}

bool has_entry(int pid, std::string_view entry) {
  try {
    const auto text = environment_of(pid);
    if (!text) return false;
    const std::string haystack = '\0' + *text + '\0';
    return haystack.find('\0' + std::string(entry) + '\0') != haystack.npos;
  } catch (const std::exception&) {
    return false;  // somebody else's process
  }
}

}  // namespace

std::optional<std::uint64_t> start_time_of(int pid) {
  const auto fields = stat_fields(pid);
  if (fields.size() <= kStartTime || fields[kState] == "Z" || fields[kState] == "X") return std::nullopt;
  std::uint64_t ticks = 0;
  const std::string& text = fields[kStartTime];
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ticks);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return ticks;
}

std::optional<int> find_by_environment(std::string_view entry) {
  std::error_code ignored;
  for (const auto& folder : std::filesystem::directory_iterator("/proc", ignored)) {
    const std::string name = folder.path().filename().string();
    int pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error != std::errc() || end != name.data() + name.size()) continue;
    if (is_session_leader(pid) && has_entry(pid, entry)) return pid;
  }
  return std::nullopt;
}

}  // namespace slipway::local
