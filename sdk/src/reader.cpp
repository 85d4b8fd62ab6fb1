#include <algorithm>
#include <array>
#include <charconv>
#include <slipway/detail/plain_text.hpp>
#include <slipway/reader.hpp>
#include <utility>

namespace slipway {
namespace {

constexpr unsigned byte_of(char c) { return static_cast<unsigned char>(c); }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

// How many bytes the character beyond ASCII has that begins there; 0 when it is none. (The Unicode Standard, section
// 3.9, table 3-7, well-formed UTF-8.)
std::ptrdiff_t size_of_character(const char* at, const char* end) {
  const auto is_within = [&](std::ptrdiff_t place, unsigned low, unsigned high) {
    return end - at > place && byte_of(at[place]) >= low && byte_of(at[place]) <= high;
  };
  const unsigned first = byte_of(*at);
  if (first >= 0xc2 && first <= 0xdf) return is_within(1, 0x80, 0xbf) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const bool fits = is_within(1, first == 0xe0 ? 0xa0 : 0x80, first == 0xed ? 0x9f : 0xbf);
    return fits && is_within(2, 0x80, 0xbf) ? 3 : 0;
  }
  if (first < 0xf0 || first > 0xf4) return 0;
  const bool fits = is_within(1, first == 0xf0 ? 0x90 : 0x80, first == 0xf4 ? 0x8f : 0xbf);
  return fits && is_within(2, 0x80, 0xbf) && is_within(3, 0x80, 0xbf) ? 4 : 0;
}

// What the character behind a backslash stands for; 0 for \u and for faults.
constexpr auto kMeanings = [] {
  std::array<char, 256> meanings{};
  for (const char itself : {'"', '\\', '/'}) meanings[byte_of(itself)] = itself;
  meanings['b'] = '\b';
  meanings['f'] = '\f';
  meanings['n'] = '\n';
  meanings['r'] = '\r';
  meanings['t'] = '\t';
  return meanings;
}();

template <class N>
bool parse(std::string_view digits, N& to) {
  const char* const end = digits.data() + digits.size();
  const auto [stopped, error] = std::from_chars(digits.begin(), end, to);
  return error == std::errc{} && stopped == end;
}

}  // namespace

// A text that is too long is read as an empty one, which is no value.
TextReader::TextReader(std::string_view text, Unknown unknown, JsonLimits limits)
    : at_(text.data()),
      end_(text.data() + (text.size() > limits.bytes ? 0 : text.size())),
      unknown_(unknown),
      may_open_(limits.depth) {}

