#include <memory>
#include <optional>
#include <slipway/settings.hpp>

#include "tools/cli/backtest.hpp"
#include "tools/cli/commands.hpp"
#include "tools/cli/documents.hpp"
#include "tools/cli/hand_over.hpp"

namespace slipway::cli {
namespace {

struct Options {
  std::string usual = "1%";
  std::string worse = "2%";
  double per_second = 0;
  std::optional<double> alpha;
  double share = 1;
  std::string settings;
  std::string plugins;
  std::vector<std::string> weights{"1%", "5%", "10%", "25%", "50%"};
};

constexpr double kLeastAlpha = 1e-9;
constexpr double kLargestAlpha = 0.5;

double share_in(const std::string& option, const std::string& text) {
  const auto parsed = parse_share(text);
  if (!parsed.ok()) throw CLI::ValidationError(option, text + ": " + parsed.status().message);
  return parsed->ppm / 1e6;
}

// Of an analysis that counts failures; the plan draws nothing else.
Json settings_in(const std::string& file) {
  if (file.empty()) return Json::object();
  auto settings = read_settings("--settings", file);
  if (!settings.ok()) throw CLI::ValidationError("--settings", settings.status().message);
  const std::string kind = settings->contains("kind") ? to_text(settings->at("kind")) : "";
  if (kind != "" && kind != R"("error_ratio")" && kind != R"("absolute")")
    throw CLI::ValidationError("--settings",
                               file + ": kind " + kind + ": a plan can be made for error_ratio and absolute");
  return *std::move(settings);
}

double alpha_of(const Options& options, const Json& settings) {
  constexpr double kOfTheAnalyzer = 0.01;
  if (options.alpha) return *options.alpha;
  const auto found = settings.find("alpha");
  if (found == settings.end()) return kOfTheAnalyzer;
  const double alpha = found->is_number() ? found->get<double>() : 0;
  if (!(alpha >= kLeastAlpha && alpha <= kLargestAlpha))
    throw CLI::ValidationError(
        "--settings", options.settings + ": alpha " + to_text(*found) + ": want a number of 0.000000001 to 0.5");
  return alpha;
}

Json plan_request(const Options& options) {
  const double usual = share_in("--errors", options.usual);
  const double worse = share_in("--worse", options.worse);
  if (usual <= 0 || worse <= usual || worse >= 1)
    throw CLI::ValidationError("--worse", options.worse + ": want more than --errors (" + options.usual +
                                              ", which must be above 0), and less than 100%");
  for (const std::string& weight : options.weights) {
    const double share = share_in("--weights", weight);
    if (share <= 0 || share >= 1)
      throw CLI::ValidationError("--weights", weight + ": want more than 0% and less than 100%");
  }
  const Json settings = settings_in(options.settings);
  return {{"usual", usual},
          {"worse", worse},
          {"alpha", alpha_of(options, settings)},
          {"settings", settings},
          {"alpha_share", options.share},
          {"per_second", options.per_second},
          {"weights", options.weights},
          {"plugins", options.plugins}};
}

}  // namespace

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
  command->add_option("--settings", options->settings, "File with the analysis' settings, as in the application");
  command->add_option("--alpha", options->alpha, "Chance of a false alarm; by default that of the settings, or 0.01")
      ->check(CLI::Range(kLeastAlpha, kLargestAlpha));
  command->add_option("--weights", options->weights, "Shares of the traffic to look at")->delimiter(',');
  command->add_option("--share", options->share, "The analysis' share of alpha, as deploy --dry-run tells it")
      ->check(CLI::Range(1e-6, 1.0))
      ->capture_default_str();
  command->add_option("--plugins", options->plugins, "Folder of packages; by default the one beside this program");
  command->footer(
      "Medians of 31 rollouts that analyzer-sequential judges with its defaults, or as --settings say, when the "
      "difference is there from the begin. \"not seen\": most of them passed, ended undecided, or had no verdict after "
      "1,440 looks, two hours of them.");
  command->callback([&session, options] {
    session.run = [&session, request = to_text(plan_request(*options))] {
      return hand_over("slipway-backtest", {"plan", std::string(to_name(session.format)), request});
    };
  });
}

}  // namespace slipway::cli
