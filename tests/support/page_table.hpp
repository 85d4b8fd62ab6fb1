// A table of a page of docs/, so that a test holds the code to what people read. SLIPWAY_SOURCE_DIRECTORY is defined
// by the test's target.
#pragma once

#include <algorithm>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace slipway::test {

using PageRow = std::map<std::string, std::string>;  // by the column's head, without backticks

inline std::vector<std::string> cells_of(std::string line) {
  line.erase(std::remove(line.begin(), line.end(), '`'), line.end());
  std::vector<std::string> cells;
  for (std::size_t begin = line.find("| "), end = 0; begin != line.npos; begin = end) {
    end = line.find(" |", begin + 2);
    if (end == line.npos) break;
    cells.push_back(line.substr(begin + 2, end - begin - 2));
    ++end;
  }
  return cells;
}

// The first table under the heading; `page` is relative to the repository. Throws when there is none.
inline std::vector<PageRow> table_in(const std::string& page, const std::string& heading) {
  std::ifstream in(std::string(SLIPWAY_SOURCE_DIRECTORY) + "/" + page);
  std::string line;
  while (std::getline(in, line) && line != "## " + heading) continue;
  while (std::getline(in, line) && !line.starts_with("| ")) continue;
  const std::vector<std::string> heads = cells_of(line);
  std::getline(in, line);
  std::vector<PageRow> rows;
  while (std::getline(in, line) && line.starts_with("| ")) {
    const std::vector<std::string> cells = cells_of(line);
    if (cells.size() != heads.size()) throw std::runtime_error(page + ": \"" + line + "\" has other columns");
    PageRow& row = rows.emplace_back();
    for (std::size_t i = 0; i < heads.size(); ++i) row[heads[i]] = cells[i];
  }
  if (rows.empty()) throw std::runtime_error(page + " has no table under \"" + heading + "\"");
  return rows;
}

}  // namespace slipway::test
