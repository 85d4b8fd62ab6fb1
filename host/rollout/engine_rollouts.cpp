// Rollouts, as the API asks for them.
#include <algorithm>

#include "host/rollout/damage.hpp"
#include "host/rollout/engine.hpp"
#include "host/rollout/hop.hpp"
#include "host/rollout/validate.hpp"

namespace slipway::rollout {
namespace {

std::string prefix_of(const RolloutFilter& filter) {
  if (filter.active_only) return "active/";
  return filter.application.empty() ? "all/" : "app/" + filter.application + "/";
}

bool wanted(const Rollout& rollout, const RolloutFilter& filter) {
  return (filter.application.empty() || rollout.application == filter.application) &&
         (!filter.state || rollout.state == *filter.state);
}

Status not_valid(const RolloutRequest& request) {
  Problems faults = faults_of(request);
  return faults.empty() ? Status() : Status(Code::invalid_argument, "the rollout is not valid", std::move(faults));
}

Origin origin_of(const Actor& actor) { return {actor.request, actor.trace, actor.once}; }

constexpr int kPagesScanned = 20;  // for one answer with a filter by state

}  // namespace

Later<Proposal> Engine::proposal(Actor actor, RolloutRequest request) {
  auto application = co_await store_.application(actor.tenant, request.application);
  if (!application.ok()) co_return application.status();
  auto release = co_await store_.release(actor.tenant, request.application, request.release);
  if (!release.ok()) co_return release.status();
  const StrategySpec strategy = request.strategy ? *request.strategy : application->value.spec.strategy;
  co_return Proposal{std::move(application->value), std::move(release->value), strategy};
}

Control::Answer<RolloutPlan> Engine::plan_rollout(Actor actor, RolloutRequest request) {
  if (Status status = door(); !status.ok()) co_return status;
  const Inside inside(inside_);
  if (Status status = not_valid(request); !status.ok()) co_return status;
  auto made = co_await proposal(actor, request);
  if (!made.ok()) co_return made.status();
  const auto found = driver(actor.tenant, request.application);
  const auto allowed = co_await run_on(found->strand(), found->check_start(std::move(request)));
  if (!allowed.ok()) co_return allowed.status();
  co_return co_await make_plan(tools_, std::move(*made));
}

Control::Answer<Rollout> Engine::start_rollout(Actor actor, RolloutRequest request) {
  if (Status status = door(); !status.ok()) co_return status;
  const Inside inside(inside_);
  if (Status status = not_valid(request); !status.ok()) co_return status;
  auto made = co_await proposal(actor, request);
  if (!made.ok()) co_return made.status();
  auto checked = co_await check(tools_, *made);
  if (!checked.ok()) co_return checked.status();
  const auto found = driver(actor.tenant, request.application);
  Start start{.request = std::move(request),
              .strategy = std::move(made->strategy),
              .by = actor.subject,
              .origin = origin_of(actor),
              .checked = std::move(*checked)};
  co_return co_await run_on(found->strand(), found->start(std::move(start)));
}

Later<Rollout> Engine::live_view(Stored<Record> stored) {
  const Rollout& rollout = stored.value.rollout;
  if (const auto found = has_ended(rollout.state) ? nullptr : find_driver(rollout.tenant, rollout.application)) {
    auto live = co_await run_on(found->strand(), found->show(rollout.id, stored.version));
    if (live.ok()) co_return live;
  }
  Rollout shown = view(stored.value, stored.version, nullptr);
  if (!has_ended(shown.state)) {
    shown.why.host = store_.owner_of(partition_of(shown.tenant, shown.application));
    shown.why.as_of = shown.updated_at;
  }
  co_return shown;
}

Control::Answer<Rollout> Engine::rollout(Actor actor, std::string id) {
  auto stored = co_await store_.rollout(actor.tenant, id);
  if (!stored.ok()) co_return stored.status();
  co_return co_await live_view(std::move(*stored));
}

// Newest first, from the index; pages are read until enough match.
Control::Answer<Page<Rollout>> Engine::rollouts(Actor actor, RolloutFilter filter, PageRequest page) {
  Page<Rollout> result{.items = {}, .next = page.cursor};
  const auto limit = static_cast<std::size_t>(std::clamp(page.limit, 1, 500));
  for (int scanned = 0; scanned < kPagesScanned && result.items.size() < limit; ++scanned) {
    const auto room = static_cast<std::int32_t>(limit - result.items.size());
    const auto index =
        co_await store_.scan(scan_of(actor.tenant, "rollout-index", prefix_of(filter), result.next, room));
    if (!index.ok()) co_return page_fault(index.status(), page.cursor);
    result.next = index->next;
    std::vector<storage::Key> wanted_keys;
    for (const auto& entry : index->records) wanted_keys.push_back(keys::rollout(actor.tenant, entry.value));
    if (wanted_keys.empty()) break;
    const auto found = co_await store_.get(std::move(wanted_keys));
    if (!found.ok()) co_return found.status();
    for (const auto& record : found->records) {
      auto stored = record_from(record);
      if (!stored.ok()) {
        report_damage(parts_.log, record.key.tenant, stored.status());
        continue;
      }
      if (!wanted(stored->value.rollout, filter)) continue;
      auto shown = co_await live_view(std::move(*stored));
      if (shown.ok()) result.items.push_back(std::move(*shown));
    }
    if (result.next.empty()) break;
  }
  co_return result;
}

Control::Answer<Rollout> Engine::act(Actor actor, std::string id, Action action, ActionRequest request,
                                     IfVersion version, Mode mode) {
  if (Status status = door(); !status.ok()) co_return status;
  const Inside inside(inside_);
  auto stored = co_await store_.rollout(actor.tenant, id);
  if (!stored.ok()) co_return stored.status();
  const Rollout& rollout = stored->value.rollout;
  const auto found = driver(actor.tenant, rollout.application);
  Word word{action, std::move(request), actor.subject, origin_of(actor)};
  if (!has_ended(rollout.state))
    co_return co_await run_on(found->strand(), found->act(id, std::move(word), std::move(version), mode));
  if (version && *version != std::to_string(stored->version)) {
    co_return Status(Code::aborted, "rollout " + id + " has changed: it has version " +
                                        std::to_string(stored->version) + ", not " + *version + "; read it again");
  }
  if (action == Action::retry) {
    auto checked = co_await check_again(actor, stored->value);
    if (!checked.ok()) co_return checked.status();
    word.checked = std::move(*checked);
    co_return co_await run_on(found->strand(), found->retry(id, std::move(word), std::move(version), mode));
  }
  if (action == Action::rollback)
    co_return co_await roll_back_from(std::move(actor), std::move(*stored), std::move(word.request), mode);
  co_return obey(stored->value, word, {}, clock_.now()).status();
}

// What held for the first attempt may hold no longer: the application, its analyses or the profile have changed. A
// rollback is never held up by it, and what has not gone back the driver refuses with a better sentence.
Later<Checked> Engine::check_again(Actor actor, Record record) {
  const Rollout& before = record.rollout;
  const bool went_back = before.state == State::rolled_back || before.state == State::failed;
  Checked as_before{.alpha = {}, .granularity = record.granularity};
  if (!went_back || before.kind == "rollback") co_return as_before;
  RolloutRequest request{.application = before.application, .release = before.to_release, .strategy = before.strategy};
  auto made = co_await proposal(std::move(actor), std::move(request));
  if (!made.ok()) co_return made.status();
  co_return co_await check(tools_, std::move(*made));
}

// The release to go back to: the one named; or that which the rollout replaced, and after a way back, which replaced a
// bad one, the newest other one that served well.
Later<std::string> Engine::good_release(Actor actor, Stored<Record> ended, std::string to) {
  const std::string application = ended.value.rollout.application;
  const auto app = co_await store_.application(actor.tenant, application);
  if (!app.ok()) co_return app.status();
  const std::string& stable = app->value.stable_release;
  if (!to.empty()) {
    const auto release = co_await store_.release(actor.tenant, application, to);
    if (!release.ok()) co_return release.status();
    if (!release->value.good)
      co_return Status(
          Code::failed_precondition,
          "release " + to + " of " + application + " has never served well, so it is nothing to go back to; deploy it");
    co_return to;
  }
  const std::string& replaced = ended.value.rollout.from_release;
  const bool went_back = ended.value.rollout.kind == "rollback";
  if (!went_back && !replaced.empty() && replaced != stable) {
    const auto release = co_await store_.release(actor.tenant, application, replaced);
    if (release.ok() && release->value.good) co_return replaced;
    if (!release.ok() && release.status().code != Code::not_found) co_return release.status();
  }
  const Release* newest = nullptr;
  std::vector<Release> all;
  storage::ScanRequest request{.tenant = actor.tenant, .kind = "release", .prefix = application + "/", .limit = 500};
  do {
    const auto page = co_await store_.scan(request);
    if (!page.ok()) co_return page.status();
    for (const auto& record : page->records) {
      const auto release = document_from<Release>(record);
      if (!release.ok() || !release->value.good || release->value.name == stable) continue;
      if (!went_back || release->value.name != replaced) all.push_back(release->value);
    }
    request.after = page->next;
  } while (!request.after.empty());
  for (const Release& release : all) {
    if (newest == nullptr || release.updated_at > newest->updated_at) newest = &release;
  }
  if (newest == nullptr)
    co_return Status(
        Code::failed_precondition,
        "application " + application + " has no other release that served well" +
            (went_back ? " than " + replaced + ", which it has left; name it to go there all the same" : "") +
            (went_back ? "" : ", so there is nothing to go back to"));
  co_return newest->name;
}

Later<Rollout> Engine::roll_back_from(Actor actor, Stored<Record> ended, ActionRequest request, Mode mode) {
  const std::string application = ended.value.rollout.application;
  auto target = co_await good_release(actor, ended, request.to);
  if (!target.ok()) co_return target.status();
  RolloutRequest asked{.application = application,
                       .release = *target,
                       .reason = request.reason.empty()
                                     ? "back to " + *target + " after rollout " + ended.value.rollout.id
                                     : request.reason};
  const auto found = driver(actor.tenant, application);
  if (mode == Mode::dry_run) {
    const auto allowed = co_await run_on(found->strand(), found->check_start(std::move(asked)));
    if (!allowed.ok()) co_return allowed.status();
    Rollout would = ended.value.rollout;
    would.to_release = *target;
    would.kind = "rollback";
    co_return would;
  }
  Start start{.request = std::move(asked),
              .strategy = {"rollback", {"{}"}},
              .kind = "rollback",
              .by = actor.subject,
              .origin = origin_of(actor),
              .checked = {.alpha = {}, .granularity = ended.value.granularity}};
  co_return co_await run_on(found->strand(), found->start(std::move(start)));
}

}  // namespace slipway::rollout
