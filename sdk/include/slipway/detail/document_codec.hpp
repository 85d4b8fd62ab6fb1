// The codec of documents: what is done to each field of the list.
#pragma once

#include <algorithm>
#include <slipway/detail/codecs.hpp>

namespace slipway {

namespace detail {

template <class M>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;

// What is done to each field of a document.
template <class T>
struct FieldWriter {
  Writer& out;
  const T& value;

  template <class M>
  void operator()(const Field<T, M>& entry) const {
    const M& member = value.*entry.member;
    if constexpr (kIsOptional<M>) {
      if (!member) return;
    }
    out.field(entry.name);
    Codec<M>::write(out, member);
  }
};

template <class T>
struct FieldReader {
  Reader& in;
  Json& object;
  T& value;

  template <class M>
  void operator()(const Field<T, M>& entry) const {
    const auto found = object.find(entry.name);
    const bool is_there = found != object.end();
    if (!is_there && !entry.is_required) return;
    in.enter(entry.name);
    if (is_there) {
      Codec<M>::read(in, *found, value.*entry.member, entry.bounds);
    } else {
      in.fault(nullptr, "is missing");
    }
    in.leave();
  }
};

// Reads fields in the order of their list, which is how they are written, and goes round again for another order.
template <class T>
class FieldTextReader {
 public:
  FieldTextReader(TextReader& in, T& value) : in_(in), value_(value) {}

  bool read() {
    static_assert(decltype(T::fields())::kSize <= 64, "a document has at most 64 fields");
    if (!in_.begin_object()) return false;
    next_ = in_.key(name_);
    do {
      const std::uint64_t before = seen_;
      mine_ = 1;
      T::fields().each(*this);
      if (next_ == TextReader::Next::entry && seen_ == before) next_ = pass_over();
    } while (next_ == TextReader::Next::entry);
    return next_ == TextReader::Next::end && (seen_ & required_) == required_;
  }

  template <class M>
  void operator()(const Field<T, M>& entry) {
    const std::uint64_t mine = std::exchange(mine_, mine_ << 1);
    if (entry.is_required) required_ |= mine;
    if (next_ != TextReader::Next::entry || name_ != entry.name) return;
    const bool is_read = (seen_ & mine) == 0 && read_text(in_, value_.*entry.member, entry.bounds);
    seen_ |= mine;
    next_ = is_read ? in_.key(name_) : TextReader::Next::fault;
  }

 private:
  // A field that the document does not know.
  TextReader::Next pass_over() {
    constexpr std::size_t kUsually = 8;
    const bool is_twice = std::find(unknown_.begin(), unknown_.end(), name_) != unknown_.end();
    if (in_.unknown() == Unknown::refused || is_twice || unknown_.size() == kUsually) return TextReader::Next::fault;
    unknown_.push_back(name_);
    std::string_view ignored;
    return in_.json_text(ignored) ? in_.key(name_) : TextReader::Next::fault;
  }

  TextReader& in_;
  T& value_;
  TextReader::Next next_ = TextReader::Next::fault;
  std::string_view name_;
  // A bit for each field of the list.
  std::uint64_t mine_ = 1;
  std::uint64_t seen_ = 0;
  std::uint64_t required_ = 0;
  std::vector<std::string_view> unknown_;
};

template <class T>
struct FieldSchema {
  Json& schema;
  const T& defaults;

  template <class M>
  void operator()(const Field<T, M>& entry) const {
    Json property = Codec<M>::schema(entry.bounds);
    property["description"] = std::string(entry.doc);
    if (entry.is_required) {
      schema["required"].push_back(std::string(entry.name));
    } else if constexpr (!kIsOptional<M> && !Document<M>) {
      property["default"] = encode(defaults.*entry.member);
    }
    schema["properties"][std::string(entry.name)] = std::move(property);
  }
};

struct FieldNames {
  std::vector<std::string_view>& names;

  template <class T, class M>
  void operator()(const Field<T, M>& entry) const {
    names.push_back(entry.name);
  }
};

// A fault for each name of `from` that is not among `names`.
void refuse_unknown(Reader& in, const Json& from, const std::vector<std::string_view>& names);

Status not_valid(std::string_view what, Reader& in);
Status not_valid(std::string_view what, const Status& syntax);

}  // namespace detail

template <Document T>
struct Codec<T> {
  static void write(Writer& out, const T& value) {
    out.begin_object();
    T::fields().each(detail::FieldWriter<T>{out, value});
    out.end_object();
  }
  static void read(Reader& in, Json& from, T& to, Bounds) {
    if (!from.is_object()) return in.fault(&from, "want an object");
    T::fields().each(detail::FieldReader<T>{in, from, to});
    if (!in.refuses_unknown()) return;
    std::vector<std::string_view> names;
    T::fields().each(detail::FieldNames{names});
    detail::refuse_unknown(in, from, names);
  }
  static bool read(TextReader& in, T& to, Bounds) { return detail::FieldTextReader<T>(in, to).read(); }
  static Json schema(Bounds) {
    Json schema{{"type", "object"}, {"properties", Json::object()}};
    const T defaults{};
    T::fields().each(detail::FieldSchema<T>{schema, defaults});
    return schema;
  }
};

}  // namespace slipway
