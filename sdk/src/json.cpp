#include <algorithm>
#include <slipway/writer.hpp>

template class nlohmann::basic_json<>;

namespace slipway {
namespace {

// Reads the structure of a document, plain texts and whole numbers, which is nearly all of what is read; every other
// token is the library's. Where anything is in doubt it gives up, and the library reads the document and says why.
class PlainReader {
 public:
  PlainReader(std::string_view text, std::size_t depth)
      : at_(text.data()), end_(text.data() + text.size()), depth_(depth) {}

  bool whole(Json& to) {
    const bool read = value(to);
    space();
    return read && at_ == end_;
  }

 private:
  bool value(Json& to) {
    space();
    if (at_ == end_) return false;
    switch (*at_) {
      case '{':
        return inside(to = Json::object(), &PlainReader::members);
      case '[':
        return inside(to = Json::array(), &PlainReader::items);
      case '"':
        to = std::string();
        return text(to.get_ref<std::string&>());
      case 't':
        to = true;
        return word("true");
      case 'f':
        to = false;
        return word("false");
      case 'n':
        return word("null");
      default:
        return number(to);
    }
  }

  bool inside(Json& to, bool (PlainReader::*read)(Json&)) {
    if (depth_ == 0) return false;
    --depth_;
    ++at_;
    const bool done = (this->*read)(to);
    ++depth_;
    return done;
  }

  bool members(Json& to) {
    if (take('}')) return true;
    auto& object = to.get_ref<Json::object_t&>();
    do {
      space();
      std::string name;
      if (at_ == end_ || *at_ != '"' || !text(name) || !take(':')) return false;
      const auto [place, is_new] = object.try_emplace(std::move(name));
      if (!is_new || !value(place->second)) return false;
    } while (take(','));
    return take('}');
  }

  bool items(Json& to) {
    if (take(']')) return true;
    auto& array = to.get_ref<Json::array_t&>();
    do {
      if (!value(array.emplace_back())) return false;
    } while (take(','));
    return take(']');
  }

  // A text within a text, as in the store's documents, has quotes and backslashes that are escaped, and no other ones.
  bool text(std::string& to) {
    const char* const begin = at_++;
    bool escaped = false;
    bool odd = false;
    for (;; ++at_) {
      while (at_ != end_ && is_plain(*at_)) ++at_;
      if (at_ == end_) return false;
      if (*at_ == '"') break;
      if (*at_ != '\\') {
        odd = true;
        continue;
      }
      if (++at_ == end_) return false;
      escaped = true;
      odd |= *at_ != '"' && *at_ != '\\';
    }
    ++at_;
    if (odd) return by_library({begin, at_}, to);
    to.assign(begin + 1, at_ - 1);
    if (escaped) unescape(to);
    return true;
  }
  static void unescape(std::string& text) {
    auto to = text.begin();
    for (auto from = text.begin(); from != text.end(); ++from) {
      if (*from == '\\') ++from;
      *to++ = *from;
    }
    text.erase(to, text.end());
  }

  bool number(Json& to) {
    const char* const begin = at_;
    at_ = std::find_if_not(at_, end_, [](char c) { return is_digit(c) || std::string_view("+-.eE").find(c) != npos; });
    const bool negative = begin != at_ && *begin == '-';
    const std::string_view digits(begin + (negative ? 1 : 0), at_);
    const bool whole = !digits.empty() && digits.size() <= 18 && (digits[0] != '0' || digits.size() == 1) &&
                       std::all_of(digits.begin(), digits.end(), is_digit);
    if (!whole) {
      to = Json::parse(begin, at_, nullptr, false);
      return to.is_number();
    }
    std::int64_t sum = 0;
    for (const char digit : digits) sum = sum * 10 + (digit - '0');
    to = negative ? Json(-sum) : Json(static_cast<std::uint64_t>(sum));
    return true;
  }

