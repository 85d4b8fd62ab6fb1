// The application itself: made, changed, removed.
#include "host/bridge/typed_call.hpp"
#include "host/rollout/claims.hpp"
#include "host/rollout/desired.hpp"
#include "host/rollout/driver.hpp"

namespace slipway::rollout {
namespace {

Event event_about(const std::string& type, const Application& application, const std::string& summary, Instant now,
                  const Actor& actor) {
  return {.type = type,
          .tenant = application.tenant,
          .at = now,
          .application = application.spec.name,
          .summary = summary,
          .data = {encode_text(application)},
          .traceparent = actor.trace,
          .request_id = actor.request};
}

bool orders_differ(const ApplicationSpec& a, const ApplicationSpec& b) {
  return a.replicas != b.replicas || sticky_of(a) != sticky_of(b) || a.hosts != b.hosts;
}

}  // namespace

Later<Control::PutApplication> Driver::put(Actor actor, ApplicationSpec spec, IfVersion version, Mode mode,
                                           std::string environment) {
  const auto turn = co_await turns_.take();
  if (const Status status = co_await load(); !status.ok() && status.code != Code::not_found) co_return status;
  const bool created = !application_;
  if (created && version)
    co_return Status(Code::aborted, "application \"" + name_ + "\" does not exist, so it has no version " + *version);
  if (!created) {
    if (const Status status = check_version(version, application_->version, "application \"" + name_ + "\"");
        !status.ok())
      co_return status;
    if (encode(spec) == encode(application_->value.spec))
      co_return Control::PutApplication{rollout::shown(*application_), false};
  }
  Stored<Application> next = created ? Stored<Application>{} : *application_;
  Application& app = next.value;
  if (created)
    app = {.id = tools_.ids.next(), .tenant = tenant_, .created_at = now(), .environment = std::move(environment)};
  auto claims = co_await claim_hosts(created ? nullptr : &app.spec, &spec);
  if (!claims.ok()) co_return claims.status();
  const bool reorders = !created && !has_rollout() && !app.stable_release.empty() && orders_differ(app.spec, spec);
  app.spec = std::move(spec);
  app.updated_at = now();
  if (reorders) ++app.generation;
  if (mode == Mode::dry_run) co_return Control::PutApplication{rollout::shown(next), created};
  if (reorders && !has_lease()) co_return troubles_.of(kLease)->status;

  storage::WriteRequest batch;
  batch.expect = {{keys::application(tenant_, name_), next.version}, {keys::removal(tenant_, name_), 0}};
  if (reorders) batch.expect_leases.push_back(tools_.ownership.fence());
  batch.puts.push_back({keys::application(tenant_, name_), encode_text(app)});
  append_event(batch, event_about(created ? "application.created" : "application.changed", app,
                                  "application " + name_ + (created ? " was created" : " was changed"), now(), actor));
  if (created && owned() && tools_.ownership.has_company()) append_notice(batch, {tenant_, name_});  // of the tenant
  join(batch, std::move(*claims));
  const auto reply = co_await write(std::move(batch), trace());
  if (reply.status().code == Code::aborted) {
    const auto still = co_await claim_hosts(created ? nullptr : &application_->value.spec, &app.spec);
    if (!still.ok()) co_return still.status();
  }
  if (created && reply.status().code == Code::aborted) {
    co_return Status(Code::failed_precondition,
                     "application \"" + name_ + "\" is still being removed; try again when its replicas are gone");
  }
  if (!reply.ok()) co_return reply.status();
  tools_.trimmer.stored(tenant_, reply->sequences.back());
  next.version = reply->versions.at(0);
  application_ = next;
  tools_.feed.published(tenant_);
  ensure_running();
  wakeup_.ring();
  co_return Control::PutApplication{rollout::shown(next), created};
}

// Null: the application is not there.
Later<storage::WriteRequest> Driver::claim_hosts(const ApplicationSpec* before, const ApplicationSpec* after) {
  using Hosts = std::vector<std::string>;
  Claimant who{tenant_, name_};
  Hosts old = before == nullptr ? Hosts() : hosts_of(*before);
  Hosts fresh = after == nullptr ? Hosts() : hosts_of(*after);
  co_return co_await claim(tools_.store, std::move(who), std::move(old), std::move(fresh));
}

// The records go first; a removal record stays until the provider has forgotten the application, so that a restart in
// between finishes the work.
Later<Empty> Driver::remove(Actor actor, IfVersion version, Mode mode) {
  const auto turn = co_await turns_.take();
  if (const Status status = co_await load(); !status.ok()) co_return status;
  if (const Status status = check_version(version, application_->version, "application \"" + name_ + "\"");
      !status.ok())
    co_return status;
  if (has_rollout()) {
    co_return Status(Code::failed_precondition, "application \"" + name_ + "\" can't be deleted while rollout " +
                                                    record().rollout.id + " is " +
                                                    std::string(to_name(record().rollout.state)) + "; abort it first");
  }
  if (mode == Mode::dry_run) co_return Empty{};
  if (!has_lease()) co_return troubles_.of(kLease)->status;
  auto claims = co_await claim_hosts(&application_->value.spec, nullptr);
  if (!claims.ok()) co_return claims.status();
  storage::WriteRequest batch;
  batch.expect.push_back({keys::application(tenant_, name_), application_->version});
  batch.expect_leases.push_back(tools_.ownership.fence());
  batch.removes.push_back(keys::application(tenant_, name_));
  batch.puts.push_back({keys::removal(tenant_, name_), to_string(now())});
  append_event(batch, event_about("application.deleted", application_->value, "application " + name_ + " was deleted",
                                  now(), actor));
  join(batch, std::move(*claims));
  const auto reply = co_await write(std::move(batch), trace());
  if (!reply.ok()) co_return reply.status();
  tools_.trimmer.stored(tenant_, reply->sequences.back());
  deleted();
  tools_.feed.published(tenant_);
  begin_removal();
  co_return Empty{};
}

void Driver::begin_removal() {
  auto finish = [](std::shared_ptr<Driver> self) -> boost::asio::awaitable<void> { co_await self->finish_removal(); };
  boost::asio::co_spawn(strand_, finish(shared_from_this()), boost::asio::detached);
}

// One at a time: what a second one deleted could be of an application that was made anew under the name.
boost::asio::awaitable<void> Driver::finish_removal() {
  if (removals_.waiting() > 0) co_return;  // that one sees what this one would
  const auto turn = co_await removals_.take();
  Wakeup pause(strand_, clock_, tools_.timers);
  Removing removing;
  std::string told;
  while (!stopping_ && owned()) {
    const Status status = co_await remove_more(removing);
    if (removing.ended) co_return;
    if (status.ok()) continue;
    if (const std::string reason = to_string(status); reason != told)
      tools_.log.warn("an application is not removed yet",
                      {{"tenant", tenant_}, {"application", name_}, {"reason", told = reason}});
    co_await pause.wait_until(now() + seconds(1));
  }
}

// Of what was ordered before, something may still be on its way: it meets a newer token at the provider. So does this
// removal, when it comes late, at an application that was made anew under the name; and what is written late finds that
// application, or no removal.
boost::asio::awaitable<Status> Driver::remove_more(Removing& removing) {
  std::vector<storage::Key> wanted;
  wanted.push_back(keys::removal(tenant_, name_));
  const auto found = co_await tools_.store.get(std::move(wanted));
  if (!found.ok()) co_return found.status();
  removing.ended = found->records.empty();
  if (removing.ended) co_return Status();
  if (!has_lease()) co_return troubles_.of(kLease)->status;
  // Another one of the same name may have been made and deleted since.
  const std::string& of = found->records.front().value;
  if (removing.of != of) removing = {.of = of};
  storage::WriteRequest batch;
  batch.expect.push_back({keys::application(tenant_, name_), 0});
  batch.expect.push_back({keys::removal(tenant_, name_), found->records.front().version});
  batch.expect_leases.push_back(tools_.ownership.fence());
  if (removing.token == 0) {
    stale_ = true;
    interrupt();
    const auto token = co_await tools_.ownership.renew_token(partition_);
    if (!token.ok()) co_return token.status();
    removing.token = *token;
  }
  if (!removing.gone) {
    provider::Removal removal{.tenant = tenant_, .application = name_, .token = removing.token};
    const auto gone = co_await bridge::call<provider::Interface, provider::Remove>(
        tools_.caller, "provider", removal, context(tools_.settings.budgets.apply));
    // It has seen a newer token: another host was at work for a while.
    if (gone.status().code == Code::aborted) removing.token = 0;
    if (!gone.ok()) co_return gone.status();
    const auto newer = co_await tools_.ownership.renew_token(partition_);
    if (!newer.ok()) co_return newer.status();
    removing.gone = true;
  }
  const auto left = co_await tools_.store.scan(scan_of(tenant_, "release", name_ + "/", "", 400));
  if (!left.ok()) co_return left.status();
  for (const auto& record : left->records) batch.removes.push_back(record.key);
  const bool last = left->next.empty();
  if (last) batch.removes.push_back(keys::removal(tenant_, name_));
  const auto written = co_await tools_.store.write(batch, std::string());
  removing.ended = last && written.ok();
  co_return written.ok() ? Status() : written.status();
}

}  // namespace slipway::rollout
