#include "plugins/metrics/prometheus/query.hpp"

namespace slipway::prometheus {
namespace {

constexpr std::size_t kLongest = 8192;
constexpr std::string_view kKnown = "want ${application}, ${release}, ${role}, ${tenant} or ${window}";

Status refused(std::string message) { return {Code::invalid_argument, std::move(message)}; }

// How far into PromQL's strings the text has come.
class Place {
 public:
  void pass(char c) {
    if (escaped_) {
      escaped_ = false;
    } else if (quote_ != 0) {
      escaped_ = c == '\\' && quote_ != '`';
      if (c == quote_) quote_ = 0;
    } else if (c == '"' || c == '\'' || c == '`') {
      quote_ = c;
      regex_ = before_.ends_with("=~") || before_.ends_with("!~");
    } else if (c != ' ' && c != '\t' && c != '\n') {
      before_ = before_.substr(before_.empty() ? 0 : before_.size() - 1) + c;
    }
  }
  [[nodiscard]] char quote() const { return quote_; }
  [[nodiscard]] bool in_regex() const { return regex_; }

 private:
  char quote_ = 0;
  bool escaped_ = false;
  bool regex_ = false;
  std::string before_;
};

std::string regex_escaped(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (std::string_view("\\.+*?()|[]{}^$").find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string quote_escaped(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\' || c == '"' || c == '\'') escaped += '\\';
    escaped += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return escaped;
}

const std::string* find(const Names& names, std::string_view name) {
  if (name == "application") return &names.application;
  if (name == "release") return &names.release;
  if (name == "role") return &names.role;
  return name == "tenant" ? &names.tenant : nullptr;
}

Result<std::string> replacement(std::string_view name, const Names& names, const Place& place) {
  // Prometheus knows no "1m30s500us": whole milliseconds are exact and always understood.
  if (name == "window") return std::to_string(std::max<std::int64_t>(1, names.window.ns / 1'000'000)) + "ms";
  const std::string* const value = find(names, name);
  const std::string shown = "${" + std::string(name) + "}";
  if (value == nullptr) return refused(shown + " is unknown; " + std::string(kKnown));
  if (place.quote() == 0)
    return refused(shown + " stands outside of quotes; write it as a label's value: \"" + shown + "\"");
  if (place.quote() == '`') return refused(shown + " stands in backquotes, which have no escapes; use \"...\"");
  return quote_escaped(place.in_regex() ? regex_escaped(*value) : *value);
}

void check(Reader& in, std::string_view field, const std::map<std::string, std::string>& list) {
  const Names sample{"t", "a", "r", "next", seconds(1)};
  in.inside(field, [&] {
    for (const auto& [name, promql] : list) {
      const Json shown = promql;
      const auto made = substituted(promql, sample);
      in.inside(name, [&] {
        if (promql.empty() || promql.size() > kLongest)
          in.fault(nullptr, "want PromQL of 1 to 8192 bytes");
        else if (!made.ok())
          in.fault(&shown, made.status().message);
      });
    }
  });
}

}  // namespace

Result<std::string> substituted(std::string_view promql, const Names& names) {
  std::string text;
  Place place;
  while (!promql.empty()) {
    const std::size_t end = promql.starts_with("${") ? promql.find('}') : promql.npos;
    if (end == promql.npos) {
      if (promql.starts_with("${")) return refused("\"${\" has no \"}\"; " + std::string(kKnown));
      place.pass(promql.front());
      text += promql.front();
      promql.remove_prefix(1);
      continue;
    }
    auto value = replacement(promql.substr(2, end - 2), names, place);
    if (!value.ok()) return value;
    text += *value;
    promql.remove_prefix(end + 1);
  }
  return text;
}

std::string up_of(const std::set<std::string>& instances) {
  std::string any;
  for (const std::string& instance : instances)
    any += (any.empty() ? "" : "|") + quote_escaped(regex_escaped(instance));
  return "up{instance=~\"" + any + "\"}";
}

std::size_t wanted(const Query& query) {
  return query.queries.size() + query.histograms.size() + query.counters.size() + query.bucket_counters.size();
}

Result<Query> read_query(const Json& json) {
  auto query = decode<Query>(json, "the query", Unknown::refused);
  if (!query.ok()) return query;
  Reader in;
  check(in, "queries", query->queries);
  check(in, "histograms", query->histograms);
  check(in, "counters", query->counters);
  check(in, "bucket_counters", query->bucket_counters);
  if (wanted(*query) == 0)
    in.inside("queries", [&] { in.fault(nullptr, "is missing; want at least one query, histogram or counter"); });
  const Json lookback = to_string(query->lookback);
  if (query->lookback < milliseconds(1) || query->lookback > seconds(3'600))
    in.inside("lookback", [&] { in.fault(&lookback, "want a duration of 1ms to 1h"); });
  const Json step = to_string(query->step);
  if (query->step < milliseconds(1)) in.inside("step", [&] { in.fault(&step, "want a duration of at least 1ms"); });
  if (in.problems().empty()) return query;
  return Status(Code::invalid_argument, "the query is not valid", std::move(in.problems()));
}

std::string url_encoded(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_' || c == '.' || c == '~';
    encoded += plain ? std::string(1, c) : std::string{'%', kHex[byte >> 4], kHex[byte & 15]};
  }
  return encoded;
}

}  // namespace slipway::prometheus
