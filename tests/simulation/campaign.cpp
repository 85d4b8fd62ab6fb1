#include "tests/simulation/campaign.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

namespace slipway::sim {
namespace {

constexpr std::size_t kLinesTold = 40;

Outcome told(const Plan& plan, const Bug* bug, History history = {}) {
  try {
    return Story(plan, bug, std::move(history)).tell();
  } catch (const std::exception& error) {
    return {.violation = Violation{"no_exception", error.what()}};
  }
}

// FNV-1a over the lines of a history.
class Digest {
 public:
  void add(std::string_view line) {
    for (const char c : line) add(static_cast<unsigned char>(c));
    add(static_cast<unsigned char>('\n'));
  }
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  void add(unsigned char byte) { value_ = (value_ ^ byte) * 0x100000001b3; }
  std::uint64_t value_ = 0xcbf29ce484222325;
};

class Runner {
 public:
  explicit Runner(const Campaign& campaign) : campaign_(campaign) {}

  Tally run() {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < campaign_.jobs; ++i) threads.emplace_back([this] { work(); });
    threads.clear();
    std::sort(tally_.failures.begin(), tally_.failures.end(),
              [](const auto& a, const auto& b) { return a.seed < b.seed; });
    return std::move(tally_);
  }

 private:
  void work() {
    while (!enough_) {
      const std::uint64_t number = next_++;
      if (number >= campaign_.seeds) return;
      const Plan plan = plan_of(campaign_.from + number);
      Digest digest;
      History history;
      if (campaign_.digests) history = [&digest](const std::string& line) { digest.add(line); };
      add(plan, told(plan, campaign_.bug, std::move(history)), digest);
    }
  }

  void add(const Plan& plan, const Outcome& outcome, const Digest& digest) {
    const std::lock_guard lock(mutex_);
    if (campaign_.digests) tally_.digests[plan.seed] = digest.value();
    ++tally_.seeds;
    tally_.steps += outcome.steps;
    tally_.simulated_ns += outcome.simulated_ns;
    for (const Mishap& mishap : plan.mishaps) ++tally_.mishaps[mishap.kind];
    for (const auto& [state, count] : outcome.rollouts) tally_.rollouts[state] += count;
    for (const auto& [sight, count] : outcome.sights) tally_.sights[sight] += count;
    if (outcome.violation) tally_.failures.push_back({plan.seed, *outcome.violation});
    enough_ = tally_.failures.size() >= campaign_.enough;
  }

  const Campaign& campaign_;
  std::atomic<std::uint64_t> next_ = 0;
  std::atomic<bool> enough_ = false;
  std::mutex mutex_;
  Tally tally_;
};

Plan without(const Plan& plan, std::size_t first, std::size_t many) {
  Plan less = plan;
  const auto begin = less.mishaps.begin() + static_cast<std::ptrdiff_t>(first);
  less.mishaps.erase(begin, begin + static_cast<std::ptrdiff_t>(std::min(many, less.mishaps.size() - first)));
  return less;
}

}  // namespace

Tally run(const Campaign& campaign) { return Runner(campaign).run(); }

// Halves, then quarters, down to single ones.
Plan shrunk(Plan plan, const Bug* bug, std::string_view invariant) {
  const auto still_fails = [&](const Plan& less) {
    const auto outcome = told(less, bug);
    return outcome.violation && outcome.violation->invariant == invariant;
  };
  for (std::size_t many = std::max<std::size_t>(1, plan.mishaps.size() / 2);; many /= 2) {
    for (std::size_t first = 0; first < plan.mishaps.size();) {
      Plan less = without(plan, first, many);
      if (still_fails(less))
        plan = std::move(less);
      else
        first += many;
    }
    if (many == 1) return plan;
  }
}

std::string story_of(const Failure& failure, const Bug* bug) {
  const Plan plan = shrunk(plan_of(failure.seed), bug, failure.violation.invariant);
  std::deque<std::string> lines;
  const auto outcome = told(plan, bug, [&](const std::string& line) {
    lines.push_back(line);
    if (lines.size() > kLinesTold) lines.pop_front();
  });
  std::string text = "tools/simulate --seed " + std::to_string(failure.seed) +
                     (bug == nullptr ? "" : " --bug " + std::string(bug->name)) + "\n";
  text += "  " + std::string(failure.violation.invariant) + ": " +
          (outcome.violation ? outcome.violation->what : failure.violation.what) + "\n";
  for (const Product& product : plan.products)
    text +=
        "  " + product.spec.name + ": " + product.spec.strategy.name + " " + product.spec.strategy.settings.text + "\n";
  text += std::string("  ") + (plan.two_hosts ? "two hosts" : "one host") + ", and of " +
          std::to_string(plan_of(failure.seed).mishaps.size()) + " mishaps these:\n";
  for (const Mishap& mishap : plan.mishaps) text += "    " + text_of(mishap) + "\n";
  for (const std::string& line : lines) text += "  " + line + "\n";
  return text;
}

}  // namespace slipway::sim
