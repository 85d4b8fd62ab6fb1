#include "tools/kit/generator.hpp"

#include <algorithm>
#include <array>
#include <regex>

namespace slipway::kit {
namespace {

constexpr std::size_t kMostItems = 3;
constexpr int kDeepest = 8;

Json make(const Json& schema, base::Random& random, int depth);

Json pick(const Json& list, base::Random& random) { return list[random.below(list.size())]; }

std::string text_of_length(std::size_t least, std::size_t most, base::Random& random) {
  static constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789-";
  std::string text = "k";
  const std::size_t size = std::max(least, std::min<std::size_t>(most, 1 + random.below(12)));
  while (text.size() < size) text += kAlphabet[random.below(kAlphabet.size())];
  if (text.size() > most) text.resize(most);
  return text;
}

std::string text_for_pattern(const Json& schema) {
  static constexpr std::array<std::string_view, 12> kUsual{
      "1s", "5", "5%", "1.0", "1.4.0", "a", "a-name", "env:NAME", "a/b", "12:00", "+00:00", "http://127.0.0.1:9/"};
  const std::regex pattern(schema.at("pattern").get<std::string>());
  for (const std::string_view text : kUsual) {
    if (std::regex_search(text.begin(), text.end(), pattern)) return std::string(text);
  }
  return schema.value("default", "");
}

std::string make_text(const Json& schema, base::Random& random) {
  if (schema.contains("examples")) return pick(schema["examples"], random).get<std::string>();
  if (schema.value("format", "") == "date-time") return "2026-03-01T12:00:00Z";
  if (schema.contains("pattern")) return text_for_pattern(schema);
  return text_of_length(schema.value("minLength", std::size_t{0}), schema.value("maxLength", std::size_t{64}), random);
}

Json make_number(const Json& schema, base::Random& random) {
  const auto least = static_cast<std::int64_t>(schema.value("minimum", 0.0));
  const auto most = static_cast<std::int64_t>(std::min(schema.value("maximum", 1'000.0), 1e15));
  const auto span = static_cast<std::uint64_t>(std::clamp<std::int64_t>(most - least, 0, 1'000));
  return least + static_cast<std::int64_t>(random.below(span + 1));
}

Json make_list(const Json& schema, base::Random& random, int depth) {
  const std::size_t least = schema.value("minItems", std::size_t{0});
  const std::size_t most = std::min(schema.value("maxItems", least + kMostItems), least + kMostItems);
  Json list = Json::array();
  const std::size_t size = depth > kDeepest ? least : least + random.below(most - least + 1);
  while (list.size() < size) list.push_back(make(schema.value("items", Json::object()), random, depth + 1));
  return list;
}

bool is_required(const Json& schema, const std::string& name) {
  const Json& required = schema.value("required", Json::array());
  return std::find(required.begin(), required.end(), name) != required.end();
}

Json make_object(const Json& schema, base::Random& random, int depth) {
  Json object = Json::object();
  const Json properties = schema.value("properties", Json::object());
  for (const auto& [name, field] : properties.items()) {
    if (is_required(schema, name) || (depth < kDeepest && random.below(2) == 0))
      object[name] = make(field, random, depth + 1);
  }
  const Json extra = schema.value("additionalProperties", Json(nullptr));
  if (extra.is_object() && schema.value("maxProperties", 2) > 0) object["key"] = make(extra, random, depth + 1);
  return object;
}

Json make(const Json& schema, base::Random& random, int depth) {
  if (!schema.is_object() || schema.empty()) return Json::object();
  if (schema.contains("const")) return schema["const"];
  if (schema.contains("enum")) return pick(schema["enum"], random);
  if (schema.contains("anyOf")) return make(pick(schema["anyOf"], random), random, depth);
  const Json type = schema.value("type", Json("object"));
  const std::string kind = (type.is_array() ? pick(type, random) : type).get<std::string>();
  if (kind == "object") return make_object(schema, random, depth);
  if (kind == "array") return make_list(schema, random, depth);
  if (kind == "string") return make_text(schema, random);
  if (kind == "boolean") return random.below(2) == 0;
  return kind == "null" ? Json(nullptr) : make_number(schema, random);
}

std::string flipped(std::string text, base::Random& random) {
  for (int i = 0; i < 3 && !text.empty(); ++i) {
    char& byte = text[random.below(text.size())];
    byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << random.below(8)));
  }
  return text;
}

Json with_wrong_types(const Json& document, base::Random& random) {
  const std::array<Json, 6> others{Json(-1),      Json("\n"),  Json::array({1, "two"}),
                                   Json(nullptr), Json(1e300), Json(true)};
  Json changed = document;
  if (!document.is_object() || document.empty()) return others[random.below(others.size())];
  for (auto& [name, value] : changed.items()) {
    if (random.below(2) == 0) value = others[random.below(others.size())];
  }
  return changed;
}

std::string nested(std::size_t depth) { return R"({"a":)" + std::string(depth, '[') + std::string(depth, ']') + "}"; }

}  // namespace

Json make_document(const Json& schema, base::Random& random) { return make(schema, random, 0); }

std::string_view name_of(Damage damage) {
  constexpr std::array<std::string_view, 7> kNames{"its end cut off",         "flipped bits",    "an embedded NUL",
                                                   "bytes that are no UTF-8", "too many levels", "wrong types",
                                                   "no byte at all"};
  return kNames[static_cast<std::size_t>(damage)];
}

std::string damaged(const Json& document, Damage damage, base::Random& random) {
  std::string text = to_text(document);
  const std::size_t at = random.below(text.size());
  switch (damage) {
    case Damage::cut_off:
      return text.substr(0, at);
    case Damage::flipped_bits:
      return flipped(std::move(text), random);
    case Damage::embedded_nul:
      return text.insert(at, 1, '\0');
    case Damage::not_utf8:
      return text.insert(at, "\xc3\x28\xff\xfe");
    case Damage::too_deep:
      return nested(100'000);
    case Damage::wrong_types:
      return to_text(with_wrong_types(document, random));
    default:
      return "";
  }
}

}  // namespace slipway::kit
