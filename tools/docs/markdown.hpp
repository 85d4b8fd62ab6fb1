// Pieces of Markdown. Plain functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace slipway::docs {

using Cells = std::vector<std::string>;

// A table; cells are escaped, so that no text of a cell ends it.
std::string table(const Cells& header, const std::vector<Cells>& rows);
// `text`, or nothing for an empty one.
std::string code(std::string_view text);
// A block of source in a language.
std::string block(std::string_view language, std::string_view text);

// The first line of every generated page.
std::string title(std::string_view text);

}  // namespace slipway::docs
