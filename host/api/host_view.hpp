// What the API shows of the host itself. host/app implements it; the API knows no loader and no lifecycle.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <slipway/interfaces/plugin.hpp>
#include <string>
#include <vector>

namespace slipway::api {

// The worker of an isolated plugin.
struct WorkerView {
  std::string state;
  std::int64_t process = 0;
  std::int32_t restarts = 0;
  std::string reason;
  std::vector<std::string> protections;
  std::vector<std::string> lacking;
  static constexpr auto fields() {
    return slipway::fields(required("state", &WorkerView::state, "starting, running, restarting, broken or stopped."),
                           field("process", &WorkerView::process, "Its process id; 0 while there is none."),
                           field("restarts", &WorkerView::restarts, "How often it was started again."),
                           field("reason", &WorkerView::reason, "Why it does not run, or why it was started again."),
                           field("protections", &WorkerView::protections, "What holds the plugin in."),
                           field("lacking", &WorkerView::lacking, "Protections that are not in force, and why."));
  }
};

// One configured use of a plugin, and how it is.
struct PluginView {
  std::string id;
  std::string version;
  std::string instance;
  std::string state;
  std::string reason;
  std::string threading;
  std::string placement;
  std::vector<std::string> interfaces;
  std::vector<std::string> bindings;
  std::string abi;
  std::string digest;
  std::string path;
  Json permissions = Json::object();
  std::optional<WorkerView> worker;
  std::optional<Instant> created_at;
  std::optional<Instant> updated_at;
  static constexpr auto fields() {
    return slipway::fields(
        required("id", &PluginView::id, "The plugin's id."), required("version", &PluginView::version, "Its version."),
        field("instance", &PluginView::instance, "Name in the profile; empty for one that is installed but not used."),
        required("state", &PluginView::state,
                 "installed, staged, verified, loaded, prepared, warm, active, draining, retired, parked, unloaded or "
                 "failed."),
        field("reason", &PluginView::reason, "Why, when it failed, is kept warm or is parked."),
        field("threading", &PluginView::threading, "serial, concurrent or blocking."),
        field("placement", &PluginView::placement, "in-process or isolated."),
        field("interfaces", &PluginView::interfaces, "What it provides."),
        field("bindings", &PluginView::bindings, "Bindings that lead to it."),
        field("abi", &PluginView::abi, "ABI range that it works with."),
        field("digest", &PluginView::digest, "SHA-256 of the library that is mapped."),
        field("path", &PluginView::path, "Its package."),
        field("permissions", &PluginView::permissions, "What it may ask of the host."),
        field("worker", &PluginView::worker, "The worker of an isolated one."),
        field("created_at", &PluginView::created_at,
              "When this generation of it was begun; absent for one that is installed but not used."),
        field("updated_at", &PluginView::updated_at, "When its state, its reason or its bindings last changed."));
  }
};

struct BindingView {
  std::string id;
  std::string name;
  std::string interface;
  std::string instance;
  std::string plugin;
  std::string version;
  Instant updated_at;
  static constexpr auto fields() {
    return slipway::fields(
        required("id", &BindingView::id, "Its name."), required("name", &BindingView::name, "Name that callers use."),
        field("interface", &BindingView::interface, "What callers ask of it: \"slipway.strategy/1\"."),
        required("instance", &BindingView::instance, "Where it leads."),
        required("plugin", &BindingView::plugin, "The instance's plugin."),
        required("version", &BindingView::version, "The plugin's version."),
        required("updated_at", &BindingView::updated_at, "When what it leads to last changed."));
  }
};

// What became of the last change that was first tried with a share of the calls.
struct TrialView {
  std::string change;
  std::string state;
  std::string reason;
  static constexpr auto fields() {
    return slipway::fields(required("change", &TrialView::change, "What was tried."),
                           required("state", &TrialView::state, "trying, applied or withdrawn."),
                           field("reason", &TrialView::reason, "Why it was withdrawn, or what it became and why."));
  }
};

struct ProfileView {
  std::string id;
  std::string name;
  std::string version;
  std::int64_t revision = 0;
  Json profile;
  std::optional<TrialView> trial;
  Instant created_at;
  Instant updated_at;
  static constexpr auto fields() {
    return slipway::fields(
        required("id", &ProfileView::id, "Its name."), required("name", &ProfileView::name, "Its name."),
        required("version", &ProfileView::version, "Digest of its content; what If-Match and the ETag begin with."),
        required("created_at", &ProfileView::created_at, "When its revision was made."),
        required("updated_at", &ProfileView::updated_at, "The same: another content is another revision."),
        required("revision", &ProfileView::revision, "Its number in the history."),
        required("profile", &ProfileView::profile, "The manifest as it is in force."),
        field("trial", &ProfileView::trial, "The last change that was first tried with a share of the calls."));
  }
};

struct StatusView {
  std::string version;
  std::string profile;
  std::string environment;
  Instant started_at;
  std::string condition;
  std::vector<plugin::HealthCheck> checks;
  static constexpr auto fields() {
    return slipway::fields(required("version", &StatusView::version, "Version of slipwayd."),
                           required("profile", &StatusView::profile, "The profile in force."),
                           field("environment", &StatusView::environment, "Environment of the site."),
                           required("started_at", &StatusView::started_at, "When it started."),
                           required("condition", &StatusView::condition, "healthy, degraded or unhealthy."),
                           field("checks", &StatusView::checks, "What was checked."));
  }
};

class HostView {
 public:
  HostView() = default;
  HostView(const HostView&) = delete;
  HostView& operator=(const HostView&) = delete;
  virtual ~HostView() = default;

  // Any thread.
  [[nodiscard]] virtual std::vector<PluginView> plugins() const = 0;
  [[nodiscard]] virtual std::vector<BindingView> bindings() const = 0;
  [[nodiscard]] virtual ProfileView profile() const = 0;
  [[nodiscard]] virtual StatusView status() const = 0;
  // Every check by name; asks the plugins that are bound, each within a second.
  virtual boost::asio::awaitable<plugin::HealthReply> health() = 0;
  // Whether start-up is done and stopping has not begun.
  [[nodiscard]] virtual bool serving() const = 0;
  // Prometheus text.
  [[nodiscard]] virtual std::string metrics() const = 0;
};

}  // namespace slipway::api
