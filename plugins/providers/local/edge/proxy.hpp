// The proxy as the reconciler sees it; tests put a fake here. One thread.
//
// What shall be (definitions, routes, servers that serve) is remembered and written to files before anybody is told, so
// a proxy that starts again comes back with it. Methods that talk to the proxy throw slipway::Error when it does not
// answer; then the files hold the wish and the proxy gets it once it answers again.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "plugins/providers/local/base/async.hpp"
#include "plugins/providers/local/edge/proxy_config.hpp"

namespace slipway::local {

struct BackendSpec {
  std::string name;
  ServerCheck check = ServerCheck::kTcp;
  std::string check_path = "/";
  bool used = false;  // a release sits in it
  bool operator==(const BackendSpec&) const = default;
};

// What the proxy must know of an application before traffic can reach it.
struct Definition {
  std::vector<BackendSpec> backends;
  std::vector<std::string> hosts;
  bool operator==(const Definition&) const = default;
};

struct RouteOrder {
  Route route;
  std::vector<HeaderRoute> headers;
  bool operator==(const RouteOrder&) const = default;
};

// A server as the proxy's own tables have it, over all its processes.
struct ServerView {
  bool exists = false;
  std::string address;
  bool open = false;           // gets traffic when it is well: neither drained nor in maintenance
  bool raw = false;            // in maintenance, as a server is that was added but not made ready to be checked
  bool healthy = false;        // the proxy's own check passes
  std::string check;           // what that check said last, for a person; empty before the first
  std::uint64_t requests = 0;  // under way or queued
};

class Proxy {
 public:
  virtual ~Proxy() = default;

  // A new or changed definition takes effect by itself, with a reload when it needs one; has_backend tells when.
  virtual void define(const std::string& application, const Definition& definition) = 0;
  virtual void forget(const std::string& application) = 0;
  [[nodiscard]] virtual bool has_backend(const std::string& name) const = 0;
  // Whether it is known that no proxy runs, so that nobody routes anything. Not the same as one that does not answer.
  [[nodiscard]] virtual bool is_down() const = 0;

  // What was true when the provider last ran, so that the first files written have it. Before the proxy is first told
  // anything.
  virtual void recall(const std::string& application, const RouteOrder& order) = 0;
  virtual void recall(const std::string& backend, const Server& server) = 0;

  // In effect for every new request when it returns, or when a proxy that is down starts again. Nothing: requests of
  // the application are refused.
  virtual awaitable<void> route(const std::string& application, std::optional<RouteOrder> order) = 0;

  // Adds the server where it is missing; drains it and has the proxy check it.
  virtual awaitable<void> add(const std::string& backend, const Server& server) = 0;
  virtual awaitable<void> admit(const std::string& backend, const Server& server) = 0;
  virtual awaitable<void> drain(const std::string& backend, const Server& server) = 0;
  // The server shall not serve when the proxy starts again. Files only; the running proxy is not told. Never throws:
  // who calls it tells of a process that has ended already, and a file that can't be written now is written later.
  virtual void withdraw(const std::string& backend, const Server& server) = 0;
  // Bounded; false when connections still hold it.
  virtual awaitable<bool> remove(const std::string& backend, const Server& server) = 0;
  virtual awaitable<ServerView> look(const std::string& backend, const Server& server) = 0;
  virtual awaitable<std::vector<std::string>> servers_in(const std::string& backend) = 0;
  // Requests under way in a backend.
  virtual awaitable<std::uint64_t> requests_in(const std::string& backend) = 0;

  // What keeps the proxy from serving the application at all its hosts, and at none else; empty when nothing does.
  [[nodiscard]] virtual std::string hosts_problem(const std::string& application) const = 0;
  // What is wrong with the proxy, for a person; empty when nothing is.
  [[nodiscard]] virtual std::string problem() const = 0;
};

}  // namespace slipway::local
