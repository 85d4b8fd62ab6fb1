#include "plugins/analyzers/threshold/measure.hpp"

#include <algorithm>
#include <cmath>

#include "plugins/analyzers/common/numbers.hpp"

namespace slipway::threshold {
namespace {

std::optional<double> value_of(const metrics::GroupSamples* samples, const std::string& name) {
  if (samples == nullptr) return std::nullopt;
  if (const auto found = samples->values.find(name); found != samples->values.end()) return found->second;
  if (samples->cases.empty()) return std::nullopt;
  const auto& cases = samples->cases;
  if (name == "cases") return static_cast<double>(cases.size());
  if (name == "failed_cases")
    return static_cast<double>(std::count_if(cases.begin(), cases.end(), [](const auto& c) { return !c.passed; }));
  return std::nullopt;
}

class Measuring {
 public:
  Measuring(const Settings& settings, const Conditions& conditions, const analyzer::JudgeRequest& request)
      : settings_(settings),
        conditions_(conditions),
        request_(request),
        group_(samples_of(request, request.role)),
        baseline_(samples_of(request, request.baseline)) {
    lookup_ = [this](const std::string& name) {
      if (!name.starts_with(kBaseline)) return value_of(group_, name);
      return value_of(baseline_, name.substr(kBaseline.size()));
    };
  }

  Finding run() const {
    Finding finding = found();
    finding.evidence = evidence();
    return finding;
  }

 private:
  Finding found() const {
    if (!request_.source_error.empty()) return {Measurement::error, "the source failed: " + request_.source_error, {}};
    if (auto why = refused()) return {Measurement::error, std::move(*why), {}};
    if (auto why = uncovered()) return {Measurement::insufficient, std::move(*why), {}};
    if (settings_.min_requests > 0) {
      const auto requests = lookup_("requests");
      if (!requests) return missing("requests");
      if (*requests < static_cast<double>(settings_.min_requests)) {
        return {Measurement::insufficient,
                "only " + to_text(*requests) + " of the " + std::to_string(settings_.min_requests) +
                    " requests that a measurement needs",
                {}};
      }
    }
    return by_conditions();
  }
  // The baseline's numbers count where a condition reads them.
  std::optional<std::string> uncovered() const {
    auto why = analyzer::uncovered(group_, settings_.min_completeness);
    return why || !reads_baseline(conditions_) ? why : analyzer::uncovered(baseline_, settings_.min_completeness);
  }
  // Also what no condition reads, as the chance of a false alarm rests on it.
  std::optional<std::string> refused() const {
    for (const auto* expression : {&conditions_.success, &conditions_.failure}) {
      if (!*expression) continue;
      for (const auto& name : names_in(**expression)) {
        const bool of_baseline = name.starts_with(kBaseline);
        auto why =
            analyzer::refusal(of_baseline ? baseline_ : group_, of_baseline ? name.substr(kBaseline.size()) : name);
        if (why) return why;
      }
    }
    for (const auto* samples : {group_, baseline_}) {
      for (const char* name : {"requests", "failures"})
        if (auto why = analyzer::refusal(samples, name)) return why;
    }
    return std::nullopt;
  }
  // Failure is looked at first: a measurement that satisfies both conditions is a failure.
  Finding by_conditions() const {
    std::optional<Finding> open;
    if (conditions_.failure) {
      const Outcome outcome = evaluate(*conditions_.failure, lookup_);
      if (outcome.truth == Truth::yes) return decided(Measurement::failure, *conditions_.failure, outcome);
      if (outcome.truth > Truth::yes) open = undecided(*conditions_.failure, outcome);
      if (!open && !conditions_.success) return decided(Measurement::success, *conditions_.failure, outcome);
    }
    if (open || !conditions_.success) return *open;
    const Outcome outcome = evaluate(*conditions_.success, lookup_);
    if (outcome.truth == Truth::yes) return decided(Measurement::success, *conditions_.success, outcome);
    if (outcome.truth > Truth::yes) return undecided(*conditions_.success, outcome);
    if (!conditions_.failure) return decided(Measurement::failure, *conditions_.success, outcome);
    Finding neither = decided(Measurement::inconclusive, *conditions_.success, outcome);
    neither.sentence += ", but that is no failure either";
    return neither;
  }

