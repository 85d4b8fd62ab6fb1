#include "tools/docs/markdown.hpp"

namespace slipway::docs {
namespace {

// A bar ends a cell even inside code; an angle bracket begins a tag only outside of it.
std::string escaped(const std::string& cell) {
  std::string text;
  bool in_code = false;
  for (const char c : cell) {
    if (c == '`') in_code = !in_code;
    if (c == '|' || (c == '<' && !in_code)) text += '\\';
    text += c == '\n' ? ' ' : c;
  }
  return text;
}

std::string line_of(const Cells& cells) {
  std::string line = "|";
  for (const std::string& cell : cells) {
    line += ' ' + escaped(cell);
    line += cell.empty() ? "|" : " |";
  }
  return line + "\n";
}

}  // namespace

std::string table(const Cells& header, const std::vector<Cells>& rows) {
  std::string text = line_of(header) + line_of(Cells(header.size(), "---"));
  for (const Cells& row : rows) text += line_of(row);
  return text + "\n";
}

std::string code(std::string_view text) { return text.empty() ? "" : "`" + std::string(text) + "`"; }

std::string block(std::string_view language, std::string_view text) {
  return "```" + std::string(language) + "\n" + std::string(text) + "\n```\n\n";
}

std::string title(std::string_view text) {
  return "# " + std::string(text) + "\n\nMade from the code by `tools/reference`; a test holds the two together.\n\n";
}

}  // namespace slipway::docs
