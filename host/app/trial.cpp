#include "host/app/trial.hpp"

#include <algorithm>
#include <cstdio>
#include <slipway/interfaces/analyzer.hpp>

#include "host/bridge/typed_call.hpp"

namespace slipway::app {
namespace {

constexpr Duration kTrial = seconds(60);
// Without an analyzer: the new generation may fail by so much more often than the old one, and take so many times as
// long, before it is withdrawn; both after so many calls.
constexpr double kMoreFaults = 0.02;
constexpr double kSlower = 3;
constexpr double kSlowerBy = 0.010;  // seconds; less is no reason
constexpr std::uint64_t kLeastCalls = 20;

using bridge::Tally;

std::string numbers(const Tally::Counts& counts) {
  const double mean = counts.calls == 0 ? 0 : counts.seconds / static_cast<double>(counts.calls) * 1e3;
  char text[96];
  std::snprintf(text, sizeof text, "%llu of %llu calls failed, %.2f ms on average",
                static_cast<unsigned long long>(counts.faults), static_cast<unsigned long long>(counts.calls), mean);
  return text;
}

std::string compare(const Tally::Counts& fresh, const Tally::Counts& old) {
  if (fresh.calls < kLeastCalls) return {};
  const std::string both = "of the new generation " + numbers(fresh) + "; of the old one " + numbers(old);
  if (fresh.fault_ratio() > old.fault_ratio() + kMoreFaults) return "it fails more often: " + both;
  if (old.calls < kLeastCalls) return {};
  const double mean = fresh.seconds / static_cast<double>(fresh.calls);
  const double before = old.seconds / static_cast<double>(old.calls);
  return mean > before * kSlower && mean > before + kSlowerBy ? "it is slower: " + both : std::string();
}

metrics::GroupSamples samples_of(std::string role, const Tally::Counts& counts) {
  metrics::GroupSamples samples{.role = std::move(role)};
  const auto calls = static_cast<double>(counts.calls);
  samples.values = {{"requests", calls}, {"failures", static_cast<double>(counts.faults)}};
  if (counts.calls > 0) {
    samples.values["error_ratio"] = counts.fault_ratio();
    samples.values["latency_mean"] = counts.seconds / calls * 1e3;
  }
  return samples;
}

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
  lifecycle::TryOut how{.share = request.share->ppm, .length = request.length.value_or(kTrial), .judge = nullptr};
  how.look.ns = std::min(seconds(1).ns, std::max<std::int64_t>(how.length.ns / 5, milliseconds(20).ns));
  if (request.analyzer.empty()) {
    how.judge = [](Tally::Counts fresh, Tally::Counts old) -> boost::asio::awaitable<std::string> {
      co_return compare(fresh, old);
    };
    return how;
  }
  struct Memory {
    JsonText state;
    Instant started;
    std::int64_t window = 0;
  };
  auto memory = std::make_shared<Memory>();
  memory->started = clock.now();
  how.judge = [&caller, &clock, memory, binding = "analyzers." + request.analyzer,
               settings = json_text(request.settings)](Tally::Counts fresh,
                                                       Tally::Counts old) -> boost::asio::awaitable<std::string> {
    analyzer::JudgeRequest question{.settings = settings, .state = memory->state, .started = memory->started};
    question.now = clock.now();
    question.window = {"trial/" + std::to_string(memory->window++), memory->started, question.now};
    question.groups = {samples_of("next", fresh), samples_of("stable", old)};
    bridge::CallContext context;
    context.budget_ns = seconds(2).ns;
    auto reply =
        co_await bridge::call<analyzer::Interface, analyzer::Judge>(caller, binding, question, std::move(context));
    if (!reply.ok()) co_return std::string();  // nobody's word is no reason; the end of the trial decides
    memory->state = std::move(reply->state);
    co_return reply->verdict == analyzer::Verdict::fail ? "analyzer says: " + reply->reason : std::string();
  };
  return how;
}

}  // namespace slipway::app
