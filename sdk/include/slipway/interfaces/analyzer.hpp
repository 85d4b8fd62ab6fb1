// slipway.analyzer/1: judges samples. Analyzers are pure: what they remember is in the state they answer with.
#pragma once

#include <slipway/interface.hpp>
#include <slipway/interfaces/metrics.hpp>

namespace slipway::analyzer {

inline constexpr std::string_view kId = "slipway.analyzer/1";

// proceed: nothing decided yet, go on looking. Missing data is neither success nor failure: insufficient_data.
enum class Verdict { proceed, pass, fail, inconclusive, insufficient_data, error };
constexpr auto enum_names(Verdict) {
  return std::array<EnumName<Verdict>, 6>{{{Verdict::proceed, "continue"},
                                           {Verdict::pass, "pass"},
                                           {Verdict::fail, "fail"},
                                           {Verdict::inconclusive, "inconclusive"},
                                           {Verdict::insufficient_data, "insufficient_data"},
                                           {Verdict::error, "error"}}};
}

struct JudgeRequest {
  JsonText settings;
  JsonText state;
  Instant started;
  Instant now;
  metrics::Window window;
  std::string role = "next";
  std::string baseline = "stable";
  std::vector<metrics::GroupSamples> groups;
  std::string source_error;
  std::optional<std::uint32_t> weight;
  double alpha_share = 1;
  static constexpr auto fields() {
    return slipway::fields(
        required("settings", &JudgeRequest::settings, "The analyzer's settings."),
        field("state", &JudgeRequest::state, "What the last judgement answered; null at the first."),
        required("started", &JudgeRequest::started, "When its first window began; `initial_delay` is over then."),
        required("now", &JudgeRequest::now, "The moment of the judgement."),
        required("window", &JudgeRequest::window, "The window that the samples cover."),
        field("role", &JudgeRequest::role, "The group that is judged."),
        field("baseline", &JudgeRequest::baseline, "The group that it is compared with."),
        field("groups", &JudgeRequest::groups, "What the groups did; empty when the source failed."),
        field("source_error", &JudgeRequest::source_error, "Why there are no samples; empty when there are."),
        field("weight", &JudgeRequest::weight,
              "Of the traffic of the two groups, the judged one's part during the whole window, in parts per million; "
              "absent when it changed meanwhile, or when not the weights alone decide where requests go."),
        field("alpha_share", &JudgeRequest::alpha_share,
              "Part of the chance of a false alarm that this run of the analysis may spend, above 0. Those of all runs "
              "that a rollout begins add up to at most 1; one that spends none has 1."));
  }
};

// A verdict that can be checked later: method with version, the numbers it rests on, and a sentence.
struct JudgeReply {
  JsonText state;
  Verdict verdict = Verdict::proceed;
  std::string code;
  std::string reason;
  std::string method;
  JsonText evidence;
  std::int32_t measurements = 0;
  static constexpr auto fields() {
    return slipway::fields(
        required("state", &JudgeReply::state, "Handed back at the next judgement; at most 4 KiB a metric."),
        required("verdict", &JudgeReply::verdict, "The verdict so far."),
        field("code", &JudgeReply::code, "The reason as a word for programs: \"failure_limit\"."),
        required("reason", &JudgeReply::reason, "The reason as a sentence, with numbers."),
        field("method", &JudgeReply::method, "Method and version: \"threshold/1\"."),
        field("evidence", &JudgeReply::evidence, "The numbers behind it, by name."),
        field("measurements", &JudgeReply::measurements,
              "Measurements counted so far. While there is none, all traffic waits, and a watch after a promotion does "
              "not "
              "end: an analyzer that never counts one holds every rollout."));
  }
};

struct ValidateRequest {
  JsonText settings;
  std::vector<std::string> metrics{};
  static constexpr auto fields() {
    return slipway::fields(required("settings", &ValidateRequest::settings, "The analyzer's settings."),
                           field("metrics", &ValidateRequest::metrics,
                                 "Names of all that the source can tell; empty when that isn't known."));
  }
};
struct Fault {
  std::string path;
  std::string value;
  std::string message;
  static constexpr auto fields() {
    return slipway::fields(required("path", &Fault::path, "JSON pointer into the settings."),
                           field("value", &Fault::value, "What was there."),
                           required("message", &Fault::message, "What is allowed."));
  }
};
struct ValidateReply {
  std::vector<Fault> problems;
  std::vector<std::string> warnings;
  std::int32_t least_windows = 1;
  double alpha_weight = 0;
  bool compares = false;
  static constexpr auto fields() {
    return slipway::fields(field("problems", &ValidateReply::problems, "Every fault found; empty when all is well."),
                           field("warnings", &ValidateReply::warnings, "What is allowed but unwise."),
                           field("least_windows", &ValidateReply::least_windows,
                                 "Windows before it can pass at the earliest; 0: it never passes by itself."),
                           field("alpha_weight", &ValidateReply::alpha_weight,
                                 "How large a part it wants of the rollout's chance of a false alarm, beside the "
                                 "others; 0: it spends none of it."),
                           field("compares", &ValidateReply::compares,
                                 "It judges one group by another, so it says nothing while one of them has no traffic: "
                                 "after a promotion, say."));
  }
};

struct Validate {
  static constexpr std::string_view name = "validate";
  static constexpr auto call = [](auto& plugin,
                                  auto&&... rest) -> decltype(plugin.validate(std::forward<decltype(rest)>(rest)...)) {
    return plugin.validate(std::forward<decltype(rest)>(rest)...);
  };
  static constexpr std::string_view doc = "Every fault of the settings.";
  using Request = ValidateRequest;
  using Reply = ValidateReply;
};
struct Judge {
  static constexpr std::string_view name = "judge";
  static constexpr auto call = [](auto& plugin,
                                  auto&&... rest) -> decltype(plugin.judge(std::forward<decltype(rest)>(rest)...)) {
    return plugin.judge(std::forward<decltype(rest)>(rest)...);
  };
  static constexpr std::string_view doc = "The verdict after one more window of samples.";
  using Request = JudgeRequest;
  using Reply = JudgeReply;
};
struct Interface : MethodList<Validate, Judge> {
  static constexpr std::string_view id = kId;
};

}  // namespace slipway::analyzer
