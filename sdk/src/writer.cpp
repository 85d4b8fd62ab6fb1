#include <array>
#include <charconv>
#include <cmath>
#include <slipway/detail/plain_text.hpp>
#include <slipway/writer.hpp>

namespace slipway {
namespace {

template <class N>
std::string shortest(N value) {
  std::array<char, 32> digits{};
  return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr};
}

constexpr std::size_t kUsualSize = 512;

// What a byte of a text asks for: nothing, a backslash, or, beyond ASCII and for control characters, the library.
constexpr unsigned kEscaped = 1, kForLibrary = 2;
constexpr auto kKinds = [] {
  std::array<std::uint8_t, 256> kinds{};
  for (unsigned byte = 0; byte < kinds.size(); ++byte) {
    if (!detail::is_plain(static_cast<char>(byte))) kinds[byte] = kForLibrary;
  }
  kinds['"'] = kinds['\\'] = kEscaped;
  return kinds;
}();

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
  if (text_.empty()) return text_.reserve(kUsualSize);
  const char last = text_.back();
  if (last != '{' && last != '[' && last != ':') text_ += ',';
}

void TextWriter::put(std::string_view token) {
  separate();
  text_ += token;
}

void TextWriter::quote(std::string_view value) {
  if (detail::plain_size(value) == value.size()) {
    ((text_ += '"') += value) += '"';
    return;
  }
  const std::size_t begin = text_.size();
  text_.resize(begin + 2 * value.size() + 2);
  char* end = text_.data() + begin;
  *end++ = '"';
  unsigned seen = 0;
  // Without a branch, for texts within texts are full of quotes that no processor foresees.
  for (const char c : value) {
    const unsigned kind = kKinds[static_cast<unsigned char>(c)];
    seen |= kind;
    *end = '\\';
    end += kind & kEscaped;
    *end++ = c;
  }
  if ((seen & kForLibrary) != 0) {
    text_.resize(begin);
    text_ += Json(value).dump(-1, ' ', false, Json::error_handler_t::replace);
    return;
  }
  *end++ = '"';
  text_.resize(static_cast<std::size_t>(end - text_.data()));
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
