// Stand-ins for what the API calls: delivery and host in memory, a store behind Caller.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>
#include <mutex>
#include <slipway/interfaces/storage.hpp>

#include "host/api/host_view.hpp"
#include "host/bridge/caller.hpp"
#include "host/rollout/control.hpp"

namespace slipway::api::test {

namespace asio = boost::asio;

// Answers storage.get and storage.write from a map; `broken` makes it refuse.
class FakeStoreCaller final : public bridge::Caller {
 public:
  asio::awaitable<Result<std::string>> call(std::string_view, std::string_view, std::uint32_t method,
                                            std::string payload, bridge::CallContext) override {
    const std::lock_guard lock(mutex_);
    if (broken) co_return Status(Code::unavailable, "the disk is full");
    if (method == storage::Interface::index_of<storage::Get>())
      co_return get(decode_text<storage::GetRequest>(payload, "get").value());
    if (method == storage::Interface::index_of<storage::Write>())
      co_return write(decode_text<storage::WriteRequest>(payload, "write").value());
    if (method == storage::Interface::index_of<storage::Scan>())
      co_return scan(decode_text<storage::ScanRequest>(payload, "scan").value());
    co_return Status(Code::unimplemented, "not in this fake");
  }
  [[nodiscard]] std::size_t size() {
    const std::lock_guard lock(mutex_);
    return records_.size();
  }
  // Every record's value is this from now on.
  void damage(const std::string& value) {
    const std::lock_guard lock(mutex_);
    for (auto& [key, record] : records_) record.value = value;
  }
  std::atomic<bool> broken{false};

 private:
  Result<std::string> get(const storage::GetRequest& request) {
    storage::GetReply reply;
    for (const storage::Key& key : request.keys) {
      if (const auto found = records_.find(key); found != records_.end()) reply.records.push_back(found->second);
    }
    return encode_text(reply);
  }
  Result<std::string> write(const storage::WriteRequest& request) {
    storage::WriteReply reply;
    for (const storage::Put& put : request.puts) {
      storage::Record& record = records_[put.key];
      record = {put.key, put.value, record.version + 1, now};
      reply.versions.push_back(record.version);
    }
    for (const storage::Key& key : request.removes) records_.erase(key);
    return encode_text(reply);
  }
  Result<std::string> scan(const storage::ScanRequest& request) {
    storage::ScanReply reply;
    for (const auto& [key, record] : records_) {
      if (key.tenant == request.tenant && key.kind == request.kind) reply.records.push_back(record);
    }
    return encode_text(reply);
  }

  std::mutex mutex_;
  std::map<storage::Key, storage::Record> records_;

