// Sequential: evidence about each window is added up as e-values, so that it may be looked at after each of them, as
// long as it takes, without a false alarm more often than alpha.
#include <algorithm>
#include <cmath>

#include "plugins/analyzers/sequential/counts.hpp"
#include "plugins/analyzers/sequential/report.hpp"
#include "plugins/analyzers/sequential/routing.hpp"
#include "plugins/analyzers/sequential/words.hpp"

namespace slipway::sequential {
namespace {

using analyzer::Verdict;

// Log-evidence at which the requests do not follow the weights.
const double kStray = -std::log(kRoutingAlpha);

// The sign guard's draws: the same for a seed, a window and a track, so that a verdict can be replayed. (SplitMix64.)
double draw(std::int64_t seed, std::int64_t interval, std::size_t track) {
  std::uint64_t z = static_cast<std::uint64_t>(seed) * 0x9E3779B97F4A7C15U + static_cast<std::uint64_t>(interval);
  for (std::uint64_t round = 0; round <= track; ++round) {
    z += 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    z ^= z >> 31U;
  }
  return static_cast<double>(z >> 11U) * 0x1.0p-53;
}

bool has_requests(const Settings& settings, const std::vector<Pair>& pairs) {
  return std::all_of(pairs.begin(), pairs.end(), [&](const Pair& pair) {
    return pair.next.requests > 0 && (settings.kind == Kind::absolute || pair.stable.requests > 0);
  });
}

std::int64_t planned_windows(const Settings& settings, const metrics::Window& window) {
  const std::int64_t length = std::max<std::int64_t>(1, (window.to - window.from).ns);
  return std::max<std::int64_t>(2, (settings.max_duration.ns + length - 1) / length);
}

// One judgement under way.
class Judging {
 public:
  Judging(const Settings& settings, State state, const analyzer::JudgeRequest& request)
      : settings_(settings), request_(request), state_(std::move(state)) {}

  void run() {
    restore();
    if (!request_.source_error.empty()) return failed("the source failed: " + request_.source_error);
    const auto counts = counts_in(settings_, request_);
    if (!counts.ok() && counts.status().code == Code::invalid_argument) return failed(counts.status().message);
    state_.errors_in_a_row = 0;
    const bool has_data = counts.ok() && has_requests(settings_, *counts);
    if (has_data && state_.window != request_.window.id) take_in(*counts);
    if (has_data) {
      decide();
    } else {
      lack(counts.ok() ? "no requests of both groups in this window" : counts.status().message);
    }
  }

  [[nodiscard]] State state() const {
    State state = state_;
    state.tracks.clear();
    for (const Evidence& track : tracks_) state.tracks.push_back(track.save());
    if (tracks_.empty()) state.tracks = state_.tracks;
    return state;
  }
  analyzer::JudgeReply reply;

 private:
  void answer(Verdict verdict, std::string code, std::string reason) {
    reply.verdict = verdict;
    reply.code = std::move(code);
    reply.reason = std::move(reason);
  }

  void failed(const std::string& why) {
    reply = after_error(why, ++state_.errors_in_a_row, settings_.error_limit);
    tell_what_was_seen();
  }

  void lack(const std::string& why) {
    const Duration since = request_.window.to - state_.last_data.value_or(request_.started);
    const bool too_long = since >= settings_.no_data_deadline;
    answer(too_long ? Verdict::insufficient_data : Verdict::proceed, "no_data",
           why + " (for " + to_string(since) + ", of at most " + to_string(settings_.no_data_deadline) + ")");
    tell_what_was_seen();
  }

  void restore() {
    const std::size_t wanted = settings_.kind == Kind::slow_ratio ? settings_.edges.size() : 1;
    tracks_.assign(settings_.kind == Kind::srm ? 0 : wanted, Evidence(settings_));
    if (state_.tracks.empty()) return;
    if (state_.tracks.size() != tracks_.size())
      throw Error(Code::invalid_argument, "the state follows " + std::to_string(state_.tracks.size()) +
                                              " pairs of counts where these settings have " +
                                              std::to_string(tracks_.size()) + ": it was written with other settings");
    for (std::size_t i = 0; i < tracks_.size(); ++i) tracks_[i].restore(state_.tracks[i]);
  }

