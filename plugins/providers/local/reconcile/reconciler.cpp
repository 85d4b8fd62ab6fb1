#include "plugins/providers/local/reconcile/reconciler.hpp"

namespace slipway::local {

void Reconciler::begin() {
  for (ApplicationRecord& record : tools_.world.load(problems_)) {
    const std::string key = application_key(record.desired.tenant, record.desired.application);
    open(key, std::move(record));
  }
  for (const std::string& problem : problems_) tools_.replicas.notices.log(Level::kError, problem);
}

std::shared_ptr<Application> Reconciler::open(const std::string& key, ApplicationRecord record) {
  const auto application = std::make_shared<Application>(tools_, std::move(record));
  applications_[key] = application;
  application->on_gone([this, key] { applications_.erase(key); });
  application->begin();
  return application;
}

awaitable<Status> Reconciler::apply(provider::Desired desired) {
  const std::string key = application_key(desired.tenant, desired.application);
  const auto found = applications_.find(key);
  std::shared_ptr<Application> application;
  if (found != applications_.end()) {
    application = found->second;
  } else {
    ApplicationRecord fresh;
    fresh.desired = desired;
    fresh.desired.generation = 0;
    fresh.desired.token = tools_.world.fence_of_removed(desired.tenant, desired.application);
    fresh.desired.groups.clear();
    if (const Status fence = check_fence(fresh.desired, desired); !fence.ok()) co_return fence;
    application = open(key, std::move(fresh));
  }
  co_return co_await application->apply(std::move(desired));
}

awaitable<Result<provider::Observation>> Reconciler::observe(provider::Target target) {
  const auto found = applications_.find(application_key(target.tenant, target.application));
  if (found == applications_.end()) {
    std::string text = "application \"" + target.application + "\" was never applied here";
    for (const std::string& problem : problems_) text += "; " + problem;
    co_return Status(Code::not_found, std::move(text));
  }
  const auto application = found->second;
  auto observation = co_await application->observe();
  observation.problems.insert(observation.problems.end(), problems_.begin(), problems_.end());
  co_return observation;
}

Status Reconciler::remove(const provider::Removal& removal) {
  const auto found = applications_.find(application_key(removal.tenant, removal.application));
  if (found != applications_.end()) return found->second->remove(removal);
  // An order for it may still be on its way.
  if (removal.token > tools_.world.fence_of_removed(removal.tenant, removal.application))
    tools_.world.fence_off(removal.tenant, removal.application, removal.token);
  return Status();
}

std::shared_ptr<Application> Reconciler::find(const std::string& tenant, const std::string& application) const {
  const auto found = applications_.find(application_key(tenant, application));
  return found == applications_.end() ? nullptr : found->second;
}

std::optional<std::set<std::string>> Reconciler::archives_in_use() const {
  if (!problems_.empty()) return std::nullopt;
  std::set<std::string> digests;
  for (const auto& [key, application] : applications_) application->add_archives(digests);
  return digests;
}

std::string Reconciler::crash_loops() const {
  int replicas = 0, applications = 0;
  for (const auto& [key, application] : applications_) {
    const int count = application->crash_loops();
    replicas += count;
    applications += count > 0 ? 1 : 0;
  }
  if (replicas == 0) return "";
  return std::to_string(replicas) + (replicas == 1 ? " replica" : " replicas") + " of " + std::to_string(applications) +
         (applications == 1 ? " application" : " applications") + " in a crash loop; the log tells which";
}

void Reconciler::proxy_changed() {
  for (const auto& [key, application] : applications_) application->proxy_changed();
}

}  // namespace slipway::local