 public:
  Instant now{1'800'000'000'000'000'000};
};

// Applications kept in a map; one release and one rollout called "r1"; events that a test feeds.
class FakeControl final : public rollout::Control {
 public:
  static rollout::HostInfo host_named(const std::string& name) {
    return {.name = name,
            .partitions = 32,
            .slipwayd = "0.1.0",
            .address = "127.0.0.1:7070",
            .joined_at = {1'700'000'000'000'000'000},
            .seen_at = {1'800'000'000'000'000'000}};
  }
  Answer<PutApplication> put_application(rollout::Actor actor, rollout::ApplicationSpec spec,
                                         rollout::IfVersion version, rollout::Mode mode) override {
    const std::lock_guard lock(mutex_);
    const auto found = applications_.find(spec.name);
    if (version && (found == applications_.end() || found->second.version != *version))
      co_return Status(Code::aborted, "application \"" + spec.name + "\" has changed");
    rollout::Application application;
    application.id = "a-" + spec.name;
    application.tenant = actor.tenant;
    application.version = std::to_string(++versions_);
    application.spec = spec;
    PutApplication put{application, found == applications_.end()};
    if (mode == rollout::Mode::commit) applications_[spec.name] = application;
    co_return put;
  }
  Answer<rollout::Application> application(rollout::Actor actor, std::string name) override {
    const std::lock_guard lock(mutex_);
    const auto found = applications_.find(name);
    if (found == applications_.end() || found->second.tenant != actor.tenant)
      co_return Status(Code::not_found, "there is no application \"" + name + "\"");
    co_return found->second;
  }
  Answer<rollout::Page<rollout::Application>> applications(rollout::Actor, rollout::PageRequest page) override {
    const std::lock_guard lock(mutex_);
    rollout::Page<rollout::Application> result;
    for (auto it = applications_.upper_bound(page.cursor); it != applications_.end(); ++it) {
      if (result.items.size() == static_cast<std::size_t>(page.limit)) {
        result.next = result.items.back().spec.name;
        break;
      }
      result.items.push_back(it->second);
    }
    co_return result;
  }
  Answer<Empty> delete_application(rollout::Actor, std::string name, rollout::IfVersion, rollout::Mode mode) override {
    const std::lock_guard lock(mutex_);
    dry["delete"] = mode == rollout::Mode::dry_run;
    if (applications_.erase(name) == 0) co_return Status(Code::not_found, "there is no application \"" + name + "\"");
    co_return Empty{};
  }
  Answer<rollout::Release> create_release(rollout::Actor, std::string application, rollout::ReleaseRequest request,
                                          rollout::Mode mode) override {
    const std::lock_guard lock(mutex_);
    dry["release"] = mode == rollout::Mode::dry_run;
    co_return release_of(application, request.release);
  }
  Answer<rollout::Release> release(rollout::Actor, std::string application, std::string name) override {
    if (name != "1.0") co_return Status(Code::not_found, "there is no release \"" + name + "\"");
    co_return release_of(application, {.version = name, .command = {"run"}});
  }
  Answer<rollout::Page<rollout::Release>> releases(rollout::Actor, std::string application,
                                                   rollout::PageRequest) override {
    rollout::Page<rollout::Release> page{{release_of(application, {.version = "1.0", .command = {"run"}})}, ""};
    page.items.push_back(
        release_of(application, {.version = "1.1", .artefact = {.digest = "abc"}, .command = {"run"}}));
    page.items.back().good = true;
    co_return page;
  }
  Answer<rollout::RolloutPlan> plan_rollout(rollout::Actor, rollout::RolloutRequest request) override {
    rollout::RolloutPlan plan;
    plan.application = request.application;
    plan.to_release = request.release;
    co_return plan;
  }
  Answer<rollout::Rollout> start_rollout(rollout::Actor actor, rollout::RolloutRequest request) override {
    ++waiting;
    if (blocking) co_await until_released();
    if (full) co_return Status(Code::resource_exhausted, "2 rollouts are under way and the site allows 2");
    const std::lock_guard lock(mutex_);
    asked_by = actor;
    ++started;
    rollout::Rollout made = sample();
    made.application = request.application;
    made.to_release = request.release;
    co_return made;
  }
  Answer<rollout::Rollout> rollout(rollout::Actor, std::string id) override {
    if (id == "throws") throw std::runtime_error("a programming error");
    if (id != "r1") co_return Status(Code::not_found, "there is no rollout \"" + id + "\"");
    rollout::Rollout found = sample();
    found.groups = groups;
    co_return found;
  }
  Answer<rollout::Page<rollout::Rollout>> rollouts(rollout::Actor, rollout::RolloutFilter filter,
                                                   rollout::PageRequest) override {
    const std::lock_guard lock(mutex_);
    filtered = filter;
    co_return rollout::Page<rollout::Rollout>{{sample()}, ""};
  }
  Answer<rollout::Rollout> act(rollout::Actor, std::string, rollout::Action action, rollout::ActionRequest,
                               rollout::IfVersion version, rollout::Mode mode) override {
    const std::lock_guard lock(mutex_);
    dry[std::string(to_name(action))] = mode == rollout::Mode::dry_run;
    if (version && *version != "7") co_return Status(Code::aborted, "the rollout has changed");
    if (action == rollout::Action::resume)
      co_return Status(Code::failed_precondition, "rollout r1 is progressing, not paused");
    co_return sample();
  }
  Answer<std::vector<rollout::HostInfo>> hosts(rollout::Actor) override {
    co_return std::vector<rollout::HostInfo>{host_named("dock-1"), host_named("dock-2")};
  }
  Answer<rollout::HostInfo> drain_host(rollout::Actor, std::string name, rollout::Draining draining,
                                       rollout::Mode mode) override {
    dry["drain"] = mode == rollout::Mode::dry_run;
    if (!name.starts_with("dock-")) co_return Status(Code::not_found, "there is no host \"" + name + "\"");
    rollout::HostInfo host = host_named(name);
    if (draining == rollout::Draining::yes) host.state = rollout::HostState::draining;
    co_return host;
  }
  Answer<rollout::Page<rollout::JournalEntry>> journal(rollout::Actor, std::string,
                                                       rollout::PageRequest request) override {
    rollout::Page<rollout::JournalEntry> page;
    std::int64_t at = request.cursor.empty() ? 0 : std::stoll(request.cursor);
    while (at < decisions && page.items.size() < static_cast<std::size_t>(request.limit)) {
      ++at;
      const bool is_step = at % 10 != 0 && at != 1;
      page.items.push_back({.sequence = at, .kind = is_step ? "step" : at == 1 ? "started" : "verdict"});
      page.items.back().reason = "because";
      page.items.back().at = {1'700'000'000'000'000'000 + at};
    }
    if (at < decisions) page.next = std::to_string(at);
    co_return page;
  }
  Answer<std::vector<rollout::Event>> events(rollout::Actor actor, std::int64_t after, std::int32_t,
                                             Duration patience) override {
    if (after < oldest)
      co_return Status(Code::out_of_range, "events after " + std::to_string(after) + " are no longer kept");
    std::vector<rollout::Event> found;
    {
      const std::lock_guard lock(mutex_);
      for (const rollout::Event& event : events_) {
        if (event.id > after && event.tenant == actor.tenant) found.push_back(event);
      }
    }
    if (found.empty() && patience.ns > 0) {
      asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::milliseconds(20));
      co_await timer.async_wait(asio::use_awaitable);
    }
    co_return found;
  }
  Answer<std::int64_t> newest_event(rollout::Actor) override {
    const std::lock_guard lock(mutex_);
    co_return static_cast<std::int64_t>(events_.size());
  }