  void take_in(const std::vector<Pair>& pairs) {
    if (state_.planned == 0) state_.planned = planned_windows(settings_, request_.window);
    state_.window = request_.window.id;
    const bool follows = state_.last_data == request_.window.from;
    state_.last_data = request_.window.to;
    ++state_.intervals;
    for (std::size_t i = 0; i < tracks_.size(); ++i)
      tracks_[i].add(pairs[i], moment(), draw(settings_.seed, state_.intervals, i));
    // Without the baseline's requests nothing tells which share the release got.
    if (settings_.kind != Kind::absolute)
      add(state_.routing, {pairs.front().next.requests, pairs.front().stable.requests, request_.weight, follows});
  }

  [[nodiscard]] Moment moment() const { return {state_.intervals, state_.planned}; }

  // Requests that go astray forbid to vouch for a release, not to take it back: whoever got them, they failed.
  void decide() {
    const double stray = log_evidence(state_.routing);
    if (settings_.kind == Kind::srm) return decide_routing(stray);
    const Findings seen = findings();
    const bool strays = stray >= kStray;
    if (strays && seen.ruling.verdict != Verdict::fail)
      return answer_for_routing(Verdict::inconclusive, "routing", stray);
    const std::string besides = strays ? "; " + routing_sentence(state_.routing, stray, kStray) : "";
    answer(seen.ruling.verdict, seen.ruling.code, sentence(seen) + besides);
    reply.evidence = numbers(seen);
  }

  [[nodiscard]] Findings findings() const {
    std::vector<Strength> strengths;
    Findings findings{settings_, state_, {}, {}, request_.baseline};
    for (const Evidence& track : tracks_) {
      strengths.push_back(track.strength(moment()));
      findings.tracks.push_back(found(track, settings_));
    }
    findings.ruling = rule(settings_, together(settings_, strengths), elapsed());
    return findings;
  }

  // Of the windows before this one, which has nothing.
  void tell_what_was_seen() {
    if (state_.intervals > 0 && !tracks_.empty()) reply.evidence = numbers(findings());
  }

  void decide_routing(double stray) {
    if (stray >= kStray) return answer_for_routing(Verdict::inconclusive, "routing", stray);
    const bool follows = state_.routing.next + state_.routing.stable > 0 && stray < kStray / 2;
    if (follows && elapsed() >= settings_.min_duration) return answer_for_routing(Verdict::pass, "certified", stray);
    if (elapsed() >= settings_.max_duration) return answer_for_routing(Verdict::inconclusive, "max_duration", stray);
    answer_for_routing(Verdict::proceed, "measuring", stray);
  }

  void answer_for_routing(Verdict verdict, std::string code, double stray) {
    const Routing& routing = state_.routing;
    answer(verdict, std::move(code), routing_sentence(routing, stray, kStray));
    reply.evidence = json_text({{"log_evidence", stray},
                                {"threshold", kStray},
                                {"requests", routing.next},
                                {"baseline_requests", routing.stable},
                                {"weight", routing.weight}});
  }

  [[nodiscard]] Duration elapsed() const { return request_.window.to - request_.started; }

