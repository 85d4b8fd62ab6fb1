// The document that slipway-rehearse takes is in tools/rehearse/request.hpp.
#include "tools/cli/simulate.hpp"

#include <charconv>

#include "tools/cli/documents.hpp"
#include "tools/cli/hand_over.hpp"

namespace slipway::cli {
namespace {

// "error_ratio=1%" is 0.01.
std::pair<std::string, double> assumption(const std::string& text) {
  const std::size_t equals = text.find('=');
  const bool percent = text.ends_with('%');
  const std::string number =
      equals == text.npos ? "" : text.substr(equals + 1, text.size() - equals - 1 - (percent ? 1 : 0));
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (equals == 0 || error != std::errc{} || end != number.data() + number.size())
    throw Failure(400, "--assume " + text + ": want NAME=NUMBER[%], as error_ratio=1%");
  return {text.substr(0, equals), percent ? value / 100 : value};
}

}  // namespace

void add_simulate_options(CLI::App& command, SimulateOptions& options) {
  // Without it they would be taken for a rehearsal, and the deployment be real.
  CLI::Option* simulate = command.add_flag("--simulate", options.simulate,
                                           "Only tell what would happen, on a simulated clock; nothing changes");
  const auto add = [&](const char* name, std::string& value, const char* doc) {
    command.add_option(name, value, std::string("With --simulate: ") + doc)->capture_default_str()->needs(simulate);
  };
  const auto add_list = [&](const char* name, std::vector<std::string>& value, const char* doc) {
    command.add_option(name, value, std::string("With --simulate: ") + doc + "; may be repeated")
        ->allow_extra_args(false)
        ->needs(simulate);
  };
  add("--application-file", options.application, "file with the application; by default the host is asked");
  add("--recording", options.recording, "recorded metrics, .csv or .json, as for analysis backtest");
  add("--group", options.group, "the recording's group whose traffic is replayed");
  add_list("--assume", options.assume, "without a recording: rate=100, error_ratio=0.1%, latency=50 (ms), cpu=0.4");
  add_list("--inject", options.inject, "make the new release worse: error_ratio=+4%@10m, latency=+50%@0s");
  add_list("--fault", options.faults,
           "what fails when and how long: metrics.haproxy@10m/5m, replicas@0s/2m, host@5m/30s");
  add("--ready-after", options.start, "time that a replica takes to get ready");
  add("--limit", options.limit, "simulated time after which it ends at the latest");
  command.add_flag("--approve", options.approve, "With --simulate: give each approval that is waited for, at once")
      ->needs(simulate);
  command.add_option("--seed", options.seed, "With --simulate: of the draws")->capture_default_str()->needs(simulate);
  add("--plugins", options.plugins, "folder of packages; by default the one beside this program");
}

Json application_for(Session& session, const SimulateOptions& options, const std::string& name) {
  if (options.application.empty()) return session.client().get("/api/applications/" + segment(name)).body;
  auto documents = read_documents(options.application);
  if (!documents.ok()) throw Failure(400, documents.status().message);
  for (Json& document : *documents) {
    if (!document.is_object() || document.value("kind", "application") != "application") continue;
    if (document.value("name", "") != name) continue;
    document.erase("kind");
    return {{"spec", document}, {"stable_release", "stable"}};
  }
  throw Failure(400, options.application + ": there is no application \"" + name + "\"");
}

Exit simulate(const Session& session, const SimulateOptions& options, const Json& application,
              const std::string& release) {
  Json request{{"application", application["spec"]},
               {"from", application.value("stable_release", "")},
               {"to", release},
               {"recording", options.recording},
               {"group", options.group},
               {"assume", Json::object()},
               {"inject", options.inject},
               {"faults", options.faults},
               {"start", options.start},
               {"limit", options.limit},
               {"approve", options.approve},
               {"seed", options.seed},
               {"plugins", options.plugins}};
  for (const std::string& text : options.assume) {
    const auto [name, value] = assumption(text);
    request["assume"][name] = value;
  }
  return hand_over("slipway-rehearse", {std::string(to_name(session.format)), to_text(request)});
}

}  // namespace slipway::cli
