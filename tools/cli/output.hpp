// How answers are shown: tables for people, JSON or YAML for scripts.
#pragma once

#include <functional>
#include <slipway/document.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::cli {

enum class Format { table, json, yaml };
constexpr auto enum_names(Format) {
  using F = Format;
  return std::array<EnumName<F>, 3>{{{F::table, "table"}, {F::json, "json"}, {F::yaml, "yaml"}}};
}

enum class Colour { none, red, green, yellow, blue, grey };

struct Size {
  std::size_t columns;
  std::size_t rows;
};

// Colours only for a terminal, and never when NO_COLOR is set or TERM is "dumb".
class Terminal {
 public:
  Terminal();
  [[nodiscard]] std::string paint(Colour colour, std::string_view text) const;
  // Whether lines may be drawn anew.
  [[nodiscard]] bool interactive() const { return interactive_; }
  // 80 columns and 24 rows when nobody knows.
  [[nodiscard]] Size size() const;

 private:
  bool interactive_;
  bool colours_;
};

// Prints as asked: `text` makes the form for people.
void print(Format format, const Json& value, const std::function<std::string()>& text);

// Columns padded to their longest cell; widths count code points and leave out colours.
std::string table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows);

// What a terminal shows without breaking a line or scrolling: longer lines end with "…", rows that are too many are
// left out from the end. Columns are counted as in table(); a colour that was cut off is ended.
std::string fitted(std::string_view text, Size size);

// JSON as YAML text.
std::string to_yaml(const Json& value);
// Indented JSON with a line end.
std::string to_pretty_json(const Json& value);

// "25%" of parts per million; "-" for nothing.
std::string share(const Json& ppm);
// "3/4" of a group: replicas ready of those wanted; "-/4" while nobody has looked yet.
std::string ready_text(const Json& group);
// A duration for people, rounded to what matters of it: "250ms", "1.5s", "45s", "3m12s", "24h", "2d3h".
std::string brief(Duration duration);
// The same of a document's text ("24h666ms26ns"); the text itself when it is none.
std::string brief(const std::string& duration);
// "3m12s ago" style age of an RFC 3339 moment; the text itself when it is none.
std::string age(const std::string& moment);
// "in 12s", or "" when there is none or it has passed.
std::string time_left(const Json& moment);
Colour colour_of_state(std::string_view state);

}  // namespace slipway::cli