  static bool by_library(std::string_view token, std::string& to) {
    Json read = Json::parse(token, nullptr, false);
    if (!read.is_string()) return false;
    to = std::move(read.get_ref<std::string&>());
    return true;
  }
  bool word(std::string_view wanted) {
    if (!std::string_view(at_, end_).starts_with(wanted)) return false;
    at_ += wanted.size();
    return true;
  }
  bool take(char wanted) {
    space();
    if (at_ == end_ || *at_ != wanted) return false;
    ++at_;
    return true;
  }
  void space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
  }
  // Stands for itself in a text.
  static bool is_plain(char c) { return c >= 0x20 && c != '"' && c != '\\'; }
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  static constexpr auto npos = std::string_view::npos;
  const char* at_;
  const char* const end_;
  std::size_t depth_;
};

// Builds the document and refuses what the standard leaves open: depth and names that occur twice.
class BoundedBuilder final : public Json::json_sax_t {
 public:
  explicit BoundedBuilder(std::size_t depth) : depth_(depth) {}

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t&) override { return put(value); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t&) override { return refuse("binary values are no JSON"); }
  bool start_object(std::size_t) override {
    if (!may_open()) return false;
    tree_.begin_object();
    return true;
  }
  bool start_array(std::size_t) override {
    if (!may_open()) return false;
    tree_.begin_array();
    return true;
  }
  bool end_object() override {
    tree_.end_object();
    return true;
  }
  bool end_array() override {
    tree_.end_array();
    return true;
  }
  bool key(string_t& name) override {
    return tree_.add_key(name) || refuse("the name \"" + name + "\" occurs twice in one object");
  }
  bool parse_error(std::size_t position, const std::string&, const Json::exception& error) override {
    // The library's text begins with its own error number in brackets.
    std::string_view text = error.what();
    if (const auto end = text.find("] "); end != text.npos) text.remove_prefix(end + 2);
    return refuse("not JSON at byte " + std::to_string(position) + ": " + std::string(text));
  }
  [[nodiscard]] const std::string& reason() const { return reason_; }
  Json take() { return tree_.take(); }

 private:
  bool put(Json value) {
    tree_.put(std::move(value));
    return true;
  }
  bool may_open() {
    return tree_.depth() < depth_ || refuse("nested deeper than " + std::to_string(depth_) + " levels");
  }
  bool refuse(std::string reason) {
    if (reason_.empty()) reason_ = std::move(reason);
    return false;
  }

  TreeWriter tree_;
  std::size_t depth_;
  std::string reason_;
};

void write(TextWriter& out, const Json& value) {
  switch (value.type()) {
    case Json::value_t::object:
      out.begin_object();
      for (const auto& [name, member] : value.get_ref<const Json::object_t&>()) {
        out.key(name);
        write(out, member);
      }
      return out.end_object();
    case Json::value_t::array:
      out.begin_array();
      for (const Json& item : value.get_ref<const Json::array_t&>()) write(out, item);
      return out.end_array();
    case Json::value_t::string:
      return out.text(value.get_ref<const std::string&>());
    case Json::value_t::boolean:
      return out.boolean(value.get<bool>());
    case Json::value_t::number_integer:
      return out.integer(value.get<std::int64_t>());
    case Json::value_t::number_unsigned:
      return out.natural(value.get<std::uint64_t>());
    default:
      return out.json_text(value.dump());
  }
}

}  // namespace

Result<Json> parse_json(std::string_view text, JsonLimits limits) {
  if (text.size() > limits.bytes) {
    return Status(Code::invalid_argument, "the document has " + std::to_string(text.size()) + " bytes, at most " +
                                              std::to_string(limits.bytes) + " are allowed");
  }
  if (Json value; PlainReader(text, std::min(limits.depth, JsonLimits{}.depth)).whole(value)) return value;
  BoundedBuilder builder(limits.depth);
  if (!Json::sax_parse(text.begin(), text.end(), &builder)) return Status(Code::invalid_argument, builder.reason());
  return builder.take();
}

std::string to_text(const Json& value) {
  TextWriter out;
  write(out, value);
  return out.take();
}

}  // namespace slipway
