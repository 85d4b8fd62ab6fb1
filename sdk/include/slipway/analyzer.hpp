// Writing an analyzer: a class with one pure function, and one macro line.
//
//   class Threshold : public slipway::Analyzer<Settings, State> {
//    public:
//     Judgement judge(const Settings& settings, State state, const analyzer::JudgeRequest& request) const { … }
//   };
//   SLIPWAY_ANALYZER(Threshold)
//
// judge must depend on nothing but its arguments, so that a verdict can be checked later. It may be called from several
// threads at once. Settings are merged and decoded, and the state is written with its version, as
// <slipway/strategy.hpp> says.
//
// Optional members, public and const:
//   Problems check(const Settings&)                    faults across fields
//   Problems check(const Settings&, const analyzer::ValidateRequest&)
//                                                      the same, and of what the source tells
//   double alpha_weight(const Settings&)               above 0: it keeps a false alarm's chance to the request's share
//   bool compares(const Settings&)                     it needs the baseline's samples too
//   std::vector<std::string> warnings(const Settings&) what is allowed but unwise
//   std::int32_t least_windows(const Settings&)        windows before it can pass, for plans; 0: never by itself
//   State migrate(const Json& state, std::int64_t from_version)
//                                                      throws Error(FAILED_PRECONDITION) for what it can't read
#pragma once

#include <slipway/detail/versioned_state.hpp>
#include <slipway/interfaces/analyzer.hpp>
#include <slipway/plugin.hpp>

namespace slipway {

template <class SettingsType, class StateType>
class Analyzer {
 public:
  using Settings = SettingsType;
  using State = StateType;
  // The reply of slipway.analyzer/1, whose state is still a struct.
  struct Judgement {
    State state;
    analyzer::JudgeReply reply;
  };

  [[nodiscard]] Problems check(const Settings&) const { return {}; }
  [[nodiscard]] std::vector<std::string> warnings(const Settings&) const { return {}; }
  [[nodiscard]] std::int32_t least_windows(const Settings&) const { return 1; }
  [[nodiscard]] double alpha_weight(const Settings&) const { return 0; }
  [[nodiscard]] bool compares(const Settings&) const { return false; }
  [[nodiscard]] State migrate(const Json&, std::int64_t from_version) const { refuse(from_version, State::kVersion); }

 protected:
  // For migrate: says that states of versions from `oldest` on are read.
  [[noreturn]] static void refuse(std::int64_t version, std::int64_t oldest) {
    detail::VersionedState<State>::refuse(version, "this analyzer", oldest);
  }
};

// What a group did; null when the source says nothing of it.
inline const metrics::GroupSamples* samples_of(const analyzer::JudgeRequest& request, std::string_view role) {
  for (const auto& group : request.groups) {
    if (group.role == role) return &group;
  }
  return nullptr;
}

// The answer to a window without numbers because of an error, of which so many came in a row: it goes on while they are
// at most `limit`, then the verdict is error.
inline analyzer::JudgeReply after_error(const std::string& why, std::int32_t in_a_row, std::int32_t limit) {
  analyzer::JudgeReply reply{.verdict = in_a_row > limit ? analyzer::Verdict::error : analyzer::Verdict::proceed,
                             .code = "source"};
  reply.reason = why + " (error " + std::to_string(in_a_row) + " in a row, of at most " + std::to_string(limit) + ")";
  return reply;
}

// Serves slipway.analyzer/1 for an author's class.
template <class Author>
class AnalyzerPlugin final : public Plugin<Json> {
 public:
  using Serves = Interfaces<analyzer::Interface>;
  using AuthorSettings = typename Author::Settings;
  using State = typename Author::State;

  AnalyzerPlugin(Host& host, Json defaults) : Plugin(host, std::move(defaults)) {
    if (Status status = check_defaults<AuthorSettings>(settings()); !status.ok()) throw Error(std::move(status));
  }

  [[nodiscard]] analyzer::ValidateReply validate(const analyzer::ValidateRequest& request) const {
    const auto merged = detail::merged_over<AuthorSettings>(settings(), request.settings);
    const Problems problems = merged.ok() ? faults(*merged, request) : merged.status().problems;
    analyzer::ValidateReply reply;
    for (const Problem& p : problems) reply.problems.push_back({p.path, p.value, p.message});
    if (merged.ok()) reply.warnings = author_.warnings(*merged);
    if (merged.ok()) reply.least_windows = author_.least_windows(*merged);
    if (merged.ok()) reply.alpha_weight = author_.alpha_weight(*merged);
    if (merged.ok() && problems.empty()) reply.compares = author_.compares(*merged);
    return reply;
  }

  [[nodiscard]] analyzer::JudgeReply judge(const analyzer::JudgeRequest& request) const {
    const auto merged = value_or_throw(detail::merged_over<AuthorSettings>(settings(), request.settings));
    if (Problems problems = faults(merged, {}); !problems.empty()) {
      throw Error(Status(Code::invalid_argument, "the settings are not valid", std::move(problems)));
    }
    using Versioned = detail::VersionedState<State>;
    const auto migration = [this](const Json& state, std::int64_t version) { return author_.migrate(state, version); };
    auto judgement = author_.judge(merged, Versioned::read(request.state, migration), request);
    judgement.reply.state = Versioned::write(judgement.state);
    return std::move(judgement.reply);
  }

 private:
  [[nodiscard]] Problems faults(const AuthorSettings& settings, const analyzer::ValidateRequest& request) const {
    if constexpr (requires { author_.check(settings, request); })
      return author_.check(settings, request);
    else
      return author_.check(settings);
  }

  Author author_;
};

}  // namespace slipway

// Exports an author's analyzer as the plugin of this library. Once, at namespace scope.
#define SLIPWAY_ANALYZER(Author) SLIPWAY_PLUGIN(::slipway::AnalyzerPlugin<Author>)
