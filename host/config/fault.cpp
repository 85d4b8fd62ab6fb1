#include "host/config/fault.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace slipway::config {
namespace {

// Levenshtein's distance, one row at a time.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t change = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = std::exchange(row[j + 1], std::min({change, row[j] + 1, row[j + 1] + 1}));
    }
  }
  return row.back();
}

}  // namespace

std::string to_string(const Fault& fault) {
  std::string text = fault.place.file;
  if (fault.place.line > 0) text += ":" + std::to_string(fault.place.line);
  if (!fault.problem.path.empty()) text += (text.empty() ? "" : ": ") + fault.problem.path;
  if (!text.empty()) text += ": ";
  if (!fault.problem.value.empty()) text += "is " + fault.problem.value + "; ";
  return text + fault.problem.message;
}

std::string to_string(const Faults& faults) {
  Faults sorted = faults;
  std::ranges::stable_sort(
      sorted, {}, [](const Fault& fault) { return std::tie(fault.place.file, fault.place.line, fault.problem.path); });
  std::string text;
  for (const Fault& fault : sorted) text += (text.empty() ? "" : "\n") + to_string(fault);
  return text;
}

std::string nearest_name(std::string_view wrong, const std::vector<std::string>& names) {
  if (wrong.size() > 100) return {};
  std::string best;
  std::size_t least = std::max<std::size_t>(2, wrong.size() / 3) + 1;
  for (const std::string& name : names) {
    const std::size_t away = distance(wrong, name);
    // Something must be left of the word, or every short name is near.
    if (away >= least || away >= std::max(name.size(), wrong.size())) continue;
    least = away;
    best = name;
  }
  return best;
}

std::string clip(std::string text) {
  constexpr std::size_t kMost = 120;
  if (text.size() <= kMost) return text;
  std::size_t end = kMost - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

std::string child_path(std::string_view parent, std::string_view name) {
  std::string path = std::string(parent) + "/";
  for (const char c : name) {
    if (c == '~') {
      path += "~0";
    } else if (c == '/') {
      path += "~1";
    } else {
      path += c;
    }
  }
  return path;
}

}  // namespace slipway::config
