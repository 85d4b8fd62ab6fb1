#include "plugins/metrics/probe/query.hpp"

#include <charconv>
#include <set>

namespace slipway::probe {
namespace {

constexpr Duration kLongestTimeout = seconds(60);

bool is_status(std::string_view text, std::int32_t& status) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), status);
  return error == std::errc{} && end == text.data() + text.size() && status >= 100 && status <= 599;
}

void refuse_duration(Reader& in, std::string_view name, Duration value, Duration least) {
  if (value >= least && value <= kLongestTimeout) return;
  in.inside(name, [&] {
    const Json shown = to_string(value);
    in.fault(&shown, "want a duration from " + to_string(least) + " to " + to_string(kLongestTimeout));
  });
}

void refuse_pointers(Reader& in, const Check& check) {
  for (const auto& [pointer, value] : check.expect.json) {
    try {
      static_cast<void>(Json::json_pointer(pointer));
    } catch (const Json::exception&) {
      const Json shown = pointer;
      in.inside("expect",
                [&] { in.inside("json", [&] { in.fault(&shown, "want JSON pointers such as \"/status\""); }); });
    }
  }
}

void refuse_misfits(Reader& in, const Check& check) {
  const Json path = check.path;
  if (check.kind == Kind::http && check.path.front() != '/')
    in.inside("path", [&] { in.fault(&path, "want a path that begins with /"); });
  if (check.kind == Kind::command && (check.command.empty() || check.command.front().empty()))
    in.inside("command", [&] { in.fault(nullptr, "is missing; a command check wants a program"); });
  if (check.kind != Kind::command && check.output != Output::text)
    in.inside("output", [&] { in.fault(nullptr, "is for checks of kind command only"); });
  if (check.kind != Kind::command && !check.command.empty())
    in.inside("command", [&] { in.fault(nullptr, "is for checks of kind command only"); });
  refuse_duration(in, "timeout", check.timeout, milliseconds(1));
  refuse_pointers(in, check);
}

}  // namespace

std::string to_string(const StatusRange& range) {
  const std::string low = std::to_string(range.low);
  return range.low == range.high ? low : low + "-" + std::to_string(range.high);
}

Result<StatusRange> parse_status_range(std::string_view text) {
  StatusRange range;
  const std::size_t dash = text.find('-');
  const std::string_view high = dash == text.npos ? text : text.substr(dash + 1);
  if (is_status(text.substr(0, dash), range.low) && is_status(high, range.high) && range.low <= range.high)
    return range;
  return Status(Code::invalid_argument, "want a status such as 200 or a range such as \"200-299\", from 100 to 599");
}

Result<Query> read_query(const Json& json) {
  auto query = decode<Query>(json, "the query", Unknown::refused);
  if (!query.ok()) return query;
  Reader in;
  std::set<std::string> names;
  refuse_duration(in, "pause", query->pause, Duration{});
  in.inside("checks", [&] {
    for (std::size_t i = 0; i < query->checks.size(); ++i) {
      const Check& check = query->checks[i];
      const Json name = check.name;
      in.inside(std::to_string(i), [&] {
        if (!names.insert(check.name).second)
          in.inside("name", [&] { in.fault(&name, "another check has this name"); });
        refuse_misfits(in, check);
      });
    }
  });
  if (in.problems().empty()) return query;
  return Status(Code::invalid_argument, "the query is not valid", std::move(in.problems()));
}

}  // namespace slipway::probe
