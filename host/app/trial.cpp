#include "host/app/trial.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <slipway/interfaces/analyzer.hpp>
#include <utility>

#include "host/bridge/recent.hpp"
#include "host/bridge/typed_call.hpp"

namespace slipway::app {
namespace {

constexpr Duration kTrial = seconds(60);
// Without an analyzer: the new generation may fail by so much more often than the old one, and take so many times as
// long, before it is withdrawn.
constexpr double kMoreFaults = 0.02;
constexpr double kSlower = 3;
constexpr double kSlowerBy = 0.010;  // seconds; less is no reason
// Of each of the two, before a comparison says anything.
constexpr std::uint64_t kLeastCalls = 20;
// So many before their tails are compared: of fewer, a single moment in which the machine was busy decides.
constexpr std::uint64_t kLeastForTail = 100;
constexpr double kTail = 0.95;

using bridge::Tally;
using lifecycle::Opinion;
using lifecycle::Tried;
using lifecycle::Word;

double mean_of(const Tally::Counts& counts) {
  return counts.calls == 0 ? 0 : counts.seconds / static_cast<double>(counts.calls);
}

// Seconds within which nearly all calls ended.
double tail_of(const Tally::Counts& counts) {
  static constexpr double kBeyondEveryBound = 1e9;
  return counts.quantile_us(kTail).value_or(kBeyondEveryBound) / 1e6;
}

bool has_tail(const Tally::Counts& counts) { return counts.calls >= kLeastForTail; }

std::string numbers(const Tally::Counts& counts) {
  char text[128];
  const int length = std::snprintf(text, sizeof text, "%llu of %llu calls failed, %.2f ms on average",
                                   static_cast<unsigned long long>(counts.faults),
                                   static_cast<unsigned long long>(counts.calls), mean_of(counts) * 1e3);
  std::string said(text, static_cast<std::size_t>(length));
  if (!has_tail(counts)) return said;
  if (!counts.quantile_us(kTail)) return said + ", more than 5% of them longer than is counted";
  std::snprintf(text, sizeof text, ", 95%% of them within %.2f ms", tail_of(counts) * 1e3);
  return said + text;
}

bool is_slower(double fresh, double old) { return fresh > old * kSlower && fresh > old + kSlowerBy; }

bool is_slower(const Tally::Counts& fresh, const Tally::Counts& old) {
  if (is_slower(mean_of(fresh), mean_of(old))) return true;
  return has_tail(fresh) && has_tail(old) && is_slower(tail_of(fresh), tail_of(old));
}

// Too few calls are no reason to withdraw it; whether they are enough to promote it is known at the end.
Opinion compare(const Tally::Counts& fresh, const Tally::Counts& old) {
  const std::string both = "of the new generation " + numbers(fresh) + "; of the old one " + numbers(old);
  Opinion sound{Word::proceed, both};
  if (fresh.calls < kLeastCalls) return sound;
  if (fresh.fault_ratio() > old.fault_ratio() + kMoreFaults) return {Word::fail, "it fails more often: " + both};
  if (old.calls < kLeastCalls) return sound;
  return is_slower(fresh, old) ? Opinion{Word::fail, "it is slower: " + both} : sound;
}

struct Sides {
  Tally::Counts fresh;
  Tally::Counts old;
  std::uint64_t calls = 0;  // of the new one
  Sides operator-(const Sides& earlier) const {
    return {fresh - earlier.fresh, old - earlier.old, calls - earlier.calls};
  }
};

// Over the whole trial, and over its latest calls: a version that breaks late is not saved by its good beginning.
Opinion compare(const Tried& tried, bridge::Recent<Sides>& recent, Duration at) {
  const Sides latest = recent.grown_to({tried.fresh, tried.old, tried.fresh.calls}, at, {});
  Opinion whole = compare(tried.fresh, tried.old);
  if (whole.word == Word::fail) return whole;
  Opinion last = compare(latest.fresh, latest.old);
  return last.word == Word::fail ? last : whole;
}

Word word_of(analyzer::Verdict verdict) {
  switch (verdict) {
    case analyzer::Verdict::proceed:
      return Word::proceed;
    case analyzer::Verdict::pass:
      return Word::pass;
    case analyzer::Verdict::fail:
      return Word::fail;
    case analyzer::Verdict::inconclusive:
    case analyzer::Verdict::insufficient_data:
    case analyzer::Verdict::error:
      break;
  }
  return Word::unknown;
}

// "analyzer threshold says insufficient_data: ..."
Opinion opinion_of(const std::string& analyzer, const Result<analyzer::JudgeReply>& reply) {
  const std::string who = "analyzer " + analyzer + " ";
  if (!reply.ok()) return {Word::unknown, who + "does not answer: " + to_string(reply.status())};
  const std::string said = who + "says " + std::string(to_name(reply->verdict)) + ": " + reply->reason;
  return {word_of(reply->verdict), said};
}

// The words and units are those of metrics-haproxy.
void put_latency(metrics::GroupSamples& samples, const Tally::Counts& counts) {
  samples.values["latency_mean"] = mean_of(counts) * 1e3;
  static constexpr std::pair<const char*, double> kShares[] = {
      {"latency_p50", 0.50}, {"latency_p95", 0.95}, {"latency_p99", 0.99}};
  for (const auto& [name, share] : kShares) {
    if (const auto us = counts.quantile_us(share)) samples.values[name] = *us / 1e3;
  }
  auto& buckets = samples.histograms["latency"];
  for (std::size_t i = 0; i < counts.latency.size(); ++i) {
    if (counts.latency[i] > 0)
      buckets.push_back({bridge::Latency::upper_us(i), static_cast<std::int64_t>(counts.latency[i])});
  }
}

metrics::GroupSamples samples_of(std::string role, const Tally::Counts& counts) {
  metrics::GroupSamples samples{.role = std::move(role)};
  samples.values = {{"requests", static_cast<double>(counts.calls)}, {"failures", static_cast<double>(counts.faults)}};
  if (counts.calls == 0) return samples;
  samples.values["error_ratio"] = counts.fault_ratio();
  put_latency(samples, counts);
  return samples;
}

// An analyzer's way through a trial: what it remembers, and where the next window begins. No call is in two windows.
struct Analysis {
  JsonText state;
  Instant began;
  Instant from = began;
  Tried before{};
  std::int64_t window = 0;
  Opinion last{};
};

}  // namespace

Problems trial_faults(const api::SwapRequest& request, const manifest::Profile& profile) {
  Problems faults;
  if (!request.share) {
    for (const auto& [pointer, is_there] :
         {std::pair("/for", request.length.has_value()), std::pair("/analyzer", !request.analyzer.empty()),
          std::pair("/settings", !request.settings.empty())}) {
      if (is_there) faults.push_back({pointer, "", "is of a trial; want a share of the calls too"});
    }
  }
  if (request.analyzer.empty() || profile.bindings.contains("analyzers." + request.analyzer)) return faults;
  faults.push_back({"/analyzer", to_text(request.analyzer), "is no analyzer of the profile"});
  return faults;
}

lifecycle::TryOut trial_of(const api::SwapRequest& request, bridge::Caller& caller, const base::Clock& clock) {
  lifecycle::TryOut how{
      .share = request.share->ppm, .length = request.length.value_or(kTrial), .calls = kLeastCalls, .judge = nullptr};
  how.look.ns = std::min(seconds(1).ns, std::max<std::int64_t>(how.length.ns / 5, milliseconds(20).ns));
  if (request.analyzer.empty()) {
    auto recents = std::make_shared<std::map<std::string, bridge::Recent<Sides>>>();
    how.judge = [&clock, recents, began = clock.now()](Tried tried) -> boost::asio::awaitable<Opinion> {
      auto& recent = recents->try_emplace(tried.instance, Sides{}).first->second;
      co_return compare(tried, recent, clock.now() - began);
    };
    return how;
  }
  // By instance, when a swap comes to more than one.
  auto analyses = std::make_shared<std::map<std::string, Analysis>>();
  how.judge = [&caller, &clock, analyses, analyzer = request.analyzer, began = clock.now(),
               settings = json_text(request.settings)](Tried tried) -> boost::asio::awaitable<Opinion> {
    Analysis& analysis = analyses->try_emplace(tried.instance, Analysis{.state = {}, .began = began}).first->second;
    const Tally::Counts fresh = tried.fresh - analysis.before.fresh;
    // Without a call there is nothing to judge: the window goes on.
    if (fresh.calls == 0) co_return analysis.last;
    analyzer::JudgeRequest question{.settings = settings, .state = analysis.state, .started = began};
    question.now = clock.now();
    question.window = {"trial/" + std::to_string(analysis.window), analysis.from, question.now};
    question.groups = {samples_of("next", fresh), samples_of("stable", tried.old - analysis.before.old)};
    bridge::CallContext context;
    context.budget_ns = seconds(2).ns;
    const std::string binding = "analyzers." + analyzer;
    auto reply =
        co_await bridge::call<analyzer::Interface, analyzer::Judge>(caller, binding, question, std::move(context));
    analysis.last = opinion_of(analyzer, reply);
    if (reply.ok()) {
      analysis.state = reply->state;
      analysis.from = question.now;
      analysis.before = std::move(tried);
      ++analysis.window;
    }
    co_return analysis.last;
  };
  return how;
}

}  // namespace slipway::app
