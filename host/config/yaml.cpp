#include "host/config/yaml.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <deque>
#include <optional>
#include <sstream>

namespace slipway::config {
namespace {

// Ends the reading: nothing after this can be trusted.
struct Stop {
  int line;
  std::string message;
};

int line_of(const YAML::Mark& mark) { return mark.line + 1; }

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> list) {
  return std::ranges::find(list, text) != list.end();
}

bool digits_only(std::string_view text) { return !text.empty() && text.find_first_not_of("0123456789") == text.npos; }

// [-+]?(digits(.digits?)?|.digits)([eE][-+]?digits)?
bool looks_like_number(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  const auto skip = [&] {
    const auto end = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(end);
    return end;
  };
  std::size_t digits = skip();
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    digits += skip();
  }
  if (digits == 0) return false;
  if (text.empty()) return true;
  if (text.front() != 'e' && text.front() != 'E') return false;
  text.remove_prefix(1);
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return digits_only(text);
}

bool leading_zero(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9';
}

template <class Number>
std::optional<Json> whole(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return Json(value);
}

Json number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  if (auto value = whole<std::uint64_t>(text)) return *value;
  if (auto value = whole<std::int64_t>(text)) return *value;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} ? value : HUGE_VAL;
}

class Builder final : public YAML::EventHandler {
 public:
  Builder(Source& into, std::size_t depth) : into_(into), depth_(depth) { into_.value = Json(); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    no_anchor(mark, anchor);
    scalar(mark, nullptr, "null");
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    fault(mark, "aliases (*name) are not allowed; write the value out");
    scalar(mark, nullptr, "");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    no_anchor(mark, anchor);
    no_tag(mark, tag);
    if (awaits_key()) return key(mark, text);
    scalar(mark, tag == "!" ? Json(text) : plain(mark, text), text);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Json::array());
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Json::object());
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    Json* container;
    std::size_t path_length;
    Json* slot = nullptr;  // where the value of the last key goes; null: a key is awaited
  };

  [[nodiscard]] bool awaits_key() const {
    return !open_.empty() && open_.back().container->is_object() && open_.back().slot == nullptr;
  }

  void key(const YAML::Mark& mark, const std::string& name) {
    Frame& frame = open_.back();
    path_.resize(frame.path_length);
    path_ = child_path(path_, name);
    if (frame.container->contains(name)) {
      fault(mark,
            "the name \"" + clip(name) + "\" occurs twice; the first is on line " + std::to_string(into_.lines[path_]));
      frame.slot = &discarded_.emplace_back();
      return;
    }
    into_.lines[path_] = line_of(mark);
    frame.slot = &(*frame.container)[name];
  }

  // The place for the next value. Items of a list get their path here, fields got it with their key.
  Json& place(const YAML::Mark& mark) {
    if (open_.empty()) return into_.value;
    Frame& frame = open_.back();
    if (frame.container->is_object()) return *std::exchange(frame.slot, nullptr);
    path_.resize(frame.path_length);
    path_ = child_path(path_, std::to_string(frame.container->size()));
    into_.lines[path_] = line_of(mark);
    return frame.container->emplace_back();
  }

  void scalar(const YAML::Mark& mark, Json value, const std::string& as_key) {
    if (awaits_key()) return key(mark, as_key);
    place(mark) = std::move(value);
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Json container) {
    no_anchor(mark, anchor);
    no_tag(mark, tag);
    if (awaits_key()) throw Stop{line_of(mark), "a key must be plain text, not a list or an object"};
    if (open_.size() == depth_) throw Stop{line_of(mark), "nested deeper than " + std::to_string(depth_) + " levels"};
    Json& here = place(mark);
    here = std::move(container);
    open_.push_back({&here, path_.size()});
  }

  void close() {
    path_.resize(open_.back().path_length);
    open_.pop_back();
  }

  Json plain(const YAML::Mark& mark, const std::string& text) {
    if (is_one_of(text, {"", "~", "null", "Null", "NULL"})) return nullptr;
    if (is_one_of(text, {"true", "True", "TRUE"})) return true;
    if (is_one_of(text, {"false", "False", "FALSE"})) return false;
    if (!looks_like_number(text)) return text;
    if (leading_zero(text)) {
      fault(mark, "a number must not begin with 0; write \"" + clip(text) + "\" in quotes if text is meant");
      return text;
    }
    Json value = number(text);
    if (value.is_number_float() && !std::isfinite(value.get<double>())) {
      fault(mark, "the number " + clip(text) + " is out of range");
    }
    return value;
  }

  void no_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != 0) fault(mark, "anchors (&name) are not allowed; write the value out where it is used");
  }

  // "?" and "!" are what the reader says of plain and quoted text.
  void no_tag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!") fault(mark, "tags (" + clip(tag) + ") are not allowed");
  }

  void fault(const YAML::Mark& mark, std::string message) {
    constexpr std::size_t kMost = 100;
    if (into_.faults.size() < kMost)
      into_.faults.push_back({{into_.file, line_of(mark)}, {"", "", std::move(message)}});
  }

  Source& into_;
  std::size_t depth_;
  std::vector<Frame> open_;
  std::deque<Json> discarded_;
  std::string path_;
};

void read(std::string_view text, const SourceLimits& limits, Source& into) {
  std::istringstream stream{std::string(text)};
  YAML::Parser parser(stream);
  Builder builder(into, limits.depth);
  if (!parser.HandleNextDocument(builder) || into.value.is_null()) into.value = Json::object();
  Source second{into.file, {}, {}, {}};
  Builder rest(second, limits.depth);
  if (parser.HandleNextDocument(rest)) throw Stop{0, "holds more than one document; want one"};
}

}  // namespace

void parse_yaml(std::string_view text, const SourceLimits& limits, Source& into) {
  try {
    read(text, limits, into);
  } catch (const Stop& stop) {
    into.faults.push_back({{into.file, stop.line}, {"", "", stop.message}});
  } catch (const YAML::Exception& error) {
    const int line = error.mark.is_null() ? 0 : line_of(error.mark);
    into.faults.push_back({{into.file, line}, {"", "", "not YAML: " + error.msg}});
  }
}

}  // namespace slipway::config
