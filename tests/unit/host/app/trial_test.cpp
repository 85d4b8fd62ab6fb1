#include "host/app/trial.hpp"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <slipway/interfaces/analyzer.hpp>

#include "tests/support/manual_clock.hpp"

namespace slipway::app {
namespace {

using bridge::Tally;
using lifecycle::Opinion;
using lifecycle::Tried;
using lifecycle::Word;
using testing::StartsWith;

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

}  // namespace
}  // namespace slipway::app
