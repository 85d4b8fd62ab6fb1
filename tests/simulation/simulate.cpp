// simulate-seeds: tells seeds to their end and reports what was found; tools/simulate runs it.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <fstream>
#include <iostream>

#include "tests/simulation/campaign.hpp"

namespace slipway::sim {
namespace {

struct Options {
  Campaign campaign;
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

std::string_view label_of(std::string_view sight) { return sight; }
template <class Kind>
std::string_view label_of(Kind kind) {
  return to_name(kind);
}

template <class Kind>
std::string table(const std::string& title, const std::map<Kind, std::int64_t>& counts) {
  std::string text = "\n| " + title + " | number |\n| --- | ---: |\n";
  for (const auto& [kind, count] : counts)
    text += "| " + std::string(label_of(kind)) + " | " + std::to_string(count) + " |\n";
  return text;
}

std::string report(const Campaign& campaign, const Tally& tally, double took) {
  std::string text = std::to_string(tally.seeds) + " seeds from " + std::to_string(campaign.from) + ", " +
                     std::to_string(campaign.jobs) + " at once, in " + std::to_string(std::lround(took)) +
                     " s: " + std::to_string(tally.steps) + " steps, each followed by " +
                     std::to_string(invariants().size()) + " invariants, over " +
                     std::to_string(tally.simulated_ns / 3'600'000'000'000) + " hours of simulated time. " +
                     std::to_string(tally.failures.size()) + " seeds broke an invariant.\n";
  return text + table("mishap", tally.mishaps) + table("end of a rollout", tally.rollouts) +
         table("what came of them", tally.sights);
}

int simulate(const Options& options) {
  const auto began = std::chrono::steady_clock::now();
  const Tally tally = run(options.campaign);
  const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  for (const Failure& failure : tally.failures) std::cout << story_of(failure, options.campaign.bug);
  if (options.campaign.bug != nullptr && !tally.failures.empty())
    std::cout << options.bug << " is found by seed " << tally.failures.front().seed << "\n";
  for (const auto& [seed, digest] : tally.digests) std::cout << "seed " << seed << " digest " << digest << "\n";
  const std::string text = report(options.campaign, tally, took);
  if (options.seed == 0) std::cout << text;
  if (!options.page.empty()) {
    std::ofstream(options.page) << "# What the simulation has been through\n\n"
                                   "Written by `tools/simulate`; how it works is in "
                                   "[the decision](../decisions/0033-seeds-instead-of-scenarios.md), what it checks in "
                                   "[the invariants](invariants.md).\n\n"
                                << text;
  }
  return tally.failures.empty() == (options.campaign.bug == nullptr) ? 0 : 1;
}

}  // namespace
}  // namespace slipway::sim

int main(int count, char** values) {
  int exit_code = 0;
  const auto options = slipway::sim::options_of(count, values, exit_code);
  return options ? slipway::sim::simulate(*options) : exit_code;
}
