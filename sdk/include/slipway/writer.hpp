// What documents are written to: JSON text as it grows, or a JSON value.
#pragma once

#include <cstdint>
#include <slipway/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway {

// Takes a document in its order: each key is followed by one value, each begin by its end. Not thread-safe.
class Writer {
 public:
  Writer() = default;
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  virtual ~Writer() = default;

  virtual void null() = 0;
  virtual void boolean(bool value) = 0;
  virtual void integer(std::int64_t value) = 0;
  virtual void natural(std::uint64_t value) = 0;
  // JSON knows no infinity and no NaN: they are written as null.
  virtual void number(double value) = 0;
  // Bytes that are not UTF-8 become U+FFFD in JSON text.
  virtual void text(std::string_view value) = 0;
  virtual void json(const Json& value) = 0;
  // A whole value, which must be valid.
  virtual void json_text(std::string_view value) = 0;
  virtual void begin_object() = 0;
  virtual void key(std::string_view name) = 0;
  // A key of letters, digits and underscores, as documents have them.
  virtual void field(std::string_view name) = 0;
  virtual void end_object() = 0;
  virtual void begin_array() = 0;
  virtual void end_array() = 0;
};

// Compact JSON text.
class TextWriter final : public Writer {
 public:
  void null() override { put("null"); }
  void boolean(bool value) override { put(value ? "true" : "false"); }
  void integer(std::int64_t value) override;
  void natural(std::uint64_t value) override;
  void number(double value) override;
  void text(std::string_view value) override;
  void json(const Json& value) override { put(to_text(value)); }
  void json_text(std::string_view value) override { put(value); }
  void begin_object() override { put("{"); }
  void key(std::string_view name) override;
  void field(std::string_view name) override;
  void end_object() override { add('}'); }
  void begin_array() override { put("["); }
  void end_array() override { add(']'); }

  // What was written; nothing is left.
  std::string take();

 private:
  void separate();
  void put(std::string_view token);
  void quote(std::string_view value);
  template <class N>
  void digits(N value);
  void add(char c);
  void add(std::string_view bytes);
  char* room(std::size_t size);

  std::string text_;  // as long as there is room
  std::size_t size_ = 0;
};

// A JSON value. Texts are kept as they are.
class TreeWriter final : public Writer {
 public:
  void null() override { put(nullptr); }
  void boolean(bool value) override { put(value); }
  void integer(std::int64_t value) override { put(value); }
  void natural(std::uint64_t value) override { put(value); }
  void number(double value) override { put(value); }
  void text(std::string_view value) override { put(value); }
  void json(const Json& value) override { put(value); }
  void json_text(std::string_view value) override { put(Json::parse(value)); }
  void begin_object() override { open(Json::object()); }
  void key(std::string_view name) override { add_key(std::string(name)); }
  void field(std::string_view name) override { key(name); }
  void end_object() override { open_.pop_back(); }
  void begin_array() override { open(Json::array()); }
  void end_array() override { open_.pop_back(); }

  void put(Json value) { *next() = std::move(value); }
  // False for a name that the open object has already.
  bool add_key(std::string name);
  // Objects and arrays that have begun and not ended.
  [[nodiscard]] std::size_t depth() const { return open_.size(); }
  Json take() { return std::move(root_); }

 private:
  void open(Json container);
  Json* next();

  Json root_;
  std::vector<Json*> open_;
  Json* slot_ = nullptr;
};

}  // namespace slipway
