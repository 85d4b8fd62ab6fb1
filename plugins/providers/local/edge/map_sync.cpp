#include "plugins/providers/local/edge/map_sync.hpp"

#include <algorithm>
#include <map>

namespace slipway::local {

std::vector<std::string> changes_of(const std::string& map, const MapLines& before, const MapLines& after) {
  const std::map<std::string, std::string> old(before.begin(), before.end()), fresh(after.begin(), after.end());
  std::vector<std::string> commands;
  for (const auto& [key, value] : fresh) {
    const auto found = old.find(key);
    if (found == old.end())
      commands.push_back("add map " + map + " " + key + " " + value);
    else if (found->second != value)
      commands.push_back("set map " + map + " " + key + " " + value);
  }
  for (const auto& [key, value] : old) {
    if (!fresh.contains(key)) commands.push_back("del map " + map + " " + key);
  }
  return commands;
}

std::vector<std::string> replacement_of(const std::string& map, std::string_view version, const MapLines& after) {
  const std::string at = "@" + std::string(version) + " " + map;
  std::vector<std::string> commands;
  for (const auto& [key, value] : after) commands.push_back("add map " + at + " " + key + " " + value);
  commands.push_back("commit map " + at);
  return commands;
}

std::string map_version_of(std::string_view text) {
  constexpr std::string_view kMark = "New version created: ";
  const auto start = text.find(kMark);
  if (start == text.npos) return "";
  text.remove_prefix(start + kMark.size());
  return std::string(text.substr(0, text.find_first_not_of("0123456789")));
}

MapLines parse_map_file(std::string_view text) {
  MapLines lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    const auto blank = line.find(' ');
    if (blank != line.npos) lines.emplace_back(line.substr(0, blank), line.substr(blank + 1));
  }
  return lines;
}

// Each line begins with the address of its entry.
MapLines parse_map(std::string_view text) {
  MapLines lines;
  for (const auto& [address, line] : parse_map_file(text)) {
    const auto blank = line.find(' ');
    if (address.starts_with("0x") && blank != line.npos)
      lines.emplace_back(line.substr(0, blank), line.substr(blank + 1));
  }
  return lines;
}

}  // namespace slipway::local
