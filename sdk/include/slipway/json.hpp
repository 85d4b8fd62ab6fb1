// JSON text from outside: parsed with bounds, so that hostile input costs an error and nothing else.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <set>
#include <slipway/status.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace slipway {

using Json = nlohmann::json;

struct JsonLimits {
  std::size_t bytes = std::size_t{4} << 20;
  std::size_t depth = 64;
};

namespace detail {

// Builds the document and refuses what the standard leaves open: depth and names that occur twice.
class BoundedBuilder final : public Json::json_sax_t {
 public:
  BoundedBuilder(Json& root, std::size_t depth) : root_(root), depth_(depth) {}

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t&) override { return put(value); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t&) override { return refuse("binary values are no JSON"); }
  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    if (open_.back()->contains(name)) return refuse("the name \"" + name + "\" occurs twice in one object");
    slot_ = &(*open_.back())[name];
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const Json::exception& error) override {
    // The library's text begins with its own error number in brackets.
    std::string_view text = error.what();
    if (const auto end = text.find("] "); end != text.npos) text.remove_prefix(end + 2);
    return refuse("not JSON at byte " + std::to_string(position) + ": " + std::string(text));
  }
  [[nodiscard]] const std::string& reason() const { return reason_; }

 private:
  template <class V>
  bool put(V&& value) {
    *next() = std::forward<V>(value);
    return true;
  }
  bool open(Json container) {
    if (open_.size() == depth_) return refuse("nested deeper than " + std::to_string(depth_) + " levels");
    Json* place = next();
    *place = std::move(container);
    open_.push_back(place);
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }
  Json* next() {
    if (open_.empty()) return &root_;
    if (open_.back()->is_object()) return slot_;
    open_.back()->push_back(nullptr);
    return &open_.back()->back();
  }
  bool refuse(std::string reason) {
    if (reason_.empty()) reason_ = std::move(reason);
    return false;
  }

  Json& root_;
  std::size_t depth_;
  std::vector<Json*> open_;
  Json* slot_ = nullptr;
  std::string reason_;
};

}  // namespace detail

// INVALID_ARGUMENT says what is wrong: too large, too deep, a name twice, not JSON (with the byte), not UTF-8.
inline Result<Json> parse_json(std::string_view text, JsonLimits limits = {}) {
  if (text.size() > limits.bytes) {
    return Status(Code::invalid_argument, "the document has " + std::to_string(text.size()) + " bytes, at most " +
                                              std::to_string(limits.bytes) + " are allowed");
  }
  Json root;
  detail::BoundedBuilder builder(root, limits.depth);
  if (!Json::sax_parse(text.begin(), text.end(), &builder)) return Status(Code::invalid_argument, builder.reason());
  return root;
}

// Compact text. Bytes that are not UTF-8 become U+FFFD, so that a log line or an answer is always valid.
inline std::string to_text(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace slipway