  // Says what its deciding comparison came to, which under "not" is the opposite of the condition.
  Finding decided(Measurement measurement, const Expression& expression, const Outcome& outcome) const {
    const Spoken spoken = speak(expression, outcome.decisive, lookup_);
    const std::string is = comparison_holds(expression, outcome.decisive) ? " is " : " is not ";
    return {measurement, spoken.left + requests(spoken.left) + is + spoken.right, {}};
  }
  bool comparison_holds(const Expression& expression, std::size_t at) const {
    Expression one{expression.text,
                   {expression.nodes.begin(), expression.nodes.begin() + static_cast<std::ptrdiff_t>(at) + 1}};
    return evaluate(one, lookup_).truth == Truth::yes;
  }
  Finding undecided(const Expression& expression, const Outcome& outcome) const {
    if (outcome.truth == Truth::missing) return missing(outcome.missing);
    const Spoken spoken = speak(expression, outcome.decisive, lookup_);
    return {Measurement::inconclusive, spoken.left + " " + spoken.right + " can't be told: it comes to no number", {}};
  }
  Finding missing(const std::string& name) const {
    const bool of_baseline = name.starts_with(kBaseline);
    const auto* samples = of_baseline ? baseline_ : group_;
    const std::string why =
        samples == nullptr ? "there are no samples of the group " + (of_baseline ? request_.baseline : request_.role)
                           : samples->problem;
    return {Measurement::insufficient, "there is no value " + name + (why.empty() ? "" : ": " + why), {}};
  }
  std::string requests(const std::string& left) const {
    const auto count = value_of(group_, "requests");
    return count && left.find("requests") == left.npos ? " of " + to_text(*count) + " requests" : "";
  }
  Json evidence() const {
    Json numbers = Json::object();
    for (const auto* expression : {&conditions_.success, &conditions_.failure}) {
      if (!*expression) continue;
      for (const auto& name : names_in(**expression)) {
        if (const auto value = lookup_(name); value && std::isfinite(*value)) numbers[name] = *value;
      }
    }
    if (const auto count = value_of(group_, "requests")) numbers["requests"] = *count;
    return numbers;
  }

  const Settings& settings_;
  const Conditions& conditions_;
  const analyzer::JudgeRequest& request_;
  const metrics::GroupSamples* group_;
  const metrics::GroupSamples* baseline_;
  Lookup lookup_;
};

}  // namespace

Result<Conditions> conditions_of(const Settings& settings) {
  Conditions conditions;
  Problems problems;
  const auto read = [&](const std::string& text, const std::string& path, std::optional<Expression>& to) {
    if (text.empty()) return;
    auto parsed = parse(text);
    if (parsed.ok()) {
      to = std::move(*parsed);
    } else {
      problems.push_back({path, slipway::to_text(text), parsed.status().message});
    }
  };
  read(settings.success, "/success", conditions.success);
  read(settings.failure, "/failure", conditions.failure);
  if (settings.success.empty() && settings.failure.empty())
    problems.push_back({"/success", "", "want success, failure or both"});
  if (problems.empty()) return conditions;
  return Status(Code::invalid_argument, "the conditions are not valid", std::move(problems));
}

Finding measure(const Settings& settings, const Conditions& conditions, const analyzer::JudgeRequest& request) {
  return Measuring(settings, conditions, request).run();
}

bool reads_baseline(const Conditions& conditions) {
  const auto reads = [](const std::optional<Expression>& expression) {
    if (!expression) return false;
    const auto names = names_in(*expression);
    return std::any_of(names.begin(), names.end(), [](const auto& name) { return name.starts_with(kBaseline); });
  };
  return reads(conditions.success) || reads(conditions.failure);
}

}  // namespace slipway::threshold