void TextReader::space() {
  for (; at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r'); ++at_) has_space_ = true;
}

bool TextReader::take(char wanted) {
  if (at_ == end_ || *at_ != wanted) return false;
  ++at_;
  return true;
}

bool TextReader::take(std::string_view literal) {
  if (!std::string_view(at_, end_).starts_with(literal)) return false;
  at_ += literal.size();
  return true;
}

bool TextReader::comes(char first) {
  space();
  return at_ != end_ && *at_ == first;
}

bool TextReader::at_end() {
  space();
  return at_ == end_;
}

bool TextReader::null() { return comes('n') && take("null"); }

bool TextReader::boolean(bool& to) {
  to = comes('t');
  return take(to ? "true" : "false");
}

bool TextReader::open(char bracket) {
  if (!comes(bracket) || may_open_ == 0) return false;
  ++at_;
  --may_open_;
  is_first_ = true;
  return true;
}

TextReader::Next TextReader::next(char bracket) {
  const bool is_first = is_first_;
  is_first_ = false;
  space();
  if (take(bracket)) {
    ++may_open_;
    return Next::end;
  }
  return is_first || take(',') ? Next::entry : Next::fault;
}

TextReader::Next TextReader::key(std::string_view& name) {
  const Next found = next('}');
  if (found != Next::entry) return found;
  if (!word(name)) return Next::fault;
  space();
  return take(':') ? Next::entry : Next::fault;
}

// The bytes up to the next quote or backslash.
bool TextReader::run(std::string_view& bytes) {
  const char* const begin = at_;
  for (;;) {
    at_ += detail::plain_size({at_, end_});
    if (at_ == end_) return false;
    if (*at_ == '"' || *at_ == '\\') break;
    const std::ptrdiff_t size = size_of_character(at_, end_);
    if (size == 0) return false;
    at_ += size;
  }
  bytes = {begin, at_};
  return true;
}

bool TextReader::word(std::string_view& to) {
  space();
  return take('"') && run(to) && take('"');
}

bool TextReader::text(std::string& to) {
  space();
  std::string_view bytes;
  if (!take('"') || !run(bytes)) return false;
  to = bytes;
  return take('"') || rest_of_text(to);
}

// From the first backslash on. Texts within texts have one every few bytes, so that what lies between is copied by the
// word, and no further than to where it ends.
bool TextReader::rest_of_text(std::string& to) {
  constexpr std::size_t kPiece = 512;
  constexpr std::size_t kMostAtOnce = 2 * detail::kWord;
  std::array<char, kPiece + kMostAtOnce> piece;
  char* out = piece.data();
  const auto flush = [&] { to.append(piece.data(), std::exchange(out, piece.data())); };
  for (;;) {
    if (out >= piece.data() + kPiece) flush();
    if (!plain(out)) continue;
    if (at_ == end_) return false;
    if (take('"')) break;
    if (*at_ == '\\' ? !escape(out) : !character(out)) return false;
  }
  flush();
  return true;
}

// At most a word of plain bytes; true when something else follows them.
bool TextReader::plain(char*& out) {
  if (end_ - at_ >= static_cast<std::ptrdiff_t>(detail::kWord)) {
    std::copy_n(at_, detail::kWord, out);
    const std::size_t size = detail::plain_size_of(detail::word_at(at_));
    out += size;
    at_ += size;
    return size != detail::kWord;
  }
  while (at_ != end_ && detail::is_plain(*at_)) *out++ = *at_++;
  return true;
}

bool TextReader::character(char*& out) {
  const std::ptrdiff_t size = size_of_character(at_, end_);
  out = std::copy_n(at_, size, out);
  at_ += size;
  return size != 0;
}

bool TextReader::escape(char*& out) {
  constexpr std::ptrdiff_t kSize = 2;
  if (end_ - at_ < kSize) return false;
  *out = kMeanings[byte_of(at_[1])];
  at_ += kSize;
  return *out++ != 0;
}

// RFC 8259, section 6.
bool TextReader::number(Number& to) {
  space();
  const char* const begin = at_;
  const auto digits = [this] {
    const char* const first = at_;
    at_ = std::find_if_not(at_, end_, is_digit);
    return at_ != first;
  };
  take('-');
  if (!take('0') && !digits()) return false;
  const char* const whole = at_;
  if (take('.') && !digits()) return false;
  if (take('e') || take('E')) {
    if (!take('-')) take('+');
    if (!digits()) return false;
  }
  to = {{begin, at_}, at_ == whole};
  return true;
}

bool TextReader::integer(std::int64_t& to) {
  Number found;
  return number(found) && found.is_whole && parse(found.digits, to);
}

bool TextReader::natural(std::string_view& digits) {
  Number found;
  if (!number(found) || !found.is_whole) return false;
  digits = found.digits;
  return is_digit(digits.front());
}

// A whole number is one first: "-0" is no negative zero.
bool TextReader::number(double& to) {
  Number found;
  if (!number(found)) return false;
  if (!found.is_whole) return parse(found.digits, to);
  std::int64_t whole = 0;
  if (!parse(found.digits, whole)) return false;
  to = static_cast<double>(whole);
  return true;
}

bool TextReader::json(Json& to) {
  space();
  if (at_ == end_) return false;
  switch (*at_) {
    case '{':
      return json_object(to);
    case '[':
      return json_array(to);
    case '"':
      to = std::string();
      return text(to.get_ref<std::string&>());
    case 't':
    case 'f':
      to = false;
      return boolean(to.get_ref<bool&>());
    case 'n':
      to = nullptr;
      return null();
    default:
      return json_number(to);
  }
}

bool TextReader::json_number(Json& to) {
  Number found;
  if (!number(found)) return false;
  if (!found.is_whole) return parse(found.digits, (to = 0.0).get_ref<double&>());
  if (found.digits.front() == '-') return parse(found.digits, (to = std::int64_t{}).get_ref<std::int64_t&>());
  return parse(found.digits, (to = std::uint64_t{}).get_ref<std::uint64_t&>());
}

bool TextReader::json_array(Json& to) {
  if (!begin_array()) return false;
  auto& list = (to = Json::array()).get_ref<Json::array_t&>();
  Next found = entry();
  for (; found == Next::entry; found = entry()) {
    if (!json(list.emplace_back())) return false;
  }
  return found == Next::end;
}

bool TextReader::json_object(Json& to) {
  if (!begin_object()) return false;
  auto& members = (to = Json::object()).get_ref<Json::object_t&>();
  std::string_view name;
  Next found = key(name);
  for (; found == Next::entry; found = key(name)) {
    const auto [place, is_new] = members.try_emplace(std::string(name));
    if (!is_new || !json(place->second)) return false;
  }
  return found == Next::end;
}

bool TextReader::json_text(std::string_view& to) {
  space();
  const char* const begin = at_;
  has_space_ = false;
  if (!skip() || has_space_) return false;
  to = {begin, at_};
  return true;
}

bool TextReader::skip() {
  if (comes('{')) return skip_object();
  if (comes('[')) return skip_array();
  if (comes('"')) return skip_text();
  Json scalar;
  return json(scalar);
}

bool TextReader::skip_text() {
  std::string_view bytes;
  if (!take('"') || !run(bytes)) return false;
  while (!take('"')) {
    char meant = 0;
    char* to = &meant;
    if (!escape(to) || !run(bytes)) return false;
  }
  return true;
}

bool TextReader::skip_array() {
  if (!begin_array()) return false;
  Next found = entry();
  for (; found == Next::entry; found = entry()) {
    if (!skip()) return false;
  }
  return found == Next::end;
}

bool TextReader::skip_object() {
  constexpr std::size_t kUsually = 32;
  std::array<std::string_view, kUsually> names;
  auto end = names.begin();
  std::string_view name;
  if (!begin_object()) return false;
  Next found = key(name);
  for (; found == Next::entry; found = key(name)) {
    const bool is_twice = std::find(names.begin(), end, name) != end;
    if (is_twice || end == names.end() || !skip()) return false;
    *end++ = name;
  }
  return found == Next::end;
}

}  // namespace slipway
