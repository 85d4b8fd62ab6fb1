#include "plugins/metrics/probe/tap.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

namespace slipway::probe {
namespace {

constexpr std::size_t kMostParts = 256;
constexpr std::size_t kLongestName = 200;

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

// Takes a word off the front, where it stands there by itself.
bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  const std::string_view rest = text.substr(word.size());
  if (!rest.empty() && std::isalnum(static_cast<unsigned char>(rest.front())) != 0) return false;
  text = trimmed(rest);
  return true;
}

std::optional<std::size_t> take_number(std::string_view& text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  text = trimmed(text.substr(static_cast<std::size_t>(end - text.data())));
  return number;
}

// "skip" of "a name # SKIP no network".
std::string directive_of(std::string_view text) {
  const std::size_t mark = text.rfind(" # ");
  std::string word(mark == text.npos ? (text.starts_with("# ") ? text.substr(2, 4) : "") : text.substr(mark + 3, 4));
  std::ranges::transform(word, word.begin(), [](unsigned char c) { return std::tolower(c); });
  return word;
}

class Report {
 public:
  void line(std::string_view text) {
    // Indented lines are those of subtests, whose sum is a test of its own.
    if (text.empty() || text.front() == ' ' || text.front() == '\t' || bailed_) return;
    const bool is_bad = take(text, "not ok");
    if (is_bad || take(text, "ok")) return test(text, !is_bad);
    if (text.starts_with("1..")) return plan(text.substr(3));
    if (text.starts_with("Bail out!")) return bail(trimmed(text.substr(9)));
    if (text.front() == '#' && failed_last_ && parts_.back().detail.empty())
      parts_.back().detail = std::string(trimmed(text.substr(1)).substr(0, kLongestName));
  }

  std::vector<Outcome::Part> end() && {
    if (bailed_) return std::move(parts_);
    if (!planned_) fault("there is no plan (1..N)");
    if (planned_ && *planned_ != ran_)
      fault(std::to_string(ran_) + " of " + std::to_string(*planned_) + " planned tests were reported");
    return std::move(parts_);
  }

 private:
  void test(std::string_view text, bool passed) {
    ++ran_;
    const std::size_t number = take_number(text).value_or(ran_);
    if (take(text, "-")) text = trimmed(text);
    const std::string directive = directive_of(text);
    failed_last_ = false;
    if (directive == "skip" || parts_.size() >= kMostParts) return;
    const std::size_t mark = std::min(text.find(" # "), text.starts_with("# ") ? 0 : text.npos);
    const std::string_view name = trimmed(text.substr(0, mark));
    const bool counts = passed || directive == "todo";
    failed_last_ = !counts;
    parts_.push_back({name.empty() ? "test " + std::to_string(number) : std::string(name.substr(0, kLongestName)),
                      counts, directive == "todo" ? "todo" : ""});
  }
  void plan(std::string_view text) { planned_ = take_number(text); }
  void bail(std::string_view why) {
    bailed_ = true;
    fault("bailed out: " + std::string(why.substr(0, kLongestName)));
  }
  void fault(std::string what) { parts_.push_back({"report", false, std::move(what)}); }

  std::vector<Outcome::Part> parts_;
  std::optional<std::size_t> planned_;
  std::size_t ran_ = 0;
  bool failed_last_ = false;
  bool bailed_ = false;
};

}  // namespace

std::vector<Outcome::Part> parts_of_tap(std::string_view text) {
  Report report;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    report.line(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return std::move(report).end();
}

Outcome outcome_of_tap(std::string_view text, const std::string& problem) {
  Outcome outcome{Outcome::Result::passed, "", std::nullopt, parts_of_tap(text)};
  const auto failures = std::ranges::count_if(outcome.parts, [](const auto& part) { return !part.passed; });
  // An exit status that says no more than the tests do is none of its own.
  if (!problem.empty() && failures == 0) outcome.parts.push_back({"end", false, problem});
  if (!problem.empty() || failures > 0) outcome.result = Outcome::Result::failed;
  outcome.detail = std::to_string(failures) + " of " + std::to_string(outcome.parts.size()) + " tests failed";
  return outcome;
}

}  // namespace slipway::probe
