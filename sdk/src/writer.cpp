#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <slipway/detail/plain_text.hpp>
#include <slipway/writer.hpp>

namespace slipway {
namespace {

constexpr std::size_t kUsualSize = 1000;
constexpr std::size_t kLongestNumber = 32;

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

std::string quoted_by_library(std::string_view value) {
  return Json(value).dump(-1, ' ', false, Json::error_handler_t::replace);
}

void grow(std::string& text, std::size_t size) { text.resize(std::max(2 * text.size(), size + kUsualSize)); }

}  // namespace

std::string TextWriter::take() {
  text_.resize(std::exchange(size_, 0));
  return std::exchange(text_, {});
}

// Where so many bytes more may be put; size_ says then how many were.
inline char* TextWriter::room(std::size_t size) {
  if (text_.size() - size_ < size) grow(text_, size_ + size);
  return text_.data() + size_;
}

void TextWriter::add(char c) {
  *room(1) = c;
  ++size_;
}

void TextWriter::add(std::string_view bytes) { size_ += bytes.copy(room(bytes.size()), bytes.size()); }

// Nothing but an opening bracket or a key stands before what needs no comma; texts end with a quote.
void TextWriter::separate() {
  const char last = size_ == 0 ? '[' : text_[size_ - 1];
  if (last != '{' && last != '[' && last != ':') add(',');
}

void TextWriter::put(std::string_view token) {
  separate();
  add(token);
}

template <class N>
void TextWriter::digits(N value) {
  char* const begin = room(kLongestNumber);
  size_ += static_cast<std::size_t>(std::to_chars(begin, begin + kLongestNumber, value).ptr - begin);
}

void TextWriter::integer(std::int64_t value) {
  separate();
  digits(value);
}

void TextWriter::natural(std::uint64_t value) {
  separate();
  digits(value);
}

void TextWriter::number(double value) {
  if (!std::isfinite(value)) return null();
  separate();
  const std::size_t begin = size_;
  digits(value);
  // A whole number stays a floating-point one for whoever reads it.
  if (std::string_view(text_).substr(begin, size_ - begin).find_first_of(".e") == std::string_view::npos) add(".0");
}

void TextWriter::text(std::string_view value) {
  separate();
  quote(value);
}

void TextWriter::key(std::string_view name) {
  separate();
  quote(name);
  add(':');
}

void TextWriter::field(std::string_view name) {
  constexpr std::size_t kAround = std::string_view(",\"\":").size();
  char* to = room(name.size() + kAround);
  if (text_[size_ - 1] != '{') *to++ = ',';
  *to++ = '"';
  to += name.copy(to, name.size());
  *to++ = '"';
  *to++ = ':';
  size_ = static_cast<std::size_t>(to - text_.data());
}

void TextWriter::quote(std::string_view value) {
  char* const begin = room(2 * value.size() + 2);
  char* to = begin;
  *to++ = '"';
  unsigned seen = 0;
  const auto put_one = [&](char c) {
    const unsigned kind = kKinds[static_cast<unsigned char>(c)];
    seen |= kind;
    *to = '\\';
    to += kind & kEscaped;
    *to++ = c;
  };
  // Without a branch, for texts within texts are full of quotes that no processor foresees.
  std::string_view rest = value;
  while (rest.size() > detail::kWord) {
    rest.copy(to, detail::kWord);
    const std::size_t plain = detail::plain_size_of(detail::word_at(rest.begin()));
    to += plain;
    put_one(rest[plain]);
    rest.remove_prefix(plain + 1);
  }
  for (const char c : rest) put_one(c);
  if ((seen & kForLibrary) != 0) return add(quoted_by_library(value));
  *to++ = '"';
  size_ += static_cast<std::size_t>(to - begin);
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
