// What every provider must do. A new one adds itself to plugins.cpp; nothing else here knows which one it is.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <slipway/interfaces/provider.hpp>
#include <string>
#include <vector>

namespace slipway::test {

// Settings that a provider must refuse, and the field that its refusal must name.
struct WrongSettings {
  Json changes;  // a merge patch over good settings
  std::string path;
};

// Where a provider works: folders, ports, an account. It outlives the instances that are started in it, and ends what
// they leave running.
class ProviderPlace {
 public:
  ProviderPlace() = default;
  ProviderPlace(const ProviderPlace&) = delete;
  ProviderPlace& operator=(const ProviderPlace&) = delete;
  virtual ~ProviderPlace() = default;

  // The same for each instance: what one did the next one finds.
  [[nodiscard]] virtual Json settings() const = 0;
  [[nodiscard]] virtual std::vector<WrongSettings> wrong_settings() const = 0;
  // Gets ready within seconds; never gets ready.
  [[nodiscard]] virtual provider::Release good(const std::string& version) const = 0;
  [[nodiscard]] virtual provider::Release never_ready(const std::string& version) const = 0;
  // Replicas that were ever started, and those that are alive, as they tell it themselves.
  [[nodiscard]] virtual int started() const = 0;
  [[nodiscard]] virtual int alive() const = 0;
  // Ends one replica of the release behind the provider's back.
  virtual void kill_one(const std::string& version) = 0;
};

struct ProviderPlugin {
  std::string name;
  std::string package;  // id in the plugin root
  std::function<std::unique_ptr<ProviderPlace>()> place;
};
inline void PrintTo(const ProviderPlugin& plugin, std::ostream* out) { *out << plugin.name; }
std::vector<ProviderPlugin> provider_plugins();

class ProviderContract : public testing::TestWithParam<ProviderPlugin> {
 protected:
  ProviderContract();
  ~ProviderContract() override;

  // The instance ends, what it made stays, and another one begins.
  void restart();
  // The status with which an instance with these settings does not start.
  Status start_with(const Json& settings);

  provider::CapabilitiesReply capabilities();
  std::vector<std::string> problems_of(const provider::Desired& desired);
  Status apply(const provider::Desired& desired);
  Result<provider::Observation> observe(const provider::Target& target = {"acme", "shop"});
  Status remove(const provider::Removal& removal = {"acme", "shop", 1});
  Result<std::string> call_text(std::uint32_t method, const std::string& payload);
  // {"tenant", "application"} of each change that was announced.
  [[nodiscard]] std::vector<Json> announced() const;

  // Observes until the predicate holds; what was seen last, with a failure of the test when it never does.
  provider::Observation until(const std::function<bool(const provider::Observation&)>& predicate,
                              const provider::Target& target = {"acme", "shop"});
  // Applies and waits until it has come true.
  provider::Observation converge(const provider::Desired& desired);
  // Waits until there is no such application.
  bool gone(const provider::Target& target = {"acme", "shop"});
  // Listed: validated without a problem, and it comes true. Not listed: refused with the feature's name.
  void expect_as_listed(bool listed, const provider::Desired& desired, const std::string& name);
  bool await(const std::function<bool()>& condition);

  std::unique_ptr<ProviderPlace> place_;

 private:
  struct Instance;  // the fake host behind it is heavy to compile
  std::unique_ptr<Instance> instance_;
};

// Desired states of application "shop" of tenant "acme" under token 1.
provider::Desired shop(std::int64_t generation, std::vector<provider::DesiredGroup> groups);
provider::DesiredGroup stable(const provider::Release& release, int replicas, std::uint32_t weight = kAllTraffic);
provider::DesiredGroup next(const provider::Release& release, int replicas, std::uint32_t weight);
provider::DesiredGroup baseline(const provider::Release& release, int replicas, std::uint32_t weight);

// The group of a release; an empty one when it is not there.
provider::ObservedGroup group_of(const provider::Observation& seen, const std::string& version);
std::uint64_t sum_of_weights(const provider::Observation& seen);

}  // namespace slipway::test
