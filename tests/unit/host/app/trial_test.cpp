#include "host/app/trial.hpp"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <slipway/interfaces/analyzer.hpp>
#include <slipway/testing/fake_host.hpp>
#include <slipway/testing/library.hpp>

#include "tests/support/manual_clock.hpp"

namespace slipway::app {
namespace {

using bridge::Tally;
using lifecycle::Opinion;
using lifecycle::Tried;
using lifecycle::Word;

// An analyzer that answers what the test wants, and keeps what it was asked.
class Analyzer final : public bridge::Caller {
 public:
  boost::asio::awaitable<Result<std::string>> call(std::string_view binding, std::string_view /*interface*/,
                                                   std::uint32_t /*method*/, std::string payload,
                                                   bridge::CallContext /*context*/) override {
    EXPECT_EQ(binding, "analyzers.mine");
    auto question = decode_text<analyzer::JudgeRequest>(payload, "a question");
    EXPECT_TRUE(question.ok()) << to_string(question.status());
    if (question.ok()) asked.push_back(*std::move(question));
    if (!broken.ok()) co_return broken;
    analyzer::JudgeReply reply{.verdict = verdict, .reason = "it says so"};
    reply.state = json_text(Json{{"asked", asked.size()}});
    co_return to_text(encode(reply));
  }