  void feed(std::string type) {
    const std::lock_guard lock(mutex_);
    rollout::Event event;
    event.id = static_cast<std::int64_t>(events_.size()) + 1;
    event.type = std::move(type);
    event.tenant = "default";
    event.rollout = "r1";
    event.summary = "it happened";
    events_.push_back(event);
  }
  static rollout::Rollout sample() {
    rollout::Rollout made;
    made.id = "r1";
    made.tenant = "default";
    made.version = "7";
    made.why = {"nothing", {}, {}, "", "it has begun", {}};
    return made;
  }

  // What a mutation was told, by operation: true for a dry run.
  std::map<std::string, bool> dry;
  rollout::RolloutFilter filtered;
  std::vector<rollout::GroupStatus> groups;  // of "r1", as they are seen now
  std::int64_t decisions = 1;                // the journal's entries: steps, but for the first one and each tenth
  rollout::Actor asked_by;
  std::atomic<bool> full{false};
  std::atomic<bool> blocking{false};
  std::atomic<int> waiting{0};  // calls of start_rollout that have begun
  std::atomic<int> started{0};
  std::int64_t oldest = 0;

 private:
  static rollout::Release release_of(const std::string& application, const provider::Release& spec) {
    rollout::Release release;
    release.id = "rel";
    release.tenant = "default";
    release.version = "1";
    release.application = application;
    release.name = spec.version;
    release.spec = spec;
    return release;
  }
  asio::awaitable<void> until_released() {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    while (blocking) {
      timer.expires_after(std::chrono::milliseconds(2));
      co_await timer.async_wait(asio::use_awaitable);
    }
  }

