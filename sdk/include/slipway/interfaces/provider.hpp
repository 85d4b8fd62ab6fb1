// slipway.provider/1: makes groups of replicas run and splits traffic between them.
//
// A provider is level-triggered: apply says what shall be, may be repeated, and answers as soon as that is durable;
// observe tells what is. A group is identified by its release's version; its role ("stable", "next", "baseline") may
// change, as at a promotion, without anything being restarted. Groups that the newest desired state does not name are
// drained and stopped. Weights are parts per million and add up to one million, or are all 0 when nothing shall be
// served.
//
// At most one group has each role. "baseline" is ordered beside "next" alone, and only where CapabilitiesReply says
// that three groups are possible: replicas of the stable release as young and as many as the canary's, to compare it
// with. Its release is the stable one under a version of its own, which may hold a "+" and is no more than a name to
// the provider. Between "baseline" and the other roles a group never changes.
//
// Order inside a provider: a group gets traffic only from replicas that are ready; a replica leaves only drained.
#pragma once

#include <slipway/interface.hpp>

namespace slipway::provider {

inline constexpr std::string_view kId = "slipway.provider/1";
// Event type that a provider emits (host service "events") whenever an observation would differ from the last one.
// Data: {"tenant", "application"}.
inline constexpr std::string_view kChanged = "provider.changed";

enum class CheckKind { http, tcp, command };
constexpr auto enum_names(CheckKind) {
  return std::array<EnumName<CheckKind>, 3>{
      {{CheckKind::http, "http"}, {CheckKind::tcp, "tcp"}, {CheckKind::command, "command"}}};
}

// A check of one replica. It passes when: http, the answer's status is from 200 to 399; tcp, the port accepts;
// command, the command exits with 0.
struct Check {
  CheckKind kind = CheckKind::http;
  std::string path = "/";
  std::vector<std::string> command;
  Duration interval = seconds(1);
  Duration timeout = seconds(1);
  Duration initial_delay{};
  std::int32_t successes = 1;
  std::int32_t failures = 3;
  static constexpr auto fields() {
    return slipway::fields(
        field("kind", &Check::kind, "How the replica is asked."),
        field("path", &Check::path, "Path of the HTTP request.", between(1, 2048)),
        field("command", &Check::command, "Command of a command check, run with the replica's environment.",
              at_most(64)),
        field("interval", &Check::interval, "Time between two checks."),
        field("timeout", &Check::timeout, "Time for one answer."),
        field("initial_delay", &Check::initial_delay, "Time after the start before the first check."),
        field("successes", &Check::successes, "Passes in a row that make it good.", between(1, 100)),
        field("failures", &Check::failures, "Failures in a row that make it bad.", between(1, 100)));
  }
};

// What runs: a folder or program that is there already, or a tar archive that is checked and unpacked.
struct Artefact {
  std::string path;
  std::string archive;
  std::string digest;
  static constexpr auto fields() {
    return slipway::fields(
        field("path", &Artefact::path, "Absolute path of a program or folder on the machine."),
        field("archive", &Artefact::archive, "Absolute path of a tar archive (also .gz, .xz, .zst)."),
        field("digest", &Artefact::digest, "sha256:<64 hex digits> of the program or archive; an archive needs it."));
  }
};

struct File {
  std::string path;
  std::string content;
  static constexpr auto fields() {
    return slipway::fields(required("path", &File::path, "Path relative to the replica's working directory."),
                           required("content", &File::content, "The file's text.", at_most(1 << 20)));
  }
};

struct Limits {
  std::optional<std::int64_t> open_files;
  std::optional<std::int64_t> memory_bytes;
  std::optional<std::int64_t> processes;
  std::optional<std::int64_t> core_bytes;
  static constexpr auto fields() {
    return slipway::fields(field("open_files", &Limits::open_files, "RLIMIT_NOFILE.", at_least(16)),
                           field("memory_bytes", &Limits::memory_bytes, "RLIMIT_AS.", at_least(1 << 20)),
                           field("processes", &Limits::processes, "RLIMIT_NPROC.", at_least(1)),
                           field("core_bytes", &Limits::core_bytes, "RLIMIT_CORE.", at_least(0)));
  }
};

// One immutable version of an application: artefact, configuration and secret references together.
struct Release {
  std::string version;
  Artefact artefact;
  std::vector<std::string> command;
  std::map<std::string, std::string> env;
  std::map<std::string, std::string> secrets;
  std::vector<File> files;
  std::string working_directory;
  std::string user;
  Limits limits;
  Check readiness;
  std::optional<Check> liveness;
  Duration stop_grace = seconds(10);
  static constexpr auto fields() {
    return slipway::fields(
        required("version", &Release::version,
                 "Name of the release, unique in its application; at most 63 characters but for a baseline's.",
                 between(1, 72)),
        field("artefact", &Release::artefact, "What runs."),
        required("command", &Release::command,
                 "Program and arguments; ${PORT}, ${ARTEFACT} and ${ADDRESS} are replaced.", between(1, 256)),
        field("env", &Release::env, "Environment variables; PORT is added, and the same is replaced in values.",
              at_most(512)),
        field("secrets", &Release::secrets,
              "Environment variables whose values are secret references, \"env:NAME\" or \"file:name\".", at_most(64)),
        field("files", &Release::files, "Files written into the working directory before the start.", at_most(64)),
        field("working_directory", &Release::working_directory, "Absolute path; empty for a private one per replica."),
        field("user", &Release::user, "User to run as; empty for the daemon's own."),
        field("limits", &Release::limits, "Resource limits of each replica."),
        field("readiness", &Release::readiness, "When a replica may get traffic."),
        field("liveness", &Release::liveness, "When a replica must be restarted; none by default."),
        field("stop_grace", &Release::stop_grace, "Time between SIGTERM and SIGKILL."));
  }
};

struct DesiredGroup {
  std::string role;
  Release release;
  std::int32_t replicas = 0;
  std::uint32_t weight = 0;
  static constexpr auto fields() {
    return slipway::fields(
        required("role", &DesiredGroup::role, "\"stable\", \"next\" or \"baseline\"."),
        required("release", &DesiredGroup::release, "What the group runs; its version names the group."),
        required("replicas", &DesiredGroup::replicas, "How many replicas shall run.", between(0, 10'000)),
        required("weight", &DesiredGroup::weight, "Share of the traffic in parts per million.",
                 between(0, kAllTraffic)));
  }
};

// Requests with this header go to the group of this role, whatever the weights say.
struct Route {
  std::string header;
  std::string value;
  std::string role;
  static constexpr auto fields() {
    return slipway::fields(required("header", &Route::header, "Name of a request header.", between(1, 128)),
                           required("value", &Route::value, "Its exact value.", between(1, 256)),
                           required("role", &Route::role, "The group that gets the request."));
  }
  bool operator==(const Route&) const = default;
};

// Copies of a share of the requests go to a group; its answers are thrown away.
struct Mirror {
  std::string role;
  std::uint32_t share = 0;
  std::int32_t max_in_flight = 64;
  static constexpr auto fields() {
    return slipway::fields(required("role", &Mirror::role, "The group that gets the copies."),
                           required("share", &Mirror::share, "Parts per million of the requests that are copied.",
                                    between(0, kAllTraffic)),
                           field("max_in_flight", &Mirror::max_in_flight,
                                 "Copies under way at once; more are not made.", between(1, 10'000)));
  }
  bool operator==(const Mirror&) const = default;
};

// Who stays with a group while a weight grows: nobody, or the user that a header or else a cookie names.
enum class Sticky { none, user };
constexpr auto enum_names(Sticky) {
  return std::array<EnumName<Sticky>, 2>{{{Sticky::none, "none"}, {Sticky::user, "user"}}};
}

// Everything that shall be for one application. `generation` grows with every decision; `token` is the fencing token
// of the lease under which it was taken. A provider refuses (ABORTED) an order whose token is smaller than the largest
// that it has seen for the application, and one whose generation is smaller than the last under the same token. The
// same generation again is a repetition and succeeds.
struct Desired {
  std::string tenant;
  std::string application;
  std::string rollout;
  std::int32_t step = 0;
  std::int64_t token = 0;
  std::int64_t generation = 0;
  std::vector<std::string> hosts;
  Sticky sticky = Sticky::user;
  std::vector<DesiredGroup> groups;
  std::vector<Route> routes;
  std::optional<Mirror> mirror;
  static constexpr auto fields() {
    return slipway::fields(
        required("tenant", &Desired::tenant, "Tenant of the application."),
        required("application", &Desired::application, "Name of the application."),
        field("rollout", &Desired::rollout, "The rollout that ordered it; empty when none is under way."),
        field("step", &Desired::step, "The rollout's step."), field("token", &Desired::token, "Fencing token."),
        required("generation", &Desired::generation, "Grows with each decision for the application."),
        field("hosts", &Desired::hosts, "Values of the Host header that lead to the application.", at_most(64)),
        field("sticky", &Desired::sticky, "Who keeps a group."),
        required("groups", &Desired::groups, "The groups that shall exist.", at_most(8)),
        field("routes", &Desired::routes, "Requests that go to a group whatever the weights say.", at_most(16)),
        field("mirror", &Desired::mirror, "Traffic that is copied."));
  }
};

struct Target {
  std::string tenant;
  std::string application;
  static constexpr auto fields() {
    return slipway::fields(required("tenant", &Target::tenant, "Tenant of the application."),
                           required("application", &Target::application, "Name of the application."));
  }
};

// The end of an application. It is fenced as orders are, and its token keeps out older orders afterwards.
struct Removal {
  std::string tenant;
  std::string application;
  std::int64_t token = 0;
  static constexpr auto fields() {
    return slipway::fields(required("tenant", &Removal::tenant, "Tenant of the application."),
                           required("application", &Removal::application, "Name of the application."),
                           field("token", &Removal::token, "Fencing token."));
  }
};

// A group as it is. `ready_since` has one entry for each replica that is ready now.
struct ObservedGroup {
  std::string role;
  std::string release;
  std::int32_t replicas = 0;
  std::int32_t running = 0;
  std::int32_t ready = 0;
  std::vector<Instant> ready_since;
  std::int32_t crashing = 0;
  std::int32_t restarts = 0;
  std::uint32_t weight = 0;
  std::int64_t in_flight = 0;
  std::vector<std::string> addresses;
  std::string problem;
  static constexpr auto fields() {
    return slipway::fields(
        field("role", &ObservedGroup::role, "Role in the desired state; empty for a group that is leaving."),
        required("release", &ObservedGroup::release, "Version of the release that it runs."),
        required("replicas", &ObservedGroup::replicas, "Replicas wanted."),
        required("running", &ObservedGroup::running, "Replicas whose process runs, the leaving ones included."),
        required("ready", &ObservedGroup::ready, "Replicas that can take traffic."),
        field("ready_since", &ObservedGroup::ready_since, "For each ready replica, since when."),
        field("crashing", &ObservedGroup::crashing, "Replicas in a crash loop."),
        field("restarts", &ObservedGroup::restarts, "Restarts of its replicas so far."),
        required("weight", &ObservedGroup::weight, "Share of the traffic that it really gets, in parts per million."),
        field("in_flight", &ObservedGroup::in_flight, "Requests under way."),
        field("addresses", &ObservedGroup::addresses, "host:port of each ready replica."),
        field("problem", &ObservedGroup::problem,
              "What keeps it from being ready, for a person; empty when nothing does."));
  }
};

// What is there. `converged` means that the world equals the desired state of `generation`.
struct Observation {
  std::int64_t generation = 0;
  bool converged = false;
  std::vector<ObservedGroup> groups;
  std::vector<std::string> problems;
  static constexpr auto fields() {
    return slipway::fields(
        required("generation", &Observation::generation, "Newest generation that was applied."),
        required("converged", &Observation::converged, "Whether all of it has come true."),
        required("groups", &Observation::groups, "The groups that exist."),
        field("problems", &Observation::problems, "What hinders the provider as a whole, for a person."));
  }
};

struct CapabilitiesReply {
  std::uint32_t weight_granularity = 1;
  bool weights = true;
  bool header_routes = false;
  bool mirroring = false;
  bool sticky = false;
  std::int32_t max_groups = 2;
  static constexpr auto fields() {
    return slipway::fields(
        field("weight_granularity", &CapabilitiesReply::weight_granularity,
              "Smallest step of a weight, in parts per million."),
        field("weights", &CapabilitiesReply::weights, "Whether traffic can be split at all."),
        field("header_routes", &CapabilitiesReply::header_routes, "Whether routes by header are possible."),
        field("mirroring", &CapabilitiesReply::mirroring, "Whether traffic can be copied."),
        field("sticky", &CapabilitiesReply::sticky, "Whether users keep their group while a weight grows."),
        field("max_groups", &CapabilitiesReply::max_groups,
              "Groups of one application at once; a canary with a baseline needs 3."));
  }
};

struct ValidateReply {
  std::vector<std::string> problems;
  static constexpr auto fields() {
    return slipway::fields(field("problems", &ValidateReply::problems,
                                 "What this provider can't run, each a sentence; empty when all is well."));
  }
};

struct Capabilities {
  static constexpr std::string_view name = "capabilities";
  static constexpr auto call =
      [](auto& plugin, auto&&... rest) -> decltype(plugin.capabilities(std::forward<decltype(rest)>(rest)...)) {
    return plugin.capabilities(std::forward<decltype(rest)>(rest)...);
  };
  static constexpr std::string_view doc = "What the provider can do.";
  using Request = Empty;
  using Reply = CapabilitiesReply;
};
struct Validate {
  static constexpr std::string_view name = "validate";
  static constexpr auto call = [](auto& plugin,
                                  auto&&... rest) -> decltype(plugin.validate(std::forward<decltype(rest)>(rest)...)) {
    return plugin.validate(std::forward<decltype(rest)>(rest)...);
  };
  static constexpr std::string_view doc = "Whether a desired state could be applied here, without doing anything.";
  using Request = Desired;
  using Reply = ValidateReply;
};
struct Apply {
  static constexpr std::string_view name = "apply";
  static constexpr auto call = [](auto& plugin,
                                  auto&&... rest) -> decltype(plugin.apply(std::forward<decltype(rest)>(rest)...)) {
    return plugin.apply(std::forward<decltype(rest)>(rest)...);
  };
  static constexpr std::string_view doc =
      "Makes the desired state durable and begins to make it true; a change of weights alone is in effect when it "
      "answers.";
  using Request = Desired;
  using Reply = Empty;
};
struct Observe {
  static constexpr std::string_view name = "observe";
  static constexpr auto call = [](auto& plugin,
                                  auto&&... rest) -> decltype(plugin.observe(std::forward<decltype(rest)>(rest)...)) {
    return plugin.observe(std::forward<decltype(rest)>(rest)...);
  };
  static constexpr std::string_view doc = "What is there. NOT_FOUND for an application that was never applied.";
  using Request = Target;
  using Reply = Observation;
};
struct Remove {
  static constexpr std::string_view name = "remove";
  static constexpr auto call = [](auto& plugin,
                                  auto&&... rest) -> decltype(plugin.remove(std::forward<decltype(rest)>(rest)...)) {
    return plugin.remove(std::forward<decltype(rest)>(rest)...);
  };
  static constexpr std::string_view doc =
      "Drains and stops everything of an application and forgets all but the token. Removing what is not there "
      "succeeds.";
  using Request = Removal;
  using Reply = Empty;
};
struct Interface : MethodList<Capabilities, Validate, Apply, Observe, Remove> {
  static constexpr std::string_view id = kId;
};

}  // namespace slipway::provider
