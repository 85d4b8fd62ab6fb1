// simulate-seeds: tells seeds to their end and reports what was found; tools/simulate runs it.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <fstream>
#include <iostream>

#include "tests/simulation/ledger.hpp"

namespace slipway::sim {
namespace {

constexpr std::uint64_t kPart = 5'000;  // seeds between two writes of a ledger

struct Options {
  Campaign campaign;
  std::string commit = "unknown";
  std::string ledger;
  std::uint64_t seed = 0;
  std::string bug;
  std::string page;
};

std::string names_of_bugs() {
  std::string names;
  for (const Bug& bug : bugs()) names += (names.empty() ? "" : ", ") + std::string(bug.name);
  return names;
}

std::optional<Options> options_of(int count, char** values, int& exit_code) {
  Options options;
  CLI::App app("Tells whole rollouts in simulated worlds, one for each seed, and checks the invariants at each step.");
  app.add_option("--seeds", options.campaign.seeds, "how many seeds")->capture_default_str();
  app.add_option("--from", options.campaign.from, "the first seed")->capture_default_str();
  app.add_option("--jobs", options.campaign.jobs, "how many at once")->check(CLI::Range(1, 64))->capture_default_str();
  app.add_option("--seed", options.seed, "this seed alone, with its history");
  app.add_option("--bug", options.bug, "with this bug planted: " + names_of_bugs());
  app.add_flag("--digests", options.campaign.digests, "print a digest of each seed's history, to compare two builds");
  app.add_option("--commit", options.commit, "what is run, for the report; tools/simulate says it");
  app.add_option("--ledger", options.ledger,
                 "keep what was seen in this file, and go on from there: run it again until all seeds are told");
  app.add_option("--page", options.page, "write the report into this file");
  try {
    app.parse(count, values);
  } catch (const CLI::ParseError& error) {
    exit_code = app.exit(error);
    return std::nullopt;
  }
  options.campaign.bug = find_bug(options.bug);
  if (!options.bug.empty() && options.campaign.bug == nullptr) {
    std::cerr << "simulate: there is no bug \"" << options.bug << "\"; there are " << names_of_bugs() << "\n";
    exit_code = 2;
    return std::nullopt;
  }
  if (options.seed != 0) options.campaign.from = options.seed;
  if (options.seed != 0) options.campaign.seeds = 1;
  return options;
}

std::string table(const std::string& title, const std::map<std::string, std::int64_t>& counts) {
  std::string text = "\n| " + title + " | number |\n| --- | ---: |\n";
  for (const auto& [name, count] : counts) text += "| " + name + " | " + std::to_string(count) + " |\n";
  return text;
}

std::string report(const Ledger& ledger, const Campaign& campaign, std::size_t broken) {
  std::string text = std::to_string(ledger.seeds) + " seeds from " + std::to_string(ledger.from) + " at commit " +
                     ledger.commit + ", " + std::to_string(campaign.jobs) + " at once, in " +
                     std::to_string(std::lround(ledger.seconds)) + " s: " + std::to_string(ledger.steps) +
                     " steps, each followed by " + std::to_string(invariants().size()) + " invariants, over " +
                     std::to_string(ledger.simulated_ns / 3'600'000'000'000) + " hours of simulated time. " +
                     std::to_string(broken) + " seeds broke an invariant.\n";
  return text + table("mishap", ledger.mishaps) + table("end of a rollout", ledger.rollouts) +
         table("what came of them", ledger.sights);
}

Tally told(const Campaign& campaign, Ledger& ledger) {
  const auto began = std::chrono::steady_clock::now();
  Tally tally = run(campaign);
  ledger.add(tally, std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
  return tally;
}

void print(const Options& options, const Tally& tally) {
  for (const Failure& failure : tally.failures) std::cout << story_of(failure, options.campaign.bug);
  if (options.campaign.bug != nullptr && !tally.failures.empty())
    std::cout << options.bug << " is found by seed " << tally.failures.front().seed << "\n";
  for (const auto& [seed, digest] : tally.digests) std::cout << "seed " << seed << " digest " << digest << "\n";
}

int end(const Options& options, const Ledger& ledger, std::size_t broken) {
  const std::string text = report(ledger, options.campaign, broken);
  if (options.seed == 0) std::cout << text;
  if (!options.page.empty()) {
    std::ofstream(options.page) << "# What the simulation has been through\n\n"
                                   "Written by `tools/simulate`; how it works is in "
                                   "[the decision](../decisions/0033-seeds-instead-of-scenarios.md), what it checks in "
                                   "[the invariants](invariants.md).\n\n"
                                << text;
  }
  return (broken == 0) == (options.campaign.bug == nullptr) ? 0 : 1;
}

int simulate(const Options& options) {
  Ledger ledger{.commit = options.commit, .from = static_cast<std::int64_t>(options.campaign.from)};
  const Tally tally = told(options.campaign, ledger);
  print(options, tally);
  return end(options, ledger, tally.failures.size());
}

int refuse(const std::string& why) {
  std::cerr << "simulate: " << why << "\n";
  return 2;
}

// A part counts when all of it was told: one that breaks an invariant is told again by the next run.
int simulate_in_parts(const Options& options) {
  if (options.campaign.bug != nullptr || options.seed != 0)
    return refuse("--ledger is for what is shipped, from the first seed to the last: without --bug and --seed");
  if (options.commit == "unknown" || options.commit.ends_with("-dirty"))
    return refuse("--ledger is of one commit, and this is " + options.commit + ": commit what was changed");
  auto ledger = ledger_in(options.ledger, options.commit, options.campaign.from);
  if (!ledger.ok()) return refuse(to_string(ledger.status()));
  const std::uint64_t after = options.campaign.from + options.campaign.seeds;
  while (ledger->next() < after) {
    Campaign part = options.campaign;
    part.from = ledger->next();
    part.seeds = std::min(kPart, after - part.from);
    Ledger more = *ledger;
    const Tally tally = told(part, more);
    print(options, tally);
    if (!tally.failures.empty()) return end(options, more, tally.failures.size());
    if (const Status kept = keep(more, options.ledger); !kept.ok()) return refuse(to_string(kept));
    ledger = std::move(more);
  }
  return end(options, *ledger, 0);
}

}  // namespace
}  // namespace slipway::sim

int main(int count, char** values) {
  int exit_code = 0;
  const auto options = slipway::sim::options_of(count, values, exit_code);
  if (!options) return exit_code;
  return options->ledger.empty() ? slipway::sim::simulate(*options) : slipway::sim::simulate_in_parts(*options);
}
