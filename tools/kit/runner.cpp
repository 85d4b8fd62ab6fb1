#include "tools/kit/runner.hpp"

#include <algorithm>

#include "tools/kit/child.hpp"

namespace slipway::kit {
namespace {

namespace fs = std::filesystem;

constexpr const char* kEndedEarly = " and gave no verdict";

std::vector<std::string> words_of(const RunnerSettings& settings, const Test& test, const Board& board) {
  std::vector<std::string> words{settings.program.string(),
                                 settings.subjects.package.string(),
                                 "--run",
                                 test.full_name(),
                                 "--board",
                                 std::to_string(board.descriptor()),
                                 "--seed",
                                 std::to_string(settings.subjects.seed)};
  const auto add = [&](const char* option, const fs::path& file) {
    if (!file.empty()) words.insert(words.end(), {option, file.string()});
  };
  add("--config", settings.subjects.config);
  add("--key", settings.subjects.key);
  return words;
}

Outcome outcome_of(const Board& board, const End& end, std::chrono::milliseconds limit) {
  const std::string phase = board.phase();
  const std::string where = phase.empty() ? "" : (phase.starts_with("after ") ? " " : " in ") + phase;
  if (end.kind == End::Kind::too_long)
    return {Verdict::hang, "was not done after " + std::to_string(limit.count()) + " ms" + where};
  if (end.kind == End::Kind::signal) return {Verdict::crash, "the process was ended by " + end.signal_name() + where};
  if (auto outcome = board.outcome()) return *outcome;
  return {Verdict::crash, "the process ended with exit status " + std::to_string(end.number) + where + kEndedEarly};
}

Ran run_apart(const RunnerSettings& settings, const Test& test) {
  const Board board = Board::make();
  const auto begin = std::chrono::steady_clock::now();
  const auto limit = std::chrono::milliseconds(static_cast<std::int64_t>(
      static_cast<double>(std::chrono::milliseconds(test.limit).count()) * settings.patience));
  const End end = run_child(words_of(settings, test, board), limit);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
  return {&test, outcome_of(board, end, limit), took};
}

Ran run_here(const RunnerSettings& settings, const Test& test, const Package& package) {
  // Never freed, like what the test leaves behind.
  auto& board = *new Board(Board::make());
  const auto begin = std::chrono::steady_clock::now();
  run_test(test, settings.subjects, package, board);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
  return {&test, *board.outcome(), took};
}

bool failed(Verdict verdict) {
  return verdict == Verdict::fail || verdict == Verdict::crash || verdict == Verdict::hang;
}

// The need of a test that did not go well, or null.
const Ran* unmet(const std::vector<Ran>& so_far, const Test& test) {
  const auto need = std::ranges::find_if(so_far, [&](const Ran& ran) { return ran.test->full_name() == test.needs; });
  const bool met =
      need == so_far.end() || need->outcome.verdict == Verdict::pass || need->outcome.verdict == Verdict::warn;
  return met ? nullptr : &*need;
}

}  // namespace

std::vector<Ran> run_tests(const RunnerSettings& settings, const Tests& tests,
                           const std::function<void(const Ran&)>& tell) {
  std::vector<Ran> all;
  const Package package =
      settings.processes == Processes::this_one ? read_package(settings.subjects.package) : Package{};
  for (const Test& test : tests) {
    Ran ran{&test, {}, {}};
    if (const Ran* need = unmet(all, test); need != nullptr) {
      ran.outcome = {Verdict::skip,
                     need->test->full_name() + (failed(need->outcome.verdict) ? " failed" : " was skipped")};
    } else {
      ran = settings.processes == Processes::one_each ? run_apart(settings, test) : run_here(settings, test, package);
    }
    tell(ran);
    all.push_back(std::move(ran));
  }
  return all;
}

}  // namespace slipway::kit
