// Guides and the README are written by hand, but what they show of the code is put in from it, between two marks:
//   <!-- file: plugins/strategies/rolling/rolling.cpp -->   the file, as a block
//   <!-- fields: plugins/strategies/rolling -->             the plugin's configuration, as a table
//   <!-- end -->
#include <algorithm>
#include <slipway/json.hpp>

#include "tools/docs/fields.hpp"
#include "tools/docs/markdown.hpp"
#include "tools/docs/pages.hpp"

namespace slipway::docs {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFile = "<!-- file: ";
constexpr std::string_view kFields = "<!-- fields: ";
constexpr std::string_view kClose = " -->\n";
constexpr std::string_view kEnd = "<!-- end -->";

std::string language_of(const fs::path& file) {
  const std::string extension = file.extension();
  if (extension == ".json") return "json";
  if (extension == ".c" || extension == ".rs") return extension == ".c" ? "c" : "rust";
  if (extension == ".service") return "ini";
  if (file.filename() == "CMakeLists.txt") return "cmake";
  return extension == ".txt" ? "text" : "cpp";
}

std::string content_of(const fs::path& root, std::string_view start, const std::string& name) {
  if (start == kFile) {
    std::string text = source_text(root / name);
    text.erase(text.find_last_not_of('\n') + 1);
    if (text.empty()) return "";
    return block(language_of(name), text);
  }
  const Json plugin = value_or_throw(parse_json(source_text(root / name / "plugin.json")));
  return fields_table(rows_of_schema(plugin.value("config", Json::object())));
}

std::string renewed(const fs::path& root, const std::string& path, std::string text) {
  for (const std::string_view start : {kFile, kFields}) {
    for (auto at = text.find(start); at != text.npos; at = text.find(start, at + 1)) {
      const auto close = text.find(kClose, at);
      const auto end = text.find(kEnd, at);
      if (close == text.npos || end == text.npos || close > end)
        throw Error(Code::invalid_argument, path + ": a mark that begins with \"" + std::string(start) +
                                                "\" is not ended by \"" + std::string(kEnd) + "\"");
      const std::string name = text.substr(at + start.size(), close - at - start.size());
      const auto body = close + kClose.size();
      text.replace(body, end - body, "\n" + content_of(root, start, name));
    }
  }
  return text;
}

}  // namespace

void add_guides(Pages& pages, const fs::path& root) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(root / "docs/guides")) {
    if (entry.path().extension() == ".md") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  pages.push_back({"../README.md", renewed(root, "README.md", source_text(root / "README.md"))});
  for (const fs::path& file : files) {
    const std::string path = file.lexically_relative(root / "docs").string();
    pages.push_back({path, renewed(root, path, source_text(file))});
  }
}

}  // namespace slipway::docs
