// HAProxy 2.6 as the provider's proxy: keeps its files, its process and its tables as they are wanted. One thread: that
// of the executor. Everything given to the constructor outlives it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>

#include "plugins/providers/local/base/notices.hpp"
#include "plugins/providers/local/edge/haproxy_process.hpp"
#include "plugins/providers/local/edge/map_sync.hpp"
#include "plugins/providers/local/edge/proxy.hpp"

namespace slipway::local {

struct HaproxySettings {
  EdgeSettings edge;
  std::string binary = "haproxy";
  std::string shape_file;     // what the running HAProxy has loaded
  std::string identity_file;  // its pid
  std::string log_file;
  std::set<std::string> sticky_headers, sticky_cookies;
  Span ping_every{2000};
  int pings_missed = 3;  // then it counts as hung
};

class Haproxy final : public Proxy {
 public:
  Haproxy(boost::asio::any_io_executor executor, HaproxySettings settings, Processes& processes, Notices& notices);

  // Called whenever HAProxy came up, went down or has other backends than before.
  void on_change(std::function<void()> listener) { listener_ = std::move(listener); }

  // Before run(): throws slipway::Error when a managed HAProxy can't be started here, for want of its program or
  // because somebody else listens on its port. Blocks.
  void check_machine() const;
  // Supervises for ever; never throws.
  awaitable<void> run();

  void define(const std::string& application, const Definition& definition) override;
  void forget(const std::string& application) override;
  [[nodiscard]] bool has_backend(const std::string& name) const override { return up() && loaded_.contains(name); }
  [[nodiscard]] bool is_down() const override { return link_ == Link::kDown; }
  void recall(const std::string& application, const RouteOrder& order) override { orders_[application] = order; }
  void recall(const std::string& backend, const Server& server) override { serving_[backend].insert(server); }
  awaitable<void> route(const std::string& application, std::optional<RouteOrder> order) override;
  awaitable<void> add(const std::string& backend, const Server& server) override;
  awaitable<void> admit(const std::string& backend, const Server& server) override;
  awaitable<void> drain(const std::string& backend, const Server& server) override;
  void withdraw(const std::string& backend, const Server& server) override;
  awaitable<bool> remove(const std::string& backend, const Server& server) override;
  awaitable<ServerView> look(const std::string& backend, const Server& server) override;
  awaitable<std::vector<std::string>> servers_in(const std::string& backend) override;
  awaitable<std::uint64_t> requests_in(const std::string& backend) override;
  [[nodiscard]] std::string hosts_problem(const std::string& application) const override;
  [[nodiscard]] std::string problem() const override { return problem_; }

 private:
  [[nodiscard]] Edge wanted() const;
  void write_maps() const;
  void write_config();
  void try_write_config();

  awaitable<void> come_up();
  awaitable<void> start();
  awaitable<void> stay_up();
  awaitable<void> bring_in(const std::string& shape);
  awaitable<void> bring_hosts();
  [[nodiscard]] bool claims(const std::string& application, const std::string& host) const;
  awaitable<void> reload(const std::string& shape);
  awaitable<void> offer(const std::string& shape);
  void write_program() const;
  void prepare_files() const;
  [[nodiscard]] bool managed() const { return settings_.edge.mode == ProxyMode::kManaged; }
  awaitable<void> read_tables();
  awaitable<void> sync();
  awaitable<void> sync_headers();
  awaitable<void> refresh_old_workers();
  awaitable<bool> ping();
  // Of one that is asked at each change too, so that a number of missed answers alone says nothing.
  struct Silence {
    int missed = 0;
    std::chrono::steady_clock::time_point since;

    void note(bool answered);
    [[nodiscard]] bool lasts(const HaproxySettings& settings) const;
  };
  void watch_process();
  void went_down(const std::string& why);
  void report(std::string problem);

  // One line to every worker that still serves; the answer is the current worker's.
  awaitable<std::string> tell(std::string line);
  awaitable<void> tell_old(const std::string& line);
  // Nothing when that worker has left, or while the master starts itself anew; then the reload's end tells it again.
  awaitable<std::optional<std::string>> ask_old(int worker, std::string line);
  awaitable<std::vector<StatRow>> rows(const std::string& backend, const char* type);

  boost::asio::any_io_executor executor_;
  HaproxySettings settings_;
  Notices& notices_;
  HaproxyProcess process_;
  RuntimeApi runtime_, master_;
  std::function<void()> listener_ = [] {};

  std::map<std::string, Definition> definitions_;
  std::map<std::string, RouteOrder> orders_;
  std::map<std::string, std::set<Server>> serving_;

  // unknown: one may be running, but it has not answered.
  enum class Link { kUnknown, kDown, kUp } link_ = Link::kUnknown;
  [[nodiscard]] bool up() const { return link_ == Link::kUp; }
  awaitable<void> await_link();
  awaitable<void> await_reload();
  bool ended_ = false, reloading_ = false, config_due_ = false;
  std::uint64_t lives_ = 0;  // counts processes, so that the end of an older one is told apart
  std::set<std::string> loaded_;
  std::set<std::string> checked_;  // backends that HAProxy has loaded or found good: those that its file may have
  std::string loaded_shape_, refused_shape_;
  std::string problem_ = "HAProxy has not answered yet";
  MapLines hosts_, routes_, headers_, checks_;  // as the running HAProxy has them; hosts also as the last one had
  std::vector<int> old_workers_;
  Silence silence_, master_silence_;
  std::set<std::string> routed_during_reload_;
  Turns turns_;
  Signal wake_;
  boost::asio::steady_timer reloaded_, linked_;
};

}  // namespace slipway::local
