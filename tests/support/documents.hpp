// Documents with values made up by chance, and whether text is read the same with and without a tree.
#pragma once

#include <random>
#include <slipway/document.hpp>

namespace slipway::test {

// Fills documents with values that their bounds allow, the same ones for the same seed.
class MadeUp {
 public:
  explicit MadeUp(std::uint32_t seed) : random_(seed) {}

  template <Document T>
  T document() {
    T value{};
    fill(value, {});
    return value;
  }
  std::size_t below(std::size_t limit) { return random_() % limit; }

 private:
  // How many of something, within the bounds.
  std::size_t some(Bounds bounds) {
    const auto least = static_cast<std::size_t>(std::max<std::int64_t>(bounds.minimum, 0));
    return std::min(least + below(3), static_cast<std::size_t>(bounds.maximum));
  }

  void fill(bool& value, Bounds) { value = below(2) == 0; }
  template <std::integral T>
  void fill(T& value, Bounds bounds) {
    const Bounds allowed = detail::natural_bounds<T>(bounds);
    const auto wanted = static_cast<std::int64_t>(below(2'000'000)) - 1'000'000;
    value = static_cast<T>(std::clamp(wanted, allowed.minimum, allowed.maximum));
  }
  void fill(double& value, Bounds bounds) {
    const double wanted = static_cast<double>(below(4'000)) / 16 - 100;
    value = std::clamp(wanted, static_cast<double>(bounds.minimum), static_cast<double>(bounds.maximum));
  }
  void fill(std::string& value, Bounds bounds) {
    constexpr std::array<std::string_view, 5> kTexts{"a", "two words", "\"quoted\"\\\n", "\u2192 \u00b5", "x\ty/z"};
    const std::string_view chosen = kTexts[below(kTexts.size())];
    const bool fits = detail::fits(chosen.size(), bounds);
    value = fits ? std::string(chosen) : std::string(some(bounds), 'n');
  }
  void fill(Json& value, Bounds) {
    const std::array<Json, 6> values{nullptr, "text", 17, -1.5, {{"a", {1, nullptr, {{"b", true}}}}}, Json::array()};
    value = values[below(values.size())];
  }
  void fill(JsonText& value, Bounds bounds) {
    Json json;
    fill(json, bounds);
    value = json_text(json);
  }
  void fill(Duration& value, Bounds) { value = nanoseconds(static_cast<std::int64_t>(below(1'000'000'000)) * 977); }
  void fill(Instant& value, Bounds) { value = {static_cast<std::int64_t>(below(2'000'000'000)) * 977'000'001}; }
  void fill(Count& value, Bounds) {
    const auto number = static_cast<std::uint32_t>(below(200));
    value = below(2) == 0 ? replicas(number) : percent(number);
  }
  template <NamedEnum E>
  void fill(E& value, Bounds) {
    const auto names = enum_names(E{});
    value = names[below(names.size())].first;
  }
  template <class T>
  void fill(std::optional<T>& value, Bounds bounds) {
    value.reset();
    if (below(2) == 0) fill(value.emplace(), bounds);
  }
  template <class T>
  void fill(std::vector<T>& value, Bounds bounds) {
    value.resize(some(bounds));
    for (T& item : value) fill(item, {});
  }
  template <class T>
  void fill(std::map<std::string, T>& value, Bounds bounds) {
    const std::size_t count = some(bounds);
    while (value.size() < count) fill(value["key " + std::to_string(value.size())], {});
  }
  template <Document T>
  void fill(T& value, Bounds) {
    T::fields().each([&](const auto& entry) { fill(value.*entry.member, entry.bounds); });
  }

  std::mt19937 random_;
};

// Past the direct reader, which knows no byte order mark.
inline Result<Json> parse_by_library(std::string_view text) { return parse_json("\xef\xbb\xbf" + std::string(text)); }

enum class ReadAs { refused, by_tree, directly, differently };

// How the text is read. `differently` is the fault that there must not be: read without a tree what is refused or is
// something else with one.
template <class T>
ReadAs read_as(std::string_view text, Unknown unknown) {
  const auto directly = detail::value_in<T>(TextReader(text, unknown));
  auto json = parse_by_library(text);
  auto by_tree = json.ok() ? decode<T>(std::move(*json), "it", unknown) : Result<T>(json.status());
  if (!directly) return by_tree.ok() ? ReadAs::by_tree : ReadAs::refused;
  return by_tree.ok() && encode(*directly) == encode(*by_tree) ? ReadAs::directly : ReadAs::differently;
}

}  // namespace slipway::test
