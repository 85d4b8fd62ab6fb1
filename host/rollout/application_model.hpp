// What is released: applications and releases, as people write them and as they are stored.
#pragma once

#include <optional>
#include <slipway/interfaces/provider.hpp>
#include <string>
#include <vector>

namespace slipway::rollout {

// What a verdict does that is neither pass nor fail.
enum class Policy { hold, promote, rollback };
constexpr auto enum_names(Policy) {
  return std::array<EnumName<Policy>, 3>{
      {{Policy::hold, "hold"}, {Policy::promote, "promote"}, {Policy::rollback, "rollback"}}};
}

// One thing that is measured and judged while a rollout runs.
struct AnalysisSpec {
  std::string name;
  std::string metrics = "haproxy";
  Json query = Json::object();
  std::string analyzer = "sequential";
  JsonText settings{"{}"};
  Duration interval = seconds(5);
  Duration initial_delay{};
  Policy on_inconclusive = Policy::hold;
  Policy on_insufficient_data = Policy::hold;
  Policy on_error = Policy::hold;
  static constexpr auto fields() {
    return slipway::fields(
        required("name", &AnalysisSpec::name, "Name by which strategies refer to it.", between(1, 63)),
        field("metrics", &AnalysisSpec::metrics, "Where numbers come from: the binding metrics.<this>.",
              between(1, 63)),
        field("query", &AnalysisSpec::query, "What is asked, in the source's terms."),
        field("analyzer", &AnalysisSpec::analyzer, "Who judges: the binding analyzers.<this>.", between(1, 63)),
        field("settings", &AnalysisSpec::settings, "The analyzer's settings."),
        field("interval", &AnalysisSpec::interval, "Length of a window, and time between two judgements."),
        field("initial_delay", &AnalysisSpec::initial_delay, "Time before the first window begins."),
        field("on_inconclusive", &AnalysisSpec::on_inconclusive, "What an inconclusive verdict does."),
        field("on_insufficient_data", &AnalysisSpec::on_insufficient_data, "What missing data does."),
        field("on_error", &AnalysisSpec::on_error, "What a failing source or analyzer does."));
  }
};

struct StrategySpec {
  std::string name = "rolling";
  JsonText settings{"{}"};
  static constexpr auto fields() {
    return slipway::fields(field("name", &StrategySpec::name, "The binding strategies.<this>.", between(1, 63)),
                           field("settings", &StrategySpec::settings, "The strategy's settings."));
  }
};

enum class RollbackMode { instant, gradual };
constexpr auto enum_names(RollbackMode) {
  return std::array<EnumName<RollbackMode>, 2>{
      {{RollbackMode::instant, "instant"}, {RollbackMode::gradual, "gradual"}}};
}

// How traffic goes back to the stable release. It goes all at once as soon as `min_ready` of the stable replicas are
// ready, and in proportion to the ready ones before.
struct RollbackSpec {
  RollbackMode mode = RollbackMode::instant;
  Duration over = seconds(60);
  Count min_ready = percent(50);
  static constexpr auto fields() {
    return slipway::fields(
        field("mode", &RollbackSpec::mode, "At once, or in ten equal shifts."),
        field("over", &RollbackSpec::over, "Gradual: time from the first shift to the last."),
        field("min_ready", &RollbackSpec::min_ready, "Stable replicas that must be ready to take everything."));
  }
};

// The watch after promotion. The old release is kept warm meanwhile where the strategy kept it.
struct VerificationSpec {
  Duration period{};
  std::vector<std::string> analyses;
  static constexpr auto fields() {
    return slipway::fields(
        field("period", &VerificationSpec::period, "How long a promoted release is watched; 0 for not at all."),
        field("analyses", &VerificationSpec::analyses, "Analyses that watch; all of the application's by default.",
              at_most(32)));
  }
};

enum class GateMoment { start, promote };
constexpr auto enum_names(GateMoment) {
  return std::array<EnumName<GateMoment>, 2>{{{GateMoment::start, "start"}, {GateMoment::promote, "promote"}}};
}
struct GateSpec {
  std::string gate;
  GateMoment at = GateMoment::start;
  Json settings = Json::object();
  std::string message;
  static constexpr auto fields() {
    return slipway::fields(
        required("gate", &GateSpec::gate, "The binding gates.<this>, or \"approval\" for a person.", between(1, 63)),
        field("at", &GateSpec::at, "Before anything is started, or before the release is promoted."),
        field("settings", &GateSpec::settings, "The gate's settings."),
        field("message", &GateSpec::message, "What is asked, for a person."));
  }
};

// An application as a person describes it.
struct ApplicationSpec {
  std::string name;
  std::vector<std::string> hosts;
  std::int32_t replicas = 1;
  std::optional<provider::Sticky> sticky;
  StrategySpec strategy;
  std::vector<AnalysisSpec> analyses;
  VerificationSpec verification;
  RollbackSpec rollback;
  std::vector<GateSpec> gates;
  static constexpr auto fields() {
    return slipway::fields(
        required("name", &ApplicationSpec::name, "Its name: lower-case letters, digits and dashes.", between(1, 63)),
        field("hosts", &ApplicationSpec::hosts, "Host headers that lead to it; its name by default.", at_most(64)),
        field("replicas", &ApplicationSpec::replicas, "How many replicas serve it.", between(1, 10'000)),
        field("sticky", &ApplicationSpec::sticky,
              "Whether a user keeps a group while a weight grows: user, but only where the provider can, unless said "
              "here."),
        field("strategy", &ApplicationSpec::strategy,
              "How releases replace each other, unless a rollout says otherwise."),
        field("analyses", &ApplicationSpec::analyses, "What can be measured.", at_most(32)),
        field("verification", &ApplicationSpec::verification, "The watch after promotion."),
        field("rollback", &ApplicationSpec::rollback, "How to go back."),
        field("gates", &ApplicationSpec::gates, "Who is asked on the way.", at_most(16)));
  }
};

// A wish for users that keep their group is one only when somebody has it.
inline provider::Sticky sticky_of(const ApplicationSpec& spec) { return spec.sticky.value_or(provider::Sticky::user); }

// Beside every stored object: its identity. `version` is opaque and changes with every write.
struct Application {
  std::string id;
  std::string tenant;
  std::string version;
  Instant created_at;
  Instant updated_at;
  std::string environment;
  ApplicationSpec spec;
  std::string stable_release;
  std::string rollout;
  std::int64_t generation = 0;
  static constexpr auto fields() {
    return slipway::fields(
        required("id", &Application::id, "Unique id."), required("tenant", &Application::tenant, "Whose it is."),
        required("version", &Application::version, "Changes with every write; the ETag."),
        required("created_at", &Application::created_at, "When it was made."),
        required("updated_at", &Application::updated_at, "When it was last written."),
        field("environment", &Application::environment, "Environment of the site."),
        required("spec", &Application::spec, "What was asked for."),
        field("stable_release", &Application::stable_release, "The release that serves; empty before the first."),
        field("rollout", &Application::rollout, "The rollout under way; empty when there is none."),
        field("generation", &Application::generation, "Number of decisions taken for it."));
  }
};

// A release, immutable.
struct Release {
  std::string id;
  std::string tenant;
  std::string version;
  Instant created_at;
  Instant updated_at;
  std::string application;
  std::string name;
  provider::Release spec;
  std::string notes;
  bool good = false;
  static constexpr auto fields() {
    return slipway::fields(required("id", &Release::id, "Unique id."),
                           required("tenant", &Release::tenant, "Whose it is."),
                           required("version", &Release::version, "Changes with every write; the ETag."),
                           required("created_at", &Release::created_at, "When it was made."),
                           required("updated_at", &Release::updated_at, "When it was last written."),
                           required("application", &Release::application, "Its application."),
                           required("name", &Release::name, "Its name, \"1.4.2\"."),
                           required("spec", &Release::spec, "Artefact, configuration and secret references."),
                           field("notes", &Release::notes, "For people."),
                           field("good", &Release::good, "Whether a rollout to it succeeded."));
  }
};

struct ReleaseRequest {
  provider::Release release;
  std::string notes;
  static constexpr auto fields() {
    return slipway::fields(required("release", &ReleaseRequest::release, "The release; release.version is its name."),
                           field("notes", &ReleaseRequest::notes, "For people.", at_most(4096)));
  }
};

}  // namespace slipway::rollout