  const Settings& settings_;
  const analyzer::JudgeRequest& request_;
  State state_;
  std::vector<Evidence> tracks_;
};

void want(Problems& problems, bool holds, const char* path, double value, const char* message) {
  if (!holds) problems.push_back({path, number(value), message});
}

// The first of the names that the settings ask for and the source knows nothing of.
Problems untold(const Settings& settings, const std::vector<std::string>& told) {
  const auto is_told = [&](const std::string& name) {
    return std::find(told.begin(), told.end(), name) != told.end() ||
           std::find(told.begin(), told.end(), "*") != told.end();
  };
  std::vector<std::pair<const char*, std::string>> wanted{{"/requests", settings.requests}};
  if (settings.kind == Kind::slow_ratio) wanted = {{"/histogram", settings.histogram}};
  if (settings.kind == Kind::error_ratio || settings.kind == Kind::absolute)
    wanted.emplace_back("/failures", settings.failures);
  for (const auto& [path, name] : wanted) {
    if (told.empty() || is_told(name)) continue;
    std::string known;
    for (const std::string& other : told) known += (known.empty() ? "" : ", ") + other;
    return {{path, to_text(name),
             "is nothing that this source tells, which tells " + known +
                 "; sequential judges counts of requests. For a condition over what it tells, "
                 "write \"analyzer: threshold\""}};
  }
  return {};
}

Settings within(Settings settings, double share) {
  if (!(share > 0 && share <= 1))
    throw Error(Code::invalid_argument, "alpha_share is " + number(share) + ": want a part above 0 and at most 1");
  settings.alpha *= share;
  return settings;
}

class Sequential : public Analyzer<Settings, State> {
 public:
  Judgement judge(const Settings& written, State state, const analyzer::JudgeRequest& request) const {
    const Settings settings = within(written, request.alpha_share);
    Judging judging(settings, std::move(state), request);
    judging.run();
    judging.reply.method = "sequential/1";
    State next = judging.state();
    judging.reply.measurements = static_cast<std::int32_t>(next.intervals);
    return {std::move(next), std::move(judging.reply)};
  }

  Problems check(const Settings& settings, const analyzer::ValidateRequest& request) const {
    Problems problems = untold(settings, request.metrics);
    const auto is_chance = [](double p) { return p > 0 && p < 0.5; };
    want(problems, is_chance(settings.alpha), "/alpha", settings.alpha, "want a chance above 0 and below 0.5");
    want(problems, is_chance(settings.beta), "/beta", settings.beta, "want a chance above 0 and below 0.5");
    want(problems, settings.alpha_weight > 0 && settings.alpha_weight <= 1, "/alpha_weight", settings.alpha_weight,
         "want a part above 0 and at most 1");
    want(problems, settings.max_ratio >= 1 && settings.max_ratio <= 100, "/max_ratio", settings.max_ratio,
         "want 1 to 100");
    want(problems, settings.severe_ratio > settings.max_ratio && settings.severe_ratio <= 100, "/severe_ratio",
         settings.severe_ratio, "want more than max_ratio, and at most 100");
    want(problems, settings.pass_ratio > settings.max_ratio && settings.pass_ratio <= 100, "/pass_ratio",
         settings.pass_ratio, "want more than max_ratio, and at most 100: nothing between them could ever be decided");
    want(problems, settings.absolute_floor > 0 && settings.absolute_floor < 0.45, "/absolute_floor",
         settings.absolute_floor, "want a share above 0 and below 0.45");
    want(problems, settings.dispersion >= 1 && settings.dispersion <= 10'000, "/dispersion", settings.dispersion,
         "want 1 to 10000");
    if (settings.kind == Kind::slow_ratio && settings.edges.empty())
      problems.push_back({"/edges", "[]", "want 1 to 4 edges: what is slow?"});
    for (const double edge : settings.edges) want(problems, edge > 0, "/edges", edge, "want a number above 0");
    if (settings.min_duration > settings.max_duration)
      problems.push_back({"/min_duration", to_string(settings.min_duration), "want at most max_duration"});
    return problems;
  }

  // One of the routing fails nothing.
  double alpha_weight(const Settings& settings) const { return settings.kind == Kind::srm ? 0 : settings.alpha_weight; }

  bool compares(const Settings& settings) const { return settings.kind != Kind::absolute; }

  State migrate(const Json& state, std::int64_t version) const {
    if (version != 1) refuse(version, 1);
    State read = value_or_throw(decode<State>(state, "the state"));
    for (Track& track : read.tracks) track.has_sums = true;
    return read;
  }
};

}  // namespace
}  // namespace slipway::sequential

SLIPWAY_ANALYZER(slipway::sequential::Sequential)
