#include "host/loader/canonical_json.hpp"

#include <array>
#include <charconv>
#include <string_view>

namespace slipway::loader {
namespace {

// "\n" and the like, or nothing for a character that is written as it is.
std::string_view short_escape(char c) {
  switch (c) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\b':
      return "\\b";
    case '\f':
      return "\\f";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return {};
  }
}

void write_text(std::string& out, const std::string& text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (const auto escape = short_escape(c); !escape.empty()) {
      out += escape;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15U];
    } else {
      out += c;
    }
  }
  out += '"';
}

template <class Number>
void write_number(std::string& out, Number number) {
  std::array<char, 32> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  out.append(buffer.data(), end);
}

void write(std::string& out, const Json& value);

void write_object(std::string& out, const Json& value) {
  out += '{';
  bool first = true;
  // The library keeps them sorted by their bytes.
  for (const auto& [name, member] : value.items()) {
    if (!std::exchange(first, false)) out += ',';
    write_text(out, name);
    out += ':';
    write(out, member);
  }
  out += '}';
}

void write_array(std::string& out, const Json& value) {
  out += '[';
  bool first = true;
  for (const Json& item : value) {
    if (!std::exchange(first, false)) out += ',';
    write(out, item);
  }
  out += ']';
}

void write(std::string& out, const Json& value) {
  switch (value.type()) {
    case Json::value_t::object:
      return write_object(out, value);
    case Json::value_t::array:
      return write_array(out, value);
    case Json::value_t::string:
      return write_text(out, value.get_ref<const std::string&>());
    case Json::value_t::number_integer:
      return write_number(out, value.get<std::int64_t>());
    case Json::value_t::number_unsigned:
      return write_number(out, value.get<std::uint64_t>());
    case Json::value_t::number_float:
      // Minus zero reads back as the whole number.
      return write_number(out, value.get<double>() == 0 ? 0.0 : value.get<double>());
    case Json::value_t::boolean:
      out += value.get<bool>() ? "true" : "false";
      return;
    default:
      out += "null";
  }
}

}  // namespace

std::string canonical_json(const Json& value) {
  std::string out;
  write(out, value);
  return out;
}

}  // namespace slipway::loader
