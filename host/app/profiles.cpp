#include "host/app/profiles.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <slipway/interfaces/analyzer.hpp>

#include "host/app/trust.hpp"
#include "host/base/sha256.hpp"
#include "host/bridge/typed_call.hpp"
#include "host/lifecycle/on_blocking.hpp"

namespace slipway::app {
namespace {

constexpr Duration kBake = seconds(30);
constexpr Duration kTrial = seconds(60);
// Without an analyzer: the new generation may fail by so much more often than the old one, and take so many times as
// long, before it is withdrawn; both after so many calls.
constexpr double kMoreFaults = 0.02;
constexpr double kSlower = 3;
constexpr double kSlowerBy = 0.010;  // seconds; less is no reason
constexpr std::uint64_t kLeastCalls = 20;

using bridge::Tally;

std::string digest_of(const Json& document) { return base::sha256_hex(to_text(document)); }

std::vector<std::string> disabled_of(const manifest::Profile& profile) {
  std::vector<std::string> names;
  for (const auto& [name, instance] : profile.plugins) {
    if (!instance.enabled) names.push_back(name);
  }
  return names;
}

std::string numbers(const Tally::Counts& counts) {
  const double mean = counts.calls == 0 ? 0 : counts.seconds / static_cast<double>(counts.calls) * 1e3;
  char text[96];
  std::snprintf(text, sizeof text, "%llu of %llu calls failed, %.2f ms on average",
                static_cast<unsigned long long>(counts.faults), static_cast<unsigned long long>(counts.calls), mean);
  return text;
}

std::string compare(const Tally::Counts& fresh, const Tally::Counts& old) {
  if (fresh.calls < kLeastCalls) return {};
  const std::string both = "of the new generation " + numbers(fresh) + "; of the old one " + numbers(old);
  if (fresh.fault_ratio() > old.fault_ratio() + kMoreFaults) return "it fails more often: " + both;
  if (old.calls < kLeastCalls) return {};
  const double mean = fresh.seconds / static_cast<double>(fresh.calls);
  const double before = old.seconds / static_cast<double>(old.calls);
  return mean > before * kSlower && mean > before + kSlowerBy ? "it is slower: " + both : std::string();
}

metrics::GroupSamples samples_of(std::string role, const Tally::Counts& counts) {
  metrics::GroupSamples samples{.role = std::move(role)};
  const auto calls = static_cast<double>(counts.calls);
  samples.values = {{"requests", calls}, {"failures", static_cast<double>(counts.faults)}};
  if (counts.calls > 0) {
    samples.values["error_ratio"] = counts.fault_ratio();
    samples.values["latency_mean"] = counts.seconds / calls * 1e3;
  }
  return samples;
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

void Profiles::take(InForce next) {
  auto shared = std::make_shared<const InForce>(std::move(next));
  parts_.in_force(shared->profile);
  const std::lock_guard lock(mutex_);
  current_ = std::move(shared);
}

// Work with the disk, off the threads of the network. It ends whatever happens, so the pool takes it also when full.
template <class Work>
auto Profiles::aside(Work work) const -> boost::asio::awaitable<decltype(work())> {
  std::optional<decltype(work())> result;
  (void)co_await lifecycle::end_on_blocking(parts_.runtime.blocking(), [&result, &work] {
    result.emplace(work());
    return Status();
  });
  co_return *std::move(result);
}

boost::asio::awaitable<Status> Profiles::remember_start() {
  co_return co_await aside([this] { return record_start(); });
}

Status Profiles::record_start() {
  InForce next = *current();
  if (next.revision != 0) return {};
  const auto newest = revisions_.newest();
  if (newest.ok() && newest->has_value() && (*newest)->digest == next.digest &&
      (*newest)->file_digest == next.file_digest) {
    next.revision = (*newest)->number;
  } else {
    auto added = revisions_.add({.author = "slipwayd",
                                 .at = parts_.clock.now(),
                                 .reason = "started with " + parts_.sources.profile.string(),
                                 .digest = next.digest,
                                 .file_digest = next.file_digest,
                                 .profile = next.document});
    if (!added.ok()) return added.status();
    next.revision = added->number;
  }
  const std::lock_guard lock(mutex_);
  current_ = std::make_shared<const InForce>(std::move(next));
  return {};
}

// Reads and compares; changes nothing.
Result<Profiles::Prepared> Profiles::prepare(const Wanted& wanted) const {
  auto checked = check_profile(wanted.document, "the profile", parts_.site, parts_.sources.site.variables);
  if (!checked.ok()) return checked.status();
  Problems refused = refused_plugins(checked->in_force, parts_.trust);
  if (!refused.empty())
    return Status(Code::permission_denied, "this site does not let the profile run", std::move(refused));
  auto changes = lifecycle::compare(current()->plan, checked->in_force.plan, disabled_of(checked->in_force.profile));
  if (!changes.ok()) return changes.status();
  return Prepared{std::move(checked->in_force), std::move(*changes), std::move(checked->warnings)};
}

Profiles::Answer<api::ProfileAnswer> Profiles::apply(Wanted wanted, lifecycle::ApplyOptions options,
                                                     rollout::Mode mode) {
  auto prepared = co_await aside([this, &wanted] { return prepare(wanted); });
  if (!prepared.ok()) co_return prepared.status();
  const bool same = prepared->changes.empty() && prepared->next.digest == current()->digest;
  if (mode == rollout::Mode::dry_run || same) {
    co_return api::ProfileAnswer{.revision = same ? current()->revision : 0,
                                 .state = same ? "unchanged" : "planned",
                                 .changes = std::move(prepared->changes),
                                 .warnings = std::move(prepared->warnings)};
  }
  if (!options.try_out) {
    co_return co_await carry_out(std::move(wanted), std::move(*prepared), std::move(options));
  }
  {
    const std::lock_guard lock(mutex_);
    if (trial_.state == "trying")
      co_return Status(Code::failed_precondition, "a trial is under way (" + trial_.summary + "); wait for its end");
    trial_ = {wanted.reason, "trying", ""};
  }
  api::ProfileAnswer answer{.state = "trying", .changes = prepared->changes, .warnings = prepared->warnings};
  auto trial = try_out(std::move(wanted), std::move(*prepared), std::move(options));
  boost::asio::co_spawn(parts_.runtime.executor(), std::move(trial), boost::asio::detached);
  co_return answer;
}

boost::asio::awaitable<void> Profiles::try_out(Wanted wanted, Prepared prepared, lifecycle::ApplyOptions options) {
  const auto answer = co_await carry_out(std::move(wanted), std::move(prepared), std::move(options));
  const std::lock_guard lock(mutex_);
  trial_.state = answer.ok() ? "applied" : "withdrawn";
  trial_.reason = answer.ok() ? "it is revision " + std::to_string(answer->revision) : answer.status().message;
  parts_.log.info("a trial has ended",
                  {{"change", trial_.summary}, {"state", trial_.state}, {"reason", trial_.reason}});
}

Profiles::Answer<api::ProfileAnswer> Profiles::carry_out(Wanted wanted, Prepared prepared,
                                                         lifecycle::ApplyOptions options) {
  const auto before = current();
  options.watch.returned = [this, before](const std::string& reason) { returned(before, reason); };
  auto plan = prepared.next.plan;
  const Status applied = co_await parts_.lifecycle.apply(std::move(plan), std::move(options));
  if (!applied.ok()) co_return applied;
  prepared.next.file_digest = wanted.file_digest.empty() ? before->file_digest : wanted.file_digest;
  lifecycle::Revision revision{.author = wanted.author,
                               .at = parts_.clock.now(),
                               .reason = wanted.reason,
                               .digest = prepared.next.digest,
                               .file_digest = prepared.next.file_digest,
                               .changes = prepared.changes,
                               .profile = prepared.next.document};
  const auto added = co_await aside([this, &revision] { return revisions_.add(revision); });
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

// The lifecycle went back by itself, so the profile before is in force again, as a revision of its own.
void Profiles::returned(std::shared_ptr<const InForce> before, const std::string& reason) {
  InForce next = *before;
  const std::int64_t from = current()->revision;
  parts_.log.warn("the host went back to the profile before", {{"from", from}, {"reason", reason}});
  auto added = revisions_.add({.author = "slipwayd",
                               .at = parts_.clock.now(),
                               .reason = "returned by itself from revision " + std::to_string(from) + ": " + reason,
                               .digest = next.digest,
                               .file_digest = current()->file_digest,
                               .profile = next.document});
  if (added.ok()) next.revision = added->number;
  next.file_digest = current()->file_digest;
  take(std::move(next));
}

Profiles::Answer<api::ProfileAnswer> Profiles::put(rollout::Actor actor, api::ProfileRequest request,
                                                   rollout::IfVersion version, rollout::Mode mode) {
  const std::string digest = current()->digest;
  if (version && *version != digest) {
    co_return Status(Code::aborted, "the profile has changed since it was read: version " + *version + ", now " +
                                        digest + "; read it again");
  }
  Wanted wanted{std::move(request.profile), actor.subject, std::move(request.reason), ""};
  lifecycle::ApplyOptions options;
  options.watch.bake = request.bake.value_or(kBake);
  co_return co_await apply(std::move(wanted), std::move(options), mode);
}

Profiles::Answer<api::ProfileAnswer> Profiles::roll_back(rollout::Actor actor, api::RollbackRequest request,
                                                         rollout::Mode mode) {
  const std::int64_t now = current()->revision;
  const std::int64_t number = request.revision.value_or(now - 1);
  const auto old = co_await aside([this, number] { return revisions_.get(number); });
  if (!old.ok()) co_return old.status();
  std::string reason = "rollback to revision " + std::to_string(number);
  if (!request.reason.empty()) reason += ": " + request.reason;
  Wanted wanted{old->profile, actor.subject, std::move(reason), ""};
  lifecycle::ApplyOptions options;
  options.watch.bake = kBake;
  co_return co_await apply(std::move(wanted), std::move(options), mode);
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
  const std::string& instance = bound->second.instance;
  Wanted wanted{now->document, actor.subject,
                "swap of " + binding + " to " + request.version +
                    (request.reason.empty() ? std::string() : ": " + request.reason),
                ""};
  wanted.document["plugins"][instance]["version"] = request.version;
  lifecycle::ApplyOptions options;
  options.watch.bake = request.bake.value_or(kBake);
  if (request.share) options.try_out = trial_of(request, request.share->ppm);
  co_return co_await apply(std::move(wanted), std::move(options), mode);
}

lifecycle::TryOut Profiles::trial_of(const api::SwapRequest& request, std::uint32_t share) const {
  lifecycle::TryOut how{.share = share, .length = request.length.value_or(kTrial), .judge = nullptr};
  how.look.ns = std::min(seconds(1).ns, std::max<std::int64_t>(how.length.ns / 5, milliseconds(20).ns));
  if (request.analyzer.empty()) {
    how.judge = [](Tally::Counts fresh, Tally::Counts old) -> boost::asio::awaitable<std::string> {
      co_return compare(fresh, old);
    };
    return how;
  }
  struct Memory {
    Json state;
    Instant started;
    std::int64_t window = 0;
  };
  auto memory = std::make_shared<Memory>();
  memory->started = parts_.clock.now();
  how.judge = [this, memory, binding = "analyzers." + request.analyzer, settings = request.settings](
                  Tally::Counts fresh, Tally::Counts old) -> boost::asio::awaitable<std::string> {
    analyzer::JudgeRequest question{.settings = settings, .state = memory->state, .started = memory->started};
    question.now = parts_.clock.now();
    question.window = {"trial/" + std::to_string(memory->window++), memory->started, question.now};
    question.groups = {samples_of("next", fresh), samples_of("stable", old)};
    bridge::CallContext context;
    context.budget_ns = seconds(2).ns;
    auto reply = co_await bridge::call<analyzer::Interface, analyzer::Judge>(parts_.caller, binding,
                                                                             std::move(question), std::move(context));
    if (!reply.ok()) co_return std::string();  // nobody's word is no reason; the end of the trial decides
    memory->state = std::move(reply->state);
    co_return reply->verdict == analyzer::Verdict::fail ? "analyzer says: " + reply->reason : std::string();
  };
  return how;
}

Profiles::Answer<rollout::Page<lifecycle::Revision>> Profiles::history(rollout::PageRequest page) {
  std::int64_t before = 0;
  if (!page.cursor.empty()) {
    before = std::strtoll(page.cursor.c_str(), nullptr, 10);
    if (before <= 0)
      co_return Status(Code::invalid_argument, "the query is not valid",
                       {{"?cursor", to_text(page.cursor), "want a next_cursor of an earlier page"}});
  }
  const std::size_t limit = static_cast<std::size_t>(page.limit) + 1;
  auto list = co_await aside([this, before, limit] { return revisions_.list(before, limit); });
  if (!list.ok()) co_return list.status();
  rollout::Page<lifecycle::Revision> result{std::move(*list), ""};
  if (result.items.size() > static_cast<std::size_t>(page.limit)) {
    result.items.pop_back();
    result.next = std::to_string(result.items.back().number);
  }
  co_return result;
}

Profiles::Answer<lifecycle::Revision> Profiles::revision(std::int64_t number) {
  co_return co_await aside([this, number] { return revisions_.get(number); });
}

boost::asio::awaitable<void> Profiles::reload_file() {
  const auto now = current();
  config::Source source = co_await aside([this] { return read_profile_file(parts_.sources); });
  for (const config::Fault& fault : source.faults)
    parts_.log.error("the profile file is not taken over", {{"fault", config::to_string(fault)}});
  const std::string digest = digest_of(source.value);
  if (!source.faults.empty() || digest == now->file_digest) co_return;
  Wanted wanted{std::move(source.value), "SIGHUP", "read again from " + parts_.sources.profile.string(), digest};
  lifecycle::ApplyOptions options;
  options.watch.bake = kBake;
  const auto answer = co_await apply(std::move(wanted), std::move(options), rollout::Mode::commit);
  if (answer.ok()) co_return;
  parts_.log.error("the profile file is not taken over", {{"fault", answer.status().message}});
  for (const Problem& problem : answer.status().problems)
    parts_.log.error("the profile file is not taken over", {{"fault", problem.path + ": " + problem.message}});
}

}  // namespace slipway::app
