#include <array>
#include <charconv>
#include <cmath>
#include <slipway/writer.hpp>

namespace slipway {
namespace {

template <class N>
std::string shortest(N value) {
  std::array<char, 32> digits{};
  return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr};
}

}  // namespace

void TextWriter::integer(std::int64_t value) { put(shortest(value)); }

void TextWriter::natural(std::uint64_t value) { put(shortest(value)); }

void TextWriter::number(double value) {
  if (!std::isfinite(value)) return null();
  const std::string digits = shortest(value);
  put(digits);
  // A whole number stays a floating-point one for whoever reads it.
  if (digits.find_first_of(".e") == digits.npos) text_ += ".0";
}

void TextWriter::text(std::string_view value) {
  separate();
  quote(value);
}

void TextWriter::key(std::string_view name) {
  separate();
  quote(name);
  text_ += ':';
}

// Nothing but an opening bracket or a key stands before what needs no comma; texts end with a quote.
void TextWriter::separate() {
  if (text_.empty()) return;
  const char last = text_.back();
  if (last != '{' && last != '[' && last != ':') text_ += ',';
}

void TextWriter::put(std::string_view token) {
  separate();
  text_ += token;
}

void TextWriter::quote(std::string_view value) {
  const auto is_plain = [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; };
  text_ += '"';
  while (!value.empty()) {
    std::size_t run = 0;
    while (run < value.size() && is_plain(value[run])) ++run;
    text_ += value.substr(0, run);
    value.remove_prefix(run);
    if (value.empty()) break;
    if (value.front() != '"' && value.front() != '\\') {
      // Control characters and all beyond ASCII: the library knows how, its own closing quote included.
      text_ += std::string_view(to_text(Json(value))).substr(1);
      return;
    }
    text_ += '\\';
    text_ += value.front();
    value.remove_prefix(1);
  }
  text_ += '"';
}

bool TreeWriter::add_key(std::string name) {
  const auto [place, is_new] = open_.back()->get_ref<Json::object_t&>().try_emplace(std::move(name));
  slot_ = &place->second;
  return is_new;
}

void TreeWriter::open(Json container) {
  Json* const place = next();
  *place = std::move(container);
  open_.push_back(place);
}

Json* TreeWriter::next() {
  if (open_.empty()) return &root_;
  if (open_.back()->is_object()) return slot_;
  return &open_.back()->get_ref<Json::array_t&>().emplace_back();
}

}  // namespace slipway
