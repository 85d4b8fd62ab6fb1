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

std::optional<ProcessStat> stat_of(int pid) {
  try {
    const auto line = read_file("/proc/" + std::to_string(pid) + "/stat");
    return line ? parse_stat_line(*line) : std::nullopt;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

bool is_session_leader(int pid) {
  const auto stat = stat_of(pid);
  return stat && stat->session == pid;
}

template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
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

std::optional<ProcessStat> parse_stat_line(std::string_view line) {
  // The name stands in brackets and may hold blanks and brackets; the numbers behind it are the manual's from 3 on.
  constexpr std::size_t kState = 0, kSession = 3, kStartTime = 19;
  const auto name_end = line.rfind(')');
  if (name_end == line.npos) return std::nullopt;
  std::istringstream stream(std::string(line.substr(name_end + 1)));
  std::vector<std::string> fields;
  for (std::string field; fields.size() <= kStartTime && stream >> field;) fields.push_back(field);
  ProcessStat stat;
  if (fields.size() <= kStartTime || !read_number(fields[kSession], stat.session) ||
      !read_number(fields[kStartTime], stat.start_time))
    return std::nullopt;
  stat.state = fields[kState].front();
  return stat;
}

std::optional<std::uint64_t> start_time_of(int pid) {
  const auto stat = stat_of(pid);
  if (!stat || stat->state == 'Z' || stat->state == 'X') return std::nullopt;
  return stat->start_time;
}

std::optional<int> find_by_environment(std::string_view entry) {
  std::error_code ignored;
  for (const auto& folder : std::filesystem::directory_iterator("/proc", ignored)) {
    const std::string name = folder.path().filename().string();
    int pid = 0;
    if (read_number(name, pid) && is_session_leader(pid) && has_entry(pid, entry)) return pid;
  }
  return std::nullopt;
}

}  // namespace slipway::local
