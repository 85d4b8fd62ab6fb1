// A provider with a real HAProxy and real processes in folders of its own. What it starts, it ends by pid.
#pragma once

#include <functional>
#include <memory>
#include <slipway/interfaces/provider.hpp>
#include <string>
#include <vector>

#include "tests/support/temporary_directory.hpp"

namespace slipway::test {

int free_port();

// Folders and ports; outlives the providers that are opened in it, and ends what they left running.
class Place {
 public:
  Place();
  ~Place();
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  [[nodiscard]] std::string path(const std::string& name) const { return (directory_.path() / name).string(); }
  [[nodiscard]] Json config() const;
  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] int haproxy_pid() const;
  // Pids of replicas by id, from the provider's own record.
  [[nodiscard]] std::map<std::string, int> replica_pids(const std::string& application) const;
  // The answer of HAProxy's command line.
  [[nodiscard]] std::string ask(const std::string& socket, const std::string& line) const;

 private:
  TemporaryDirectory directory_;
  int port_;
};

bool exists(int pid);
bool wait_for(const std::function<bool()>& condition, Duration limit = seconds(10));

// One life of the plugin. The fake host behind it is kept out of this header: it is heavy to compile.
class Provider {
 public:
  explicit Provider(const Place& place, const Json& changes = Json::object());
  ~Provider();

  // Everything that was logged so far, one message a line.
  [[nodiscard]] std::string log() const;
  Status apply(const provider::Desired& desired);
  provider::Observation observe(const std::string& application = "shop");
  Status remove(const std::string& application = "shop");
  // Observes until the predicate holds; the last observation.
  provider::Observation until(const std::function<bool(const provider::Observation&)>& predicate,
                              const std::string& application = "shop", Duration limit = seconds(15));
  provider::Observation converge(const provider::Desired& desired);

 private:
  struct Life;
  std::unique_ptr<Life> life_;
};

// Desired states, made in one line each.
provider::Release release(const std::string& version, std::vector<std::string> more = {});
provider::DesiredGroup group(const std::string& role, const provider::Release& release, int replicas,
                             std::uint32_t weight);
provider::Desired desired(std::int64_t generation, std::vector<provider::DesiredGroup> groups);
const provider::ObservedGroup& of(const provider::Observation& observation, const std::string& release);

}  // namespace slipway::test