  Status broken;
  analyzer::Verdict verdict = analyzer::Verdict::proceed;
  std::vector<analyzer::JudgeRequest> asked;
};

class ATrial : public testing::Test {
 protected:
  static api::SwapRequest by_analyzer() {
    api::SwapRequest request;
    request.share = Share{500'000};
    request.analyzer = "mine";
    return request;
  }
  static Opinion look(const lifecycle::TryOut& trial, Tried tried) {
    boost::asio::io_context context;
    auto opinion = boost::asio::co_spawn(context, trial.judge(std::move(tried)), boost::asio::use_future);
    context.run();
    return opinion.get();
  }
  static Tried calls(int fresh, int old, double fresh_seconds = 0.001, double old_seconds = 0.001) {
    Tally of_fresh;
    Tally of_old;
    for (int i = 0; i < fresh; ++i) of_fresh.note(Code::ok, fresh_seconds);
    for (int i = 0; i < old; ++i) of_old.note(Code::ok, old_seconds);
    return {"alpha", of_fresh.counts(), of_old.counts()};
  }

  Analyzer analyzer_;
  test::ManualClock clock_;
};

TEST_F(ATrial, EachVerdictOfItsAnalyzerIsAWordOfItsOwn) {
  const auto trial = trial_of(by_analyzer(), analyzer_, clock_);
  const std::pair<analyzer::Verdict, Word> words[] = {{analyzer::Verdict::proceed, Word::proceed},
                                                      {analyzer::Verdict::pass, Word::pass},
                                                      {analyzer::Verdict::fail, Word::fail},
                                                      {analyzer::Verdict::inconclusive, Word::unknown},
                                                      {analyzer::Verdict::insufficient_data, Word::unknown},
                                                      {analyzer::Verdict::error, Word::unknown}};
  int seen = 0;
  for (const auto& [verdict, word] : words) {
    analyzer_.verdict = verdict;
    seen += 10;
    const Opinion opinion = look(trial, calls(seen, seen));
    EXPECT_EQ(opinion.word, word) << to_name(verdict);
    EXPECT_EQ(opinion.reason, "analyzer mine says " + std::string(to_name(verdict)) + ": it says so");
  }
}

TEST_F(ATrial, AnAnalyzerThatDoesNotAnswerHasSaidNothing) {
  analyzer_.broken = Status(Code::unavailable, "it is away");
  const Opinion opinion = look(trial_of(by_analyzer(), analyzer_, clock_), calls(100, 100));
  EXPECT_EQ(opinion.word, Word::unknown);
  EXPECT_EQ(opinion.reason, "analyzer mine does not answer: UNAVAILABLE: it is away");
}

TEST_F(ATrial, WithoutAnAnalyzerASlowOneFailsAndOneThatIsAsFastMayGoOn) {
  api::SwapRequest request;
  request.share = Share{500'000};
  const auto trial = trial_of(request, analyzer_, clock_);
  const Opinion slow = look(trial, calls(20, 20, 0.050, 0.001));
  EXPECT_EQ(slow.word, Word::fail);
  EXPECT_EQ(slow.reason,
            "it is slower: of the new generation 0 of 20 calls failed, 50.00 ms on average; of the old one 0 of 20 "
            "calls failed, 1.00 ms on average");
  EXPECT_EQ(look(trial, calls(20, 20)).word, Word::proceed);
  EXPECT_EQ(trial.calls, 20U);
}

TEST_F(ATrial, WithoutAnAnalyzerOneThatBreaksLateFailsWhateverItsBeginning) {
  api::SwapRequest request;
  request.share = Share{500'000};
  const auto trial = trial_of(request, analyzer_, clock_);
  for (int i = 1; i <= 3; ++i) {
    clock_.advance(seconds(10));
    EXPECT_EQ(look(trial, calls(i * 2'000, i * 2'000)).word, Word::proceed);
  }
  Tried late = calls(6'060, 6'060);
  late.fresh.faults = 60;
  const Opinion opinion = look(trial, late);
  EXPECT_EQ(opinion.word, Word::fail);
  EXPECT_THAT(opinion.reason,
              testing::StartsWith("it fails more often: of the new generation 60 of 2060 calls failed"));
}

// So many of a hundred calls took 50 ms, the others 1 ms.
Tally::Counts hundred(int slow) {
  Tally tally;
  for (int i = 0; i < 100; ++i) tally.note(Code::ok, i < slow ? 0.050 : 0.001);
  return tally.counts();
}

TEST_F(ATrial, WithoutAnAnalyzerATailThatIsSlowFailsThoughTheMeanIsNot) {
  api::SwapRequest request;
  request.share = Share{500'000};
  const auto trial = trial_of(request, analyzer_, clock_);
  const Opinion slow = look(trial, {"alpha", hundred(6), hundred(0)});
  EXPECT_EQ(slow.word, Word::fail);
  EXPECT_EQ(slow.reason,
            "it is slower: of the new generation 0 of 100 calls failed, 3.94 ms on average, 95% of them within 50.33 "
            "ms; of the old one 0 of 100 calls failed, 1.00 ms on average, 95% of them within 1.05 ms");
  EXPECT_EQ(look(trial, {"alpha", hundred(5), hundred(0)}).word, Word::proceed) << "no more than there may be";
  EXPECT_EQ(look(trial, {"alpha", hundred(6), hundred(6)}).word, Word::proceed) << "the old one has that tail too";
  Tried few = calls(94, 100);
  few.fresh.calls += 5;
  few.fresh.latency[bridge::Latency::bucket_of(50'000'000)] += 5;
  few.fresh.seconds += 0.25;
  EXPECT_EQ(look(trial, few).word, Word::proceed) << "99 calls have no tail";
}

TEST_F(ATrial, NoCallIsInTwoWindows) {
  const auto trial = trial_of(by_analyzer(), analyzer_, clock_);
  const Instant began = clock_.now();
  clock_.advance(seconds(1));
  (void)look(trial, calls(30, 60));
  clock_.advance(seconds(1));
  analyzer_.broken = Status(Code::unavailable, "it is away");
  (void)look(trial, calls(40, 60));
  analyzer_.broken = Status();
  clock_.advance(seconds(1));
  (void)look(trial, calls(50, 70));
  ASSERT_EQ(analyzer_.asked.size(), 3U);
  const auto& first = analyzer_.asked[0];
  EXPECT_EQ(first.window.from, began);
  EXPECT_EQ(first.groups.at(0).values.at("requests"), 30);
  EXPECT_EQ(first.groups.at(1).values.at("requests"), 60);
  const auto& last = analyzer_.asked[2];
  EXPECT_EQ(last.window.from, first.window.to);
  EXPECT_EQ(last.window.to, clock_.now());
  EXPECT_EQ(last.started, began);
  EXPECT_EQ(last.groups.at(0).values.at("requests"), 20) << "those of the window that was not judged too";
  EXPECT_EQ(last.groups.at(1).values.at("requests"), 10);
  EXPECT_NE(last.window.id, first.window.id);
}

TEST_F(ATrial, WithoutANewCallTheLastWordStands) {
  const auto trial = trial_of(by_analyzer(), analyzer_, clock_);
  (void)look(trial, calls(30, 60));
  EXPECT_EQ(look(trial, calls(30, 90)).word, Word::proceed);
  EXPECT_EQ(analyzer_.asked.size(), 1U);
}

TEST_F(ATrial, TellsItsAnalyzerHowLongCallsTook) {
  (void)look(trial_of(by_analyzer(), analyzer_, clock_), calls(98, 10, 0.010, 0.001));
  const auto& next = analyzer_.asked.at(0).groups.at(0);
  EXPECT_EQ(next.role, "next");
  EXPECT_NEAR(next.values.at("latency_mean"), 10, 0.001);
  for (const char* name : {"latency_p50", "latency_p95", "latency_p99"})
    EXPECT_NEAR(next.values.at(name), 10, 1.25) << name;
  const auto& buckets = next.histograms.at("latency");
  ASSERT_EQ(buckets.size(), 1U);
  EXPECT_EQ(buckets[0].count, 98);
  EXPECT_NEAR(buckets[0].upper.value(), 10'000, 1'250);
}

// The shipped analyzers, each with settings that look at latency.
struct Shipped {
  const char* name;
  const char* library;
  Json settings;
};
void PrintTo(const Shipped& shipped, std::ostream* out) { *out << shipped.name; }

class Behind final : public bridge::Caller {
 public:
  explicit Behind(const char* library) : library_(library) { EXPECT_TRUE(host_.run().ok()); }
  boost::asio::awaitable<Result<std::string>> call(std::string_view, std::string_view, std::uint32_t,
                                                   std::string payload, bridge::CallContext) override {
    const auto question = decode_text<analyzer::JudgeRequest>(payload, "a question");
    const auto reply = host_.call<analyzer::Interface, analyzer::Judge>(*question);
    if (!reply.ok()) co_return reply.status();
    co_return to_text(encode(*reply));
  }

 private:
  test::Library library_;
  test::FakeHost host_{library_.table()};
};

class ATrialByLatency : public ATrial, public testing::WithParamInterface<Shipped> {
 protected:
  // What is said of 40 windows of 50 calls each, or before.
  Opinion judged(double fresh_seconds) {
    api::SwapRequest request = by_analyzer();
    for (const auto& [name, value] : GetParam().settings.items()) request.settings[name] = value;
    Behind analyzer(GetParam().library);
    const auto trial = trial_of(request, analyzer, clock_);
    Opinion opinion{Word::proceed, ""};
    for (int window = 1; window <= 40 && opinion.word == Word::proceed; ++window) {
      clock_.advance(seconds(1));
      opinion = look(trial, calls(50 * window, 50 * window, fresh_seconds, 0.002));
    }
    return opinion;
  }
};

TEST_P(ATrialByLatency, WithdrawsASlowOne) {
  const Opinion opinion = judged(0.050);
  EXPECT_EQ(opinion.word, Word::fail) << opinion.reason;
}

TEST_P(ATrialByLatency, HasNothingAgainstOneThatIsAsFast) {
  const Opinion opinion = judged(0.002);
  EXPECT_THAT(opinion.word, testing::AnyOf(Word::proceed, Word::pass)) << opinion.reason;
}

INSTANTIATE_TEST_SUITE_P(
    OfEachAnalyzer, ATrialByLatency,
    testing::Values(Shipped{"threshold", ANALYZER_THRESHOLD, {{"failure", "latency_p99 > baseline.latency_p99 * 3"}}},
                    Shipped{
                        "sequential",
                        ANALYZER_SEQUENTIAL,
                        {{"kind", "slow_ratio"}, {"edges", {10'000}}, {"min_duration", "10s"}, {"max_duration", "5m"}}},
                    Shipped{"judge",
                            ANALYZER_JUDGE,
                            {{"metrics", {{{"name", "latency_p95"}, {"direction", "increase"}}}},
                             {"windows", 20},
                             {"min_points", 10}}}),
    [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace slipway::app