  std::mutex mutex_;
  std::map<std::string, rollout::Application> applications_;
  std::vector<rollout::Event> events_;
  int versions_ = 0;
};

class FakeHostView final : public HostView {
 public:
  [[nodiscard]] std::vector<PluginView> plugins() const override {
    std::vector<PluginView> list{{.id = "strategy-canary",
                                  .version = "0.1.0",
                                  .instance = "canary",
                                  .state = "active",
                                  .placement = "in-process",
                                  .interfaces = {"slipway.plugin/1", "slipway.strategy/1"},
                                  .created_at = Instant{},
                                  .updated_at = Instant{}}};
    for (const std::string& id : more_plugins) list.push_back({.id = id, .version = "1.0.0", .state = "installed"});
    return list;
  }
  [[nodiscard]] std::vector<BindingView> bindings() const override {
    const std::string name = "strategies.canary";
    std::vector<BindingView> list{{name, name, "slipway.strategy/1", "canary", "strategy-canary", "0.1.0", {}}};
    for (const std::string& id : more_plugins)
      list.push_back({"gates." + id, "gates." + id, "slipway.gate/1", id, id, "1.0.0", {}});
    return list;
  }
  [[nodiscard]] ProfileView profile() const override {
    return {.id = "dev", .name = "dev", .version = "abc", .revision = 3, .profile = {{"name", "dev"}}};
  }
  [[nodiscard]] StatusView status() const override {
    return {.version = "0.1.0", .profile = "dev", .condition = "healthy"};
  }
  asio::awaitable<plugin::HealthReply> health() override {
    co_return plugin::HealthReply{condition, {{"storage", condition, ""}}};
  }
  [[nodiscard]] bool serving() const override { return ready; }
  [[nodiscard]] std::string metrics() const override { return "slipway_build_info 1\n"; }

  std::vector<std::string> more_plugins;
  std::atomic<bool> ready{true};
  std::atomic<plugin::Condition> condition{plugin::Condition::healthy};
};

// One revision, number 3; answers every change with what it was asked, and remembers the last.
class FakeProfileControl final : public ProfileControl {
 public:
  Answer<ProfileAnswer> put(rollout::Actor actor, ProfileRequest request, rollout::IfVersion version,
                            rollout::Mode mode) override {
    if (version && *version != "abc") co_return Status(Code::aborted, "the profile has changed since it was read");
    co_return answer("put by " + actor.subject + ": " + request.reason, mode, false);
  }
  Answer<ProfileAnswer> roll_back(rollout::Actor, RollbackRequest request, rollout::Mode mode) override {
    co_return answer("back to " + std::to_string(request.revision.value_or(2)), mode, false);
  }
  Answer<ProfileAnswer> swap(rollout::Actor, std::string binding, SwapRequest request, rollout::Mode mode) override {
    if (binding != "strategies.canary")
      co_return Status(Code::not_found, "the profile has no binding \"" + binding + "\"");
    co_return answer(binding + " to " + request.version, mode, request.share.has_value());
  }
  Answer<rollout::Page<lifecycle::Revision>> history(rollout::PageRequest) override {
    co_return rollout::Page<lifecycle::Revision>{{sample()}, ""};
  }
  Answer<lifecycle::Revision> revision(std::int64_t number) override {
    if (number != 3) co_return Status(Code::not_found, "there is no revision " + std::to_string(number));
    co_return sample();
  }
  static lifecycle::Revision sample() {
    return {.number = 3,
            .author = "admin",
            .at = {1'700'000'000'000'000'000},
            .reason = "first",
            .digest = "abc",
            .profile = {{"name", "dev"}}};
  }
  std::string last;

 private:
  ProfileAnswer answer(std::string what, rollout::Mode mode, bool trying) {
    last = std::move(what);
    if (mode == rollout::Mode::dry_run) return {.state = "planned"};
    return {.revision = trying ? 0 : 4, .state = trying ? "trying" : "applied"};
  }
};

}  // namespace slipway::api::test
