#include "host/app/profiles.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <iterator>
#include <utility>

#include "host/app/as_it_ran.hpp"
#include "host/app/packages.hpp"
#include "host/app/plan_refusals.hpp"
#include "host/app/trial.hpp"
#include "host/app/trust.hpp"
#include "host/base/sha256.hpp"

namespace slipway::app {
namespace {

constexpr const char* kEndedWatching =
    "slipwayd ended without a clean stop while it was watched; apply it again if it was not the cause";

std::string digest_of(const Json& document) { return base::sha256_hex(to_text(document)); }

std::vector<std::string> disabled_of(const manifest::Profile& profile) {
  std::vector<std::string> names;
  for (const auto& [name, instance] : profile.plugins) {
    if (!instance.enabled) names.push_back(name);
  }
  return names;
}

std::string return_from(std::int64_t revision, const std::string& reason) {
  return "returned by itself from revision " + std::to_string(revision) + ": " + reason;
}

// As the turn of the change has it.
std::string name_of(const std::string& reason, const std::string& author) {
  return (reason.empty() ? "a new profile" : reason) + ", by " + author;
}

Status check_version(const rollout::IfVersion& seen, const std::string& now) {
  if (!seen || *seen == now) return {};
  return {Code::aborted,
          "the profile has changed since it was read: version " + *seen + ", now " + now + "; read it again"};
}

// Code and sentence are those of the first that is refused, the problems those of all.
void gather(Status& all, Status refused) {
  if (refused.ok()) return;
  if (all.ok()) {
    all = std::move(refused);
    return;
  }
  if (refused.problems.empty()) refused.problems.push_back({"", "", refused.message});
  std::ranges::move(refused.problems, std::back_inserter(all.problems));
}

lifecycle::Watch watch_of(const config::BakeConfig& policy, std::optional<Duration> time) {
  return {.bake = time.value_or(policy.time), .fault_ratio = policy.faults.ppm / 1e6, .calls = policy.calls};
}

Status status_of(Code code, const char* sentence, Problems problems) {
  return problems.empty() ? Status() : Status(code, sentence, std::move(problems));
}

}  // namespace

Profiles::Profiles(ProfilesParts parts, InForce first)
    : parts_(std::move(parts)),
      revisions_(revisions_folder(parts_.site)),
      current_(std::make_shared<const InForce>(std::move(first))) {}

std::shared_ptr<const InForce> Profiles::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

ChangeUnderWay Profiles::last_trial() const {
  const std::lock_guard lock(mutex_);
  return trial_;
}

void Profiles::set_trial(ChangeUnderWay trial) {
  const std::lock_guard lock(mutex_);
  trial_ = std::move(trial);
}

void Profiles::take(InForce next) {
  auto shared = std::make_shared<const InForce>(std::move(next));
  parts_.in_force(shared->profile);
  const std::lock_guard lock(mutex_);
  current_ = std::move(shared);
}

boost::asio::awaitable<Status> Profiles::remember_start() {
  co_return co_await aside([this] {
    const Status recorded = record_start();
    return recorded.ok() ? revisions_.end_watches() : recorded;
  });
}

Status Profiles::record_start() {
  InForce next = *current();
  if (next.revision != 0) return {};
  const auto newest = revisions_.newest();
  const bool known = newest.ok() && newest->has_value() && (*newest)->digest == next.digest &&
                     (*newest)->file_digest == next.file_digest;
  const std::string moved = known ? moved_versions((*newest)->versions, versions_of(next.plan)) : std::string();
  if (known && moved.empty()) {
    next.revision = (*newest)->number;
    next.since = (*newest)->at;
  } else {
    std::string reason = next.returned_from != 0 ? return_from(next.returned_from, kEndedWatching)
                         : known                 ? "started with other versions: " + moved
                                                 : "started with " + parts_.sources.profile.string();
    if (next.returned_from != 0) parts_.log.warn("the host started with the profile before", {{"reason", reason}});
    auto added = revisions_.add({.author = "slipwayd",
                                 .at = parts_.clock.now(),
                                 .reason = std::move(reason),
                                 .digest = next.digest,
                                 .file_digest = next.file_digest,
                                 .returned_from = next.returned_from,
                                 .versions = versions_of(next.plan),
                                 .profile = next.document});
    if (!added.ok()) return added.status();
    next.revision = added->number;
    next.since = added->at;
  }
  const std::lock_guard lock(mutex_);
  current_ = std::make_shared<const InForce>(std::move(next));
  return {};
}

// The plan in force as far as it runs: an instance that could not be put back, or was retired, is to be loaded anew.
lifecycle::Plan Profiles::running() const {
  lifecycle::Plan plan = current()->plan;
  const std::set<std::string> names = parts_.lifecycle.running();
  std::erase_if(plan.instances, [&](const lifecycle::PlannedInstance& one) { return !names.contains(one.name); });
  return plan;
}

// Reads and compares; changes nothing. A document that is refused has no plan, so nothing more is told of it. The
// packages are looked through for a plan only: whoever loads them does it again, and must.
Result<Profiles::Prepared> Profiles::prepare(const Wanted& wanted, rollout::Mode mode) const {
  auto checked = check_profile(wanted.document, "the profile", parts_.site, parts_.sources.site.variables);
  if (!checked.ok()) return checked.status();
  const lifecycle::Plan now = running();
  Status refused = status_of(Code::permission_denied, "this site does not let the profile run",
                             take_out_revoked(checked->in_force, now, parts_.trust, checked->warnings));
  if (wanted.is_swap) {
    gather(refused, status_of(Code::permission_denied, "a swap does not grant what the profile does not say",
                              unspoken_gains(current()->plan, checked->in_force)));
  }
  auto changes = lifecycle::compare(now, checked->in_force.plan, disabled_of(checked->in_force.profile));
  gather(refused, changes.status());
  const lifecycle::Plan anew = anew_in(checked->in_force.plan, now);
  gather(refused, status_of(Code::failed_precondition, "this machine has not what the profile needs", lacks_of(anew)));
  if (mode == rollout::Mode::dry_run) {
    gather(refused, status_of(Code::permission_denied, "packages of the profile are refused",
                              refused_packages(anew, *parts_.trust.policy())));
  }
  if (!refused.ok()) return refused;
  changes->rules = lifecycle::compare_rules(current()->profile, checked->in_force.profile);
  return Prepared{std::move(checked->in_force), std::move(*changes), std::move(checked->warnings)};
}

Profiles::Answer<api::ProfileAnswer> Profiles::apply(Wanted wanted, lifecycle::ApplyOptions options,
                                                     rollout::Mode mode) {
  lifecycle::Turn turn;
  if (mode == rollout::Mode::commit) {
    auto taken = parts_.lifecycle.take_turn(name_of(wanted.reason, wanted.author));
    if (!taken.ok()) co_return taken.status();
    turn = *std::move(taken);
  }
  if (Status fresh = check_version(wanted.version, current()->digest); !fresh.ok()) co_return fresh;
  auto prepared = co_await aside([this, &wanted, mode] { return prepare(wanted, mode); });
  if (!prepared.ok()) co_return prepared.status();
  const bool same = prepared->changes.empty() && prepared->next.digest == current()->digest;
  if (turn == nullptr || same) {
    co_return api::ProfileAnswer{.revision = same ? current()->revision : 0,
                                 .state = same ? "unchanged" : "planned",
                                 .changes = std::move(prepared->changes),
                                 .warnings = std::move(prepared->warnings)};
  }
  if (!options.try_out) {
    co_return co_await carry_out(turn, std::move(wanted), std::move(*prepared), std::move(options));
  }
  set_trial({wanted.reason, "trying", ""});
  api::ProfileAnswer answer{.state = "trying", .changes = prepared->changes, .warnings = prepared->warnings};
  auto trial = try_out(std::move(turn), std::move(wanted), std::move(*prepared), std::move(options));
  boost::asio::co_spawn(parts_.runtime.executor(), std::move(trial), boost::asio::detached);
  co_return answer;
}

boost::asio::awaitable<void> Profiles::try_out(lifecycle::Turn turn, Wanted wanted, Prepared prepared,
                                               lifecycle::ApplyOptions options) {
  ChangeUnderWay trial{wanted.reason, "withdrawn", ""};
  std::string why;
  options.try_out->passed = [&why](std::string reason) { why = std::move(reason); };
  try {
    const auto answer = co_await carry_out(turn, std::move(wanted), std::move(prepared), std::move(options));
    if (answer.ok()) trial.state = "applied";
    trial.reason =
        answer.ok() ? "it is revision " + std::to_string(answer->revision) + ": " + why : answer.status().message;
  } catch (const std::exception& error) {
    trial.reason = std::string("an unexpected error: ") + error.what();
  }
  parts_.log.info("a trial has ended", {{"change", trial.summary}, {"state", trial.state}, {"reason", trial.reason}});
  // Rollouts that went over to what was tried look where they stand.
  if (trial.state == "withdrawn") parts_.in_force(current()->profile);
  set_trial(std::move(trial));
}

Profiles::Answer<api::ProfileAnswer> Profiles::carry_out(const lifecycle::Turn& turn, Wanted wanted, Prepared prepared,
                                                         lifecycle::ApplyOptions options) {
  const auto before = current();
  options.watch.returned = [this, before](std::string reason) { return returned(before, std::move(reason)); };
  options.watch.waits = [this, told = false](const std::string& why) mutable {
    if (!std::exchange(told, true)) parts_.log.warn("the return to the profile before has to wait", {{"reason", why}});
  };
  options.watch.stays = [this](const std::string& reason) {
    parts_.log.error("the host does not go back to the profile before", {{"reason", reason}});
  };
  options.lost = [this, &prepared](const std::string& what) {
    parts_.log.warn("not all of a plugin's state was handed over", {{"reason", what}});
    prepared.warnings.push_back(what);
  };
  std::int64_t watched = 0;
  if (options.watch.bake.ns > 0) {
    const auto marked = co_await aside([this] { return revisions_.watch_next(); });
    if (!marked.ok())
      prepared.warnings.push_back("a crash in the bake time would not lead back: " + marked.status().message);
    watched = marked.ok() ? *marked : 0;
    options.watch.ended = [this, watched] { return end_watch(watched); };
  }
  auto plan = prepared.next.plan;
  const Status applied = co_await parts_.lifecycle.apply(turn, std::move(plan), std::move(options));
  if (!applied.ok()) {
    co_await end_watch(watched);
    co_return applied;
  }
  prepared.next.file_digest = wanted.file_digest.empty() ? before->file_digest : wanted.file_digest;
  lifecycle::Revision revision{.author = wanted.author,
                               .at = parts_.clock.now(),
                               .reason = wanted.reason,
                               .digest = prepared.next.digest,
                               .file_digest = prepared.next.file_digest,
                               .changes = prepared.changes,
                               .versions = versions_of(prepared.next.plan),
                               .profile = prepared.next.document};
  const auto added = co_await aside([this, &revision] { return revisions_.add(revision); });
  prepared.next.since = revision.at;
  api::ProfileAnswer answer{
      .state = "applied", .changes = std::move(prepared.changes), .warnings = std::move(prepared.warnings)};
  if (added.ok()) {
    answer.revision = prepared.next.revision = added->number;
  } else {
    answer.warnings.push_back("the revision could not be kept, a restart goes back to the one before: " +
                              added.status().message);
  }
  parts_.log.info("a profile came into force",
                  {{"revision", answer.revision}, {"by", wanted.author}, {"reason", wanted.reason}});
  take(std::move(prepared.next));
  co_return answer;
}

// From now on a crash is no reason to leave that revision. 0: none was marked.
boost::asio::awaitable<void> Profiles::end_watch(std::int64_t number) {
  const Status ended = co_await aside([this, number] { return revisions_.end_watch(number); });
  if (!ended.ok())
    parts_.log.error("the end of a revision's bake time could not be kept; a crash would still lead back",
                     {{"revision", std::to_string(number)}, {"reason", ended.message}});
}

// The lifecycle went back by itself, so the profile before is in force again, as a revision of its own.
boost::asio::awaitable<void> Profiles::returned(std::shared_ptr<const InForce> before, std::string reason) {
  const auto now = current();
  InForce next = *before;
  const auto back = co_await aside([this, &before] {
    std::vector<std::string> told;
    const auto& variables = parts_.sources.site.variables;
    Json document = as_it_ran(before->document, versions_of(before->plan), parts_.site, variables, told);
    return check_profile(std::move(document), "the profile", parts_.site, variables);
  });
  if (back.ok()) {
    next.profile = back->in_force.profile;
    next.document = back->in_force.document;
    next.digest = back->in_force.digest;
  }
  next.file_digest = now->file_digest;
  auto changes = lifecycle::compare(now->plan, next.plan, disabled_of(next.profile));
  lifecycle::Revision revision{.author = "slipwayd",
                               .at = parts_.clock.now(),
                               .reason = return_from(now->revision, reason),
                               .digest = next.digest,
                               .file_digest = next.file_digest,
                               .returned_from = now->revision,
                               .changes = changes.ok() ? std::move(*changes) : lifecycle::Changes(),
                               .versions = versions_of(next.plan),
                               .profile = next.document};
  parts_.log.warn("the host went back to the profile before",
                  {{"from", std::to_string(now->revision)}, {"reason", reason}});
  const auto added = co_await aside([this, &revision] { return revisions_.add(revision); });
  if (added.ok()) next.revision = added->number;
  next.since = revision.at;
  take(std::move(next));
}

Profiles::Answer<api::ProfileAnswer> Profiles::put(rollout::Actor actor, api::ProfileRequest request,
                                                   rollout::IfVersion version, rollout::Mode mode) {
  Wanted wanted{std::move(request.profile), actor.subject, std::move(request.reason), std::move(version)};
  lifecycle::ApplyOptions options;
  options.watch = watch_of(parts_.site.bake, request.bake);
  co_return co_await apply(std::move(wanted), std::move(options), mode);
}

Profiles::Answer<api::ProfileAnswer> Profiles::roll_back(rollout::Actor actor, api::RollbackRequest request,
                                                         rollout::Mode mode) {
  const auto now = current();
  const auto old = co_await aside([this, &request, &now] {
    if (request.revision) return revisions_.get(*request.revision);
    return revisions_.to_go_back_to(now->revision, now->digest);
  });
  if (!old.ok()) co_return old.status();
  std::vector<std::string> told;
  Json document = co_await aside([this, &old, &told] {
    return as_it_ran(old->profile, old->versions, parts_.site, parts_.sources.site.variables, told);
  });
  std::string reason = "rollback to revision " + std::to_string(old->number);
  if (!request.reason.empty()) reason += ": " + request.reason;
  Wanted wanted{std::move(document), actor.subject, std::move(reason), now->digest};
  lifecycle::ApplyOptions options;
  options.watch = watch_of(parts_.site.bake, {});
  auto answer = co_await apply(std::move(wanted), std::move(options), mode);
  if (answer.ok()) std::ranges::move(told, std::back_inserter(answer->warnings));
  co_return answer;
}

Profiles::Answer<api::ProfileAnswer> Profiles::swap(rollout::Actor actor, std::string binding, api::SwapRequest request,
                                                    rollout::Mode mode) {
  const auto now = current();
  const auto bound = now->profile.bindings.find(binding);
  if (bound == now->profile.bindings.end()) {
    std::string names;
    for (const auto& [name, ignored] : now->profile.bindings) names += (names.empty() ? "" : ", ") + name;
    co_return Status(Code::not_found, "the profile has no binding \"" + binding + "\"; there are " + names);
  }
  if (Problems faults = trial_faults(request, now->profile); !faults.empty())
    co_return Status(Code::invalid_argument, "the request is not valid", std::move(faults));
  const std::string& instance = bound->second.instance;
  Wanted wanted{now->document, actor.subject,
                "swap of " + binding + " to " + request.version +
                    (request.reason.empty() ? std::string() : ": " + request.reason),
                now->digest};
  wanted.document["plugins"][instance]["version"] = request.version;
  wanted.is_swap = true;
  lifecycle::ApplyOptions options;
  options.watch = watch_of(parts_.site.bake, request.bake);
  if (request.share) options.try_out = trial_of(request, parts_.caller, parts_.clock);
  co_return co_await apply(std::move(wanted), std::move(options), mode);
}

boost::asio::awaitable<void> Profiles::reload_file() {
  const auto now = current();
  config::Source source = co_await aside([this] { return read_profile_file(parts_.sources); });
  for (const config::Fault& fault : source.faults)
    parts_.log.error("the profile file is not taken over", {{"fault", config::to_string(fault)}});
  const std::string digest = digest_of(source.value);
  if (!source.faults.empty() || digest == now->file_digest) co_return;
  Wanted wanted{std::move(source.value), "SIGHUP", "read again from " + parts_.sources.profile.string(), {}, digest};
  lifecycle::ApplyOptions options;
  options.watch = watch_of(parts_.site.bake, {});
  const auto answer = co_await apply(std::move(wanted), std::move(options), rollout::Mode::commit);
  if (answer.ok()) {
    for (const std::string& warning : answer->warnings) parts_.log.warn("configuration", {{"warning", warning}});
    co_return;
  }
  parts_.log.error("the profile file is not taken over", {{"fault", answer.status().message}});
  for (const Problem& problem : answer.status().problems)
    parts_.log.error("the profile file is not taken over", {{"fault", problem.path + ": " + problem.message}});
}

}  // namespace slipway::app
