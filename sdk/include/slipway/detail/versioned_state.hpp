// What travels to and from an author's pure function as text: settings, merged over an instance's defaults, and a state
// that carries its version. The text is read without a tree where nothing asks for one. Pure functions, no thread
// rules.
#pragma once

#include <slipway/settings.hpp>

namespace slipway::detail {

// A tree is needed only for defaults, and for nulls that bring them back.
template <class Settings>
Result<Settings> merged_over(const Json& defaults, const JsonText& given) {
  if (defaults.empty() && given.text.find("null") == given.text.npos) {
    if (auto merged = value_in<Settings>(TextReader(given.text, Unknown::refused))) return std::move(*merged);
  }
  return settings_over<Settings>(defaults, tree_of(given));
}

struct NameFinder {
  std::string_view name;
  bool is_found = false;

  template <class T, class M>
  constexpr void operator()(const Field<T, M>& entry) {
    is_found = is_found || entry.name == name;
  }
};
template <Document T>
constexpr bool has_field(std::string_view name) {
  NameFinder finder{name};
  T::fields().each(finder);
  return finder.is_found;
}

// A state as `{"version":1,…}`, its own fields after the version.
template <Document State>
class VersionedState {
  static_assert(!has_field<State>("version"),
                "a state's version is written before its fields: none may have that name");

 public:
  static JsonText write(const State& state) {
    JsonText written{encode_text(state)};
    const bool has_fields = written.text != "{}";
    written.text.replace(0, 1, begin());
    if (!has_fields) written.text.erase(written.text.size() - 2, 1);
    return written;
  }

  // No text is a fresh state. `migrate(tree, version)` reads other versions.
  template <class Migrate>
  static State read(const JsonText& state, Migrate&& migrate) {
    if (state.is_null()) return {};
    if (state.text.starts_with(begin())) {
      if (auto own = value_in<State>(TextReader(state.text))) return std::move(*own);
    }
    const Json tree = tree_of(state);
    return read(tree, tree.is_object() ? tree.value("version", State::kVersion) : State::kVersion, migrate);
  }
  template <class Migrate>
  static State read(const Json& state, std::int64_t version, Migrate&& migrate) {
    if (version != State::kVersion) return migrate(state, version);
    return value_or_throw(decode<State>(state, "the state"));
  }

  // FAILED_PRECONDITION, of those who read versions from `oldest` on; `who`: "this strategy".
  [[noreturn]] static void refuse(std::int64_t version, std::string_view who, std::int64_t oldest = State::kVersion) {
    const std::string newest = std::to_string(State::kVersion);
    throw Error(
        Code::failed_precondition,
        "the state has version " + std::to_string(version) + ", " + std::string(who) + " reads version" +
            (oldest == State::kVersion ? " " + newest + " only" : "s " + std::to_string(oldest) + " to " + newest));
  }

 private:
  // Of a state as this version writes it.
  static std::string begin() { return "{\"version\":" + std::to_string(State::kVersion) + ','; }
};

}  // namespace slipway::detail
