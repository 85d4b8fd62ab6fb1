#include <cmath>
#include <memory>
#include <slipway/settings.hpp>

#include "tools/cli/backtest.hpp"
#include "tools/cli/commands.hpp"
#include "tools/cli/sample_size.hpp"

namespace slipway::cli {
namespace {

struct Options {
  std::string usual = "1%";
  std::string worse = "2%";
  double per_second = 0;
  double alpha = 0.01;
  std::vector<std::string> weights{"1%", "5%", "10%", "25%", "50%"};
};

double share_in(const std::string& option, const std::string& text) {
  const auto parsed = parse_share(text);
  if (!parsed.ok()) throw CLI::ValidationError(option, text + ": " + parsed.status().message);
  return parsed->ppm / 1e6;
}

// At a rate that is next to nothing it takes centuries.
std::string time_text(double seconds) {
  constexpr double kCentury = 3'155'760'000;
  return (seconds > kCentury ? "more than " : "") + brief(Duration{std::llround(std::min(seconds, kCentury) * 1e9)});
}

Json plan(const Options& options) {
  const Regression regression{share_in("--errors", options.usual), share_in("--worse", options.worse)};
  if (regression.usual <= 0 || regression.worse <= regression.usual || regression.worse >= 1)
    throw CLI::ValidationError("--worse", options.worse + ": want more than --errors (" + options.usual +
                                              ", which must be above 0), and less than 100%");
  Json rows = Json::array();
  for (const std::string& weight : options.weights) {
    const double share = share_in("--weights", weight);
    if (share <= 0 || share >= 1)
      throw CLI::ValidationError("--weights", weight + ": want more than 0% and less than 100%");
    const double requests = std::ceil(requests_to_see(regression, share, options.alpha));
    rows.push_back({{"weight", weight}, {"requests", requests}, {"of_the_new_release", std::ceil(requests * share)}});
    if (options.per_second > 0) rows.back()["seconds"] = requests / options.per_second;
  }
  return {{"errors", options.usual}, {"worse", options.worse}, {"alpha", options.alpha}, {"weights", std::move(rows)}};
}

std::string plan_table(const Json& plan) {
  std::vector<std::string> header{"WEIGHT", "REQUESTS", "OF THE NEW RELEASE"};
  const bool has_time = !plan["weights"].empty() && plan["weights"][0].contains("seconds");
  if (has_time) header.emplace_back("TIME");
  std::vector<std::vector<std::string>> rows;
  for (const Json& row : plan["weights"]) {
    const auto count = [&](const char* name) { return std::to_string(std::llround(row[name].get<double>())); };
    rows.push_back({row["weight"], count("requests"), count("of_the_new_release")});
    if (has_time) rows.back().push_back(time_text(row["seconds"]));
  }
  return table(header, rows);
}

}  // namespace

double requests_to_see(const Regression& regression, double weight, double alpha) {
  const double ratio = regression.worse / regression.usual;
  const double mean = 1 + weight * (ratio - 1);
  const double worth = regression.usual * (weight * ratio * std::log(ratio) - mean * std::log(mean));
  return -std::log(alpha) / worth;
}

void add_analysis_commands(CLI::App& app, Session& session) {
  CLI::App* group = app.add_subcommand("analysis", "What an analysis can tell, before it is asked");
  group->require_subcommand(1);
  add_backtest(*group, session);
  auto options = std::make_shared<Options>();
  CLI::App* command = group->add_subcommand("plan", "Requests and time that it takes to see a regression, by weight");
  command->add_option("--errors", options->usual, "Share of requests that fail today")->capture_default_str();
  command->add_option("--worse", options->worse, "Share that shall be noticed in the new release")
      ->capture_default_str();
  command->add_option("--rate", options->per_second, "Requests a second, of both releases together")
      ->check(CLI::PositiveNumber);
  command->add_option("--alpha", options->alpha, "Chance of a false alarm")
      ->check(CLI::Range(1e-9, 0.5))
      ->capture_default_str();
  command->add_option("--weights", options->weights, "Shares of the traffic to look at")->delimiter(',');
  command->footer("Of analyzer-sequential without its guard, when the difference is there from the begin.");
  command->callback([&session, options] {
    session.run = [&session, answer = plan(*options)] {
      session.print(answer, [&] { return plan_table(answer); });
      return Exit::done;
    };
  });
}

}  // namespace slipway::cli
