#include "tools/rehearse/simulation.hpp"

#include "host/base/files.hpp"

namespace slipway::simulate {
namespace {

using rollout::Mode;

constexpr std::size_t kMostBytes = std::size_t{256} << 20;
const Instant kBegin{1'767'225'600'000'000'000};  // 2026-01-01T00:00:00Z, a Thursday
const rollout::Actor kActor{.tenant = "default", .subject = "simulation"};

template <class T>
T value_of(Result<T> result) {
  if (!result.ok()) throw Error(result.status());
  return *std::move(result);
}

backtest::Recording recording_in(const std::string& file) {
  const std::string text = value_of(base::read_file(file, {.max_bytes = kMostBytes}));
  auto rows = file.ends_with(".json") ? backtest::rows_of_json(text, file) : backtest::rows_of_csv(text, file);
  return value_of(backtest::recording_of(value_of(std::move(rows)), {}, {}));
}

// A shorter window would have no numbers most of the time.
void check_intervals(const Request& request, const backtest::Recording& recording) {
  for (const rollout::AnalysisSpec& analysis : request.application.analyses) {
    if (analysis.interval < recording.interval)
      throw Error(Code::invalid_argument, "the analysis " + analysis.name + " looks every " +
                                              to_string(analysis.interval) + ", and " + request.recording +
                                              " has windows of " + to_string(recording.interval) +
                                              ": want an interval that is no shorter");
  }
}

SiteSettings settings_of(const Request& request) {
  SiteSettings settings{.traffic = {.application = request.application.name,
                                    .recording = {},
                                    .group = request.group,
                                    .assume = request.assume,
                                    .injections = {},
                                    .changed = request.to,
                                    .seed = static_cast<std::uint64_t>(request.seed)},
                        .faults = {},
                        .gates = {},
                        .start = request.start,
                        .seed = static_cast<std::uint64_t>(request.seed)};
  if (!request.recording.empty()) settings.traffic.recording = recording_in(request.recording);
  if (settings.traffic.recording) check_intervals(request, *settings.traffic.recording);
  for (const std::string& text : request.inject)
    settings.traffic.injections.push_back(value_of(backtest::parse_injection(text)));
  for (const std::string& text : request.faults) settings.faults.push_back(value_of(parse_fault(text)));
  for (const auto& gate : request.application.gates) settings.gates.push_back(gate.gate);
  return settings;
}

void make_release(Site& site, const Request& request, const std::string& version) {
  rollout::ReleaseRequest release;
  release.release.version = version;
  release.release.command = {"simulated"};
  site.ask(site.engine()->create_release(kActor, request.application.name, release, Mode::commit));
}

rollout::Rollout deploy(Site& site, const Request& request, const std::string& version) {
  rollout::RolloutRequest wanted;
  wanted.application = request.application.name;
  wanted.release = version;
  return site.ask(site.engine()->start_rollout(kActor, wanted));
}

void put(Site& site, const rollout::ApplicationSpec& spec) {
  site.ask(site.engine()->put_application(kActor, spec, {}, Mode::commit));
}

bool waits_for_a_person(rollout::Engine& engine) {
  const auto parked = engine.parked();
  const auto found = parked.find(rollout::Parked::approval);
  return found != parked.end() && found->second > 0;
}

// The rollout's end, or why there is none.
class Run {
 public:
  Run(Site& site, const Request& request, std::string id) : site_(site), request_(request), id_(std::move(id)) {}

  std::string to_the_end() {
    const Instant limit = site_.now() + request_.limit;
    while (site_.turn()) {
      if (site_.now() > limit) return "it has not ended after " + to_string(request_.limit);
      if (site_.engine() == nullptr || site_.now() == looked_) continue;
      looked_ = site_.now();
      if (site_.engine()->busy() == 0 && rollout::has_ended(seen().state)) return {};
      if (!waits_for_a_person(*site_.engine())) continue;
      if (!request_.approve) return "it waits for " + seen().why.waits_for;
      site_.ask(site_.engine()->act(kActor, id_, rollout::Action::promote, {}, {}, Mode::commit));
    }
    return "nothing happens any more";
  }
  rollout::Rollout seen() { return site_.ask(site_.engine()->rollout(kActor, id_)); }
  std::vector<rollout::JournalEntry> journal() {
    std::vector<rollout::JournalEntry> entries;
    rollout::PageRequest page{.limit = 200, .cursor = ""};
    do {
      auto next = site_.ask(site_.engine()->journal(kActor, id_, page));
      entries.insert(entries.end(), next.items.begin(), next.items.end());
      page.cursor = next.next;
    } while (!page.cursor.empty());
    return entries;
  }

 private:
  Site& site_;
  const Request& request_;
  const std::string id_;
  Instant looked_{};
};

// Before the simulation's own rollout, by the shortest way.
void make_stable(Site& site, const Request& request) {
  rollout::ApplicationSpec plain;
  plain.name = request.application.name;
  plain.replicas = request.application.replicas;
  put(site, plain);
  make_release(site, request, request.from);
  const std::string stopped = Run(site, request, deploy(site, request, request.from).id).to_the_end();
  if (!stopped.empty()) throw Error(Code::failed_precondition, request.from + " could not be made stable: " + stopped);
}

}  // namespace

Outcome simulate(const Request& request, offline::Packages& packages) {
  Site site(settings_of(request), kBegin, packages);
  site.start();
  if (!request.from.empty()) make_stable(site, request);
  put(site, request.application);
  make_release(site, request, request.to);
  const Instant begin = site.now();
  site.begin();
  Run run(site, request, deploy(site, request, request.to).id);
  Outcome outcome;
  outcome.stopped = run.to_the_end();
  if (site.engine() == nullptr) site.start();  // it ended while the host was gone
  outcome.rollout = run.seen();
  outcome.lasted = outcome.rollout.ended_at.value_or(site.now()) - begin;
  outcome.journal = run.journal();
  for (const std::size_t i : site.traffic().idle_injections()) outcome.idle_injections.push_back(request.inject[i]);
  return outcome;
}

}  // namespace slipway::simulate
