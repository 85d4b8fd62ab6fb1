#include <slipway/reader.hpp>
#include <slipway/writer.hpp>

template class nlohmann::basic_json<>;

namespace slipway {
namespace {

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

// Numbers with a fraction are the library's: what is signed must stay the same text.
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
      for (const Json& entry : value.get_ref<const Json::array_t&>()) write(out, entry);
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
  TextReader in(text, Unknown::ignored, limits);
  Json value;
  if (in.json(value) && in.at_end()) return value;
  BoundedBuilder builder(limits.depth);
  if (!Json::sax_parse(text.begin(), text.end(), &builder)) return Status(Code::invalid_argument, builder.reason());
  return builder.take();
}

std::string to_text(const Json& value) {
  TextWriter out;
  write(out, value);
  return out.take();
}

JsonText json_text(const Json& value) { return {value.is_null() ? std::string() : to_text(value)}; }

Json tree_of(const JsonText& value) { return value.is_null() ? Json() : value_or_throw(parse_json(value.text)); }

}  // namespace slipway
