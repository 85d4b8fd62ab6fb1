// What documents are read from: JSON text, without a tree of it in between.
#pragma once

#include <cstdint>
#include <slipway/json.hpp>
#include <string>
#include <string_view>

namespace slipway {

enum class Unknown { ignored, refused };

// Takes one value after the other, in the order of the text. It knows only what is surely right, and answers false at
// anything else: faults, and what is rare, such as \u escapes. Whoever reads then gives up and parses the text
// (<slipway/json.hpp>), which decides and says what is wrong. After a false nothing more may be taken. The text must
// outlive the reader. Not thread-safe.
class TextReader {
 public:
  explicit TextReader(std::string_view text, Unknown unknown = Unknown::ignored, JsonLimits limits = {});

  [[nodiscard]] bool boolean(bool& to);
  [[nodiscard]] bool integer(std::int64_t& to);
  [[nodiscard]] bool number(double& to);
  // The digits of a whole number without a sign.
  [[nodiscard]] bool natural(std::string_view& digits);
  [[nodiscard]] bool text(std::string& to);
  // A text without escapes, as it stands in the text that is read.
  [[nodiscard]] bool word(std::string_view& to);
  [[nodiscard]] bool json(Json& to);
  // A value as it stands in the text that is read; false for one with white space in it.
  [[nodiscard]] bool json_text(std::string_view& to);
  // Nothing follows but white space.
  [[nodiscard]] bool at_end();

  // Each begin is followed by a call of `next` or `key` for each entry, until that says `end`.
  enum class Next { entry, end, fault };
  [[nodiscard]] bool begin_array() { return open('['); }
  [[nodiscard]] Next entry() { return next(']'); }
  [[nodiscard]] bool begin_object() { return open('{'); }
  // The name is one without escapes.
  [[nodiscard]] Next key(std::string_view& name);

  // What comes next; they take nothing, but for `null`, which takes a null that comes.
  [[nodiscard]] bool null();
  [[nodiscard]] bool comes(char first);
  [[nodiscard]] Unknown unknown() const { return unknown_; }

 private:
  void space();
  bool take(char wanted);
  bool take(std::string_view literal);
  bool open(char bracket);
  Next next(char bracket);
  bool run(std::string_view& bytes);
  bool rest_of_text(std::string& to);
  bool plain(char*& out);
  bool character(char*& out);
  bool escape(char*& out);
  struct Number {
    std::string_view digits;
    bool is_whole;
  };
  bool number(Number& to);
  bool json_number(Json& to);
  bool json_array(Json& to);
  bool json_object(Json& to);
  bool skip();
  bool skip_text();
  bool skip_array();
  bool skip_object();

  const char* at_;
  const char* end_;
  Unknown unknown_;
  std::size_t may_open_;
  bool is_first_ = false;   // entry of what was opened last
  bool has_space_ = false;  // white space was passed
};

}  // namespace slipway
