#include "tools/kit/report.hpp"

#include <algorithm>
#include <map>
#include <slipway/json.hpp>

namespace slipway::kit {
namespace {

std::size_t count(const Run& run, Verdict verdict) {
  return static_cast<std::size_t>(
      std::ranges::count_if(run.tests, [&](const Ran& ran) { return ran.outcome.verdict == verdict; }));
}

bool counts_as_failure(const Run& run, Verdict verdict) {
  if (verdict == Verdict::warn) return run.level == Level::pedantic;
  return verdict == Verdict::fail || verdict == Verdict::crash || verdict == Verdict::hang;
}

std::string in_width(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

std::string summary(const Run& run) {
  std::string text;
  for (const Verdict verdict :
       {Verdict::pass, Verdict::warn, Verdict::fail, Verdict::crash, Verdict::hang, Verdict::skip}) {
    const std::size_t number = count(run, verdict);
    if (number > 0 || verdict == Verdict::pass)
      text += (text.empty() ? "" : ", ") + std::to_string(number) + " " + std::string(name_of(verdict));
  }
  return text;
}

// As a shell takes it for one word.
std::string word(const std::string& text) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+=:@%,";
  if (!text.empty() && text.find_first_not_of(kPlain) == text.npos) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

// The command that repeats it, with all that its outcome depends on.
std::string again(const Run& run, const Ran& ran) {
  std::string text = "slipway plugin test " + word(run.package) + " --only " + ran.test->full_name() + " --seed " +
                     std::to_string(run.seed);
  if (!run.config.empty()) text += " --config " + word(run.config);
  if (!run.key.empty()) text += " --key " + word(run.key);
  return text;
}

std::string line_of(const Run& run, const Ran& ran) {
  const Verdict verdict = ran.outcome.verdict;
  std::string text = in_width(std::string(name_of(verdict)), 6) + ran.test->full_name();
  if (!ran.outcome.reason.empty()) text += ": " + ran.outcome.reason;
  text += "\n";
  if (verdict != Verdict::pass && verdict != Verdict::skip) text += "      again: " + again(run, ran) + "\n";
  return text;
}

// XML has no character U+FFFE or U+FFFF, however it is written.
void replace_no_characters(std::string& text) {
  for (const std::string_view none : {"\xef\xbf\xbe", "\xef\xbf\xbf"}) {
    for (auto at = text.find(none); at != text.npos; at = text.find(none, at))
      text.replace(at, none.size(), "\xef\xbf\xbd");
  }
}

std::string escaped(const std::string& text) {
  std::string out;
  // Through JSON, which replaces what is no UTF-8.
  auto valid = Json::parse(to_text(text)).get<std::string>();
  replace_no_characters(valid);
  for (const char c : valid) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out;
}

std::string seconds_text(std::chrono::milliseconds time) {
  const std::string millis = std::to_string(1000 + time.count() % 1000);
  return std::to_string(time.count() / 1000) + "." + millis.substr(1);
}

std::string junit_case(const Run& run, const Ran& ran) {
  std::string text = "    <testcase classname=\"" + escaped(run.id) + "." + ran.test->group + "\" name=\"" +
                     ran.test->name + "\" time=\"" + seconds_text(ran.took) + "\"";
  const std::string message = escaped(std::string(name_of(ran.outcome.verdict)) + ": " + ran.outcome.reason);
  if (ran.outcome.verdict == Verdict::skip) return text + "><skipped message=\"" + message + "\"/></testcase>\n";
  if (!counts_as_failure(run, ran.outcome.verdict)) return text + "/>\n";
  return text + "><failure message=\"" + message + "\">" + escaped(again(run, ran)) + "</failure></testcase>\n";
}

}  // namespace

bool has_failed(const Run& run) {
  return std::ranges::any_of(run.tests, [&](const Ran& ran) { return counts_as_failure(run, ran.outcome.verdict); });
}

std::string as_text(const Run& run) {
  std::string text = run.id + " " + run.version + ", level " +
                     std::string(kLevelNames[static_cast<std::size_t>(run.level)]) + ", seed " +
                     std::to_string(run.seed) + "\n";
  for (const Ran& ran : run.tests) text += line_of(run, ran);
  return text + summary(run) + "\n";
}

std::string as_json(const Run& run) {
  Json tests = Json::array();
  for (const Ran& ran : run.tests) {
    tests.push_back({{"group", ran.test->group},
                     {"name", ran.test->name},
                     {"verdict", name_of(ran.outcome.verdict)},
                     {"reason", ran.outcome.reason},
                     {"milliseconds", ran.took.count()}});
  }
  Json counts = Json::object();
  for (std::size_t i = 0; i < kVerdictNames.size(); ++i)
    counts[std::string(kVerdictNames[i])] = count(run, static_cast<Verdict>(i));
  const Json document{{"plugin", run.id},
                      {"version", run.version},
                      {"library_sha256", run.digest},
                      {"kit", SLIPWAY_VERSION},
                      {"level", kLevelNames[static_cast<std::size_t>(run.level)]},
                      {"seed", run.seed},
                      {"date", run.date},
                      {"passed", !has_failed(run)},
                      {"counts", counts},
                      {"tests", tests}};
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string as_junit(const Run& run) {
  std::chrono::milliseconds total{};
  std::string cases;
  std::size_t failures = 0;
  for (const Ran& ran : run.tests) {
    total += ran.took;
    cases += junit_case(run, ran);
    failures += counts_as_failure(run, ran.outcome.verdict) ? 1U : 0U;
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"" + escaped(run.id) + " " +
         escaped(run.version) + "\" tests=\"" + std::to_string(run.tests.size()) + "\" failures=\"" +
         std::to_string(failures) + "\" skipped=\"" + std::to_string(count(run, Verdict::skip)) + "\" time=\"" +
         seconds_text(total) + "\">\n    <properties><property name=\"seed\" value=\"" + std::to_string(run.seed) +
         "\"/></properties>\n" + cases + "  </testsuite>\n</testsuites>\n";
}

}  // namespace slipway::kit
