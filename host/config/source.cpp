#include "host/config/source.hpp"

#include <algorithm>

#include "host/base/files.hpp"
#include "host/config/yaml.hpp"

namespace slipway::config {
namespace {

// The first byte that begins no UTF-8 sequence (RFC 3629, section 4), or npos.
std::size_t first_bad_byte(std::string_view text) {
  const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  for (std::size_t i = 0; i < text.size();) {
    const unsigned lead = at(i);
    std::size_t tail = 0;
    unsigned low = 0x80;
    unsigned high = 0xBF;
    if (lead >= 0xC2 && lead <= 0xDF) tail = 1;
    if (lead >= 0xE0 && lead <= 0xEF) tail = 2;
    if (lead >= 0xF0 && lead <= 0xF4) tail = 3;
    if (tail == 0 && lead >= 0x80) return i;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
    for (std::size_t k = 1; k <= tail; ++k, low = 0x80, high = 0xBF) {
      if (at(i + k) < low || at(i + k) > high) return i;
    }
    i += tail + 1;
  }
  return text.npos;
}

int line_at(std::string_view text, std::size_t byte) {
  return 1 + static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(byte), '\n'));
}

// The first control character other than tab and line ends, or npos.
std::size_t first_control(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f) return i;
  }
  return text.npos;
}

void refuse(Source& source, int line, std::string message) {
  source.faults.push_back({{source.file, line}, {"", "", std::move(message)}});
}

bool acceptable(Source& source, std::string_view text, const SourceLimits& limits) {
  if (text.size() > limits.bytes) {
    refuse(source, 0,
           "has " + std::to_string(text.size()) + " bytes, at most " + std::to_string(limits.bytes) + " are allowed");
  } else if (const auto bad = first_bad_byte(text); bad != text.npos) {
    refuse(source, line_at(text, bad), "is not UTF-8 at byte " + std::to_string(bad));
  } else if (const auto control = first_control(text); control != text.npos) {
    refuse(source, line_at(text, control), "has a control character at byte " + std::to_string(control));
  }
  return source.faults.empty();
}

void parse_json_source(std::string_view text, const SourceLimits& limits, Source& source) {
  auto parsed = parse_json(text, {limits.bytes, limits.depth});
  if (!parsed.ok()) return refuse(source, 0, parsed.status().message);
  // JSON is YAML but for rare corners, so the YAML reader knows the lines; its values are not used.
  Source marks{source.file, {}, {}, {}};
  parse_yaml(text, limits, marks);
  source.lines = std::move(marks.lines);
  source.value = std::move(*parsed);
}

}  // namespace

Source parse_source(std::string file, std::string_view text, Syntax syntax, const SourceLimits& limits) {
  Source source{std::move(file), Json::object(), {}, {}};
  if (!acceptable(source, text, limits)) return source;
  if (syntax == Syntax::json) {
    parse_json_source(text, limits, source);
  } else {
    parse_yaml(text, limits, source);
  }
  if (!source.value.is_object()) {
    refuse(source, 0, "is " + clip(to_text(source.value)) + "; want an object");
    source.value = Json::object();
  }
  return source;
}

Source read_source(const std::filesystem::path& path, const SourceLimits& limits) {
  const auto lease = base::ReadLease::take(path);
  const auto text = lease.ok() ? base::read_file(path, {.max_bytes = limits.bytes, .links = base::Links::follow})
                               : Result<std::string>(lease.status());
  if (text.ok())
    return parse_source(path.string(), *text, path.extension() == ".json" ? Syntax::json : Syntax::yaml, limits);
  Source source{path.string(), Json::object(), {}, {}};
  std::string message = text.status().message;
  const std::string prefix = path.string() + ": ";
  refuse(source, 0, message.starts_with(prefix) ? message.substr(prefix.size()) : message);
  return source;
}

}  // namespace slipway::config
