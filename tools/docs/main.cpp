// slipway-reference [--check] ROOT: writes docs/reference of the source tree ROOT from the code, and what the guides
// show of it; or with --check tells whether it is as the code says.
#include <array>
#include <fstream>
#include <iostream>
#include <set>
#include <slipway/status.hpp>

#include "tools/docs/pages.hpp"

namespace slipway::docs {
namespace {

namespace fs = std::filesystem;

bool write(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) std::cerr << "slipway-reference: " << path.string() << " cannot be written\n";
  return static_cast<bool>(file);
}

bool is_current(const fs::path& path, const std::string& text) {
  std::ifstream file(path, std::ios::binary);
  const std::string found{std::istreambuf_iterator<char>(file), {}};
  if (file && found == text) return true;
  std::cerr << path.string() << " is not as the code says; run tools/reference to write it anew\n";
  return false;
}

// Pages of the reference that others make: people, tools/bench, tools/simulate.
constexpr std::array kOtherPages{"benchmarks.md", "invariants.md", "simulation.md", "verdicts.md"};

// Files of the reference that no page stands behind any more.
std::vector<fs::path> strays(const fs::path& folder, const Pages& pages) {
  std::set<fs::path> known;
  for (const char* other : kOtherPages) known.insert(folder / "reference" / other);
  for (const Page& page : pages) known.insert(folder / page.path);
  std::vector<fs::path> found;
  const fs::path reference = folder / "reference";
  if (!fs::exists(reference)) return found;
  for (const auto& entry : fs::recursive_directory_iterator(reference)) {
    if (entry.is_regular_file() && !known.contains(entry.path())) found.push_back(entry.path());
  }
  return found;
}

bool write_all(const fs::path& folder, const Pages& pages) {
  bool written = true;
  for (const Page& page : pages) written = write(folder / page.path, page.text) && written;
  for (const fs::path& stray : strays(folder, pages)) fs::remove(stray);
  return written;
}

bool check_all(const fs::path& folder, const Pages& pages) {
  bool current = true;
  for (const Page& page : pages) current = is_current(folder / page.path, page.text) && current;
  for (const fs::path& stray : strays(folder, pages)) {
    std::cerr << stray.string() << " is made by nothing; run tools/reference to remove it\n";
    current = false;
  }
  return current;
}

}  // namespace
}  // namespace slipway::docs

int main(int count, char** arguments) {
  const bool check = count == 3 && std::string_view(arguments[1]) == "--check";
  if (count != 2 && !check) {
    std::cerr << "usage: slipway-reference [--check] ROOT\n";
    return 2;
  }
  try {
    const std::filesystem::path root = arguments[count - 1];
    const slipway::docs::Pages pages = slipway::docs::all_pages(root);
    const auto folder = root / "docs";
    return (check ? slipway::docs::check_all(folder, pages) : slipway::docs::write_all(folder, pages)) ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << "slipway-reference: " << error.what() << "\n";
    return 1;
  }
}
