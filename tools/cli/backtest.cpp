// The document that slipway-backtest takes is in tools/backtest/request.hpp.
#include "tools/cli/backtest.hpp"

#include <algorithm>
#include <memory>

#include "tools/cli/documents.hpp"
#include "tools/cli/hand_over.hpp"

namespace slipway::cli {
namespace {

struct Options {
  std::string file, from, to, analyzer = "sequential", settings, split, group = "stable", html, plugins, weight;
  std::string query, interval = "15s", application, next, stable, source;
  std::vector<std::string> inject;
  int runs = 0;
  double share = 1;
  std::int64_t seed = 1;
};

Json document_in(const std::string& option, const std::string& file) {
  if (file.empty()) return Json::object();
  auto document = read_settings(option, file);
  if (!document.ok()) throw Failure(400, document.status().message);
  return *std::move(document);
}

Json request_of(const Options& options) {
  Json request{{"file", options.file},
               {"analyzer", options.analyzer},
               {"settings", document_in("--settings", options.settings)},
               {"alpha_share", options.share},
               {"inject", options.inject},
               {"split_group", options.group},
               {"seed", options.seed},
               {"html", options.html},
               {"runs", std::max(1, options.runs)},
               {"plugins", options.plugins},
               {"query", document_in("--query", options.query)},
               {"interval", options.interval},
               {"application", options.application},
               {"next", options.next},
               {"stable", options.stable},
               {"source", document_in("--source", options.source)}};
  if (!options.from.empty()) request["from"] = options.from;
  if (!options.to.empty()) request["to"] = options.to;
  if (!options.weight.empty()) request["weight"] = options.weight;
  if (!options.split.empty() || options.runs > 0) request["split"] = options.split.empty() ? "10%" : options.split;
  return request;
}

void add_server(CLI::App& command, Options& options) {
  command.add_option("--query", options.query, "Server: file with what it is asked, as in an application's analysis");
  command.add_option("--interval", options.interval, "Server: length of a window")->capture_default_str();
  command.add_option("--application", options.application, "Server: the query's ${application}");
  command.add_option("--next", options.next, "Server: the new release, ${release} of the query");
  command.add_option("--stable", options.stable, "Server: the old release");
  command.add_option("--source", options.source, "Server: file with its plugin's settings, a login say");
}

}  // namespace

void add_backtest(CLI::App& group, Session& session) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      group.add_subcommand("backtest", "What an analysis would have said of recorded metrics, and when");
  command->add_option("file", options->file, "Recorded metrics: .csv or .json, or a Prometheus server's URL")
      ->required();
  command->add_option("--from", options->from, "Begin, RFC 3339; by default the recording's");
  command->add_option("--to", options->to, "End, RFC 3339; by default the recording's");
  command->add_option("--analyzer", options->analyzer, "The analyzer")->capture_default_str();
  command->add_option("--settings", options->settings, "File with the analyzer's settings");
  command->add_option("--share", options->share, "The analysis' share of alpha, as deploy --dry-run tells it")
      ->check(CLI::Range(1e-6, 1.0))
      ->capture_default_str();
  command->add_option("--weight", options->weight,
                      "The new release's weight in every window; by default the column weight, or --split");
  command->add_option("--split", options->split, "Deal out one group's requests: this share plays the new release");
  command->add_option("--group", options->group, "The group that --split and --aa deal out")->capture_default_str();
  command->add_option("--aa", options->runs, "Split so many times, and count the false alarms; by default --split 10%")
      ->check(CLI::Range(1, 10'000));
  command
      ->add_option("--inject", options->inject,
                   "Make the new release worse: error_ratio=+1%@10m, cpu=+20%@0s; may be repeated")
      ->allow_extra_args(false);
  command->add_option("--seed", options->seed, "Of the draws of --split and --inject")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  add_server(*command, *options);
  command->add_option("--html", options->html, "Write a page with charts to this file");
  command->add_option("--plugins", options->plugins, "Folder of packages; by default the one beside this program");
  command->footer("The analyzer runs as in a rollout, with your rights, and no host is asked.");
  command->callback([&session, options] {
    session.run = [&session, options] {
      return hand_over("slipway-backtest", {std::string(to_name(session.format)), to_text(request_of(*options))});
    };
  });
}

}  // namespace slipway::cli
