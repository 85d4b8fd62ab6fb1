#include "tests/contract/provider/provider_contract.hpp"

#include <algorithm>

#include "tests/contract/hosted.hpp"

namespace slipway::test {
namespace {

constexpr Duration kPatience = seconds(20);

Result<Json> resolve(const Json& request) {
  Json values = Json::object();
  for (const Json& reference : request.at("references")) values[reference.get<std::string>()] = "secret";
  return Json{{"values", values}};
}

}  // namespace

struct ProviderContract::Instance {
  Instance(const std::string& package, const Json& settings)
      : plugin(package, settings, [](FakeHost& host) { host.on("secrets", "resolve", resolve); }) {}
  Hosted plugin;
};

ProviderContract::ProviderContract() : place_(GetParam().place()) { restart(); }
ProviderContract::~ProviderContract() = default;

void ProviderContract::restart() {
  instance_.reset();
  instance_ = std::make_unique<Instance>(GetParam().package, place_->settings());
}

Status ProviderContract::start_with(const Json& settings) {
  try {
    const Instance other(GetParam().package, settings);
    return {};
  } catch (const Error& error) {
    return error.status();
  }
}

provider::CapabilitiesReply ProviderContract::capabilities() {
  return value_or_throw(call<provider::Interface, provider::Capabilities>(instance_->plugin, {}));
}

std::vector<std::string> ProviderContract::problems_of(const provider::Desired& desired) {
  return value_or_throw(call<provider::Interface, provider::Validate>(instance_->plugin, desired)).problems;
}

Status ProviderContract::apply(const provider::Desired& desired) {
  return call<provider::Interface, provider::Apply>(instance_->plugin, desired).status();
}

Result<provider::Observation> ProviderContract::observe(const provider::Target& target) {
  return call<provider::Interface, provider::Observe>(instance_->plugin, target);
}

Status ProviderContract::remove(const provider::Removal& removal) {
  return call<provider::Interface, provider::Remove>(instance_->plugin, removal).status();
}

Result<std::string> ProviderContract::call_text(std::uint32_t method, const std::string& payload) {
  return instance_->plugin.call(provider::kId, method, payload, {});
}

std::vector<Json> ProviderContract::announced() const {
  std::vector<Json> changes;
  for (const Json& event : instance_->plugin.host().events()) {
    if (event.value("type", "") == provider::kChanged) changes.push_back(event.at("data"));
  }
  return changes;
}

// Looks again at each announcement, and now and then without one.
bool ProviderContract::await(const std::function<bool()>& condition) {
  FakeHost& host = instance_->plugin.host();
  const auto end = std::chrono::steady_clock::now() + std::chrono::nanoseconds(kPatience.ns);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    const auto before = host.events().size();
    host.wait_until([&] { return host.events().size() > before; }, milliseconds(50));
  }
  return true;
}

provider::Observation ProviderContract::until(const std::function<bool(const provider::Observation&)>& predicate,
                                              const provider::Target& target) {
  provider::Observation last;
  const bool came = await([&] {
    auto seen = observe(target);
    if (seen.ok()) last = std::move(*seen);
    return seen.ok() && predicate(last);
  });
  EXPECT_TRUE(came) << "it did not come about: " << encode_text(last);
  return last;
}

provider::Observation ProviderContract::converge(const provider::Desired& desired) {
  EXPECT_EQ(apply(desired), Status());
  return until([&](const auto& seen) { return seen.converged && seen.generation == desired.generation; },
               {desired.tenant, desired.application});
}

bool ProviderContract::gone(const provider::Target& target) {
  return await([&] { return observe(target).status().code == Code::not_found; });
}

void ProviderContract::expect_as_listed(bool listed, const provider::Desired& desired, const std::string& name) {
  const auto problems = problems_of(desired);
  if (listed) {
    EXPECT_THAT(problems, testing::IsEmpty());
    EXPECT_TRUE(converge(desired).converged);
    return;
  }
  EXPECT_THAT(problems, testing::Contains(testing::HasSubstr(name)));
  EXPECT_EQ(apply(desired).code, Code::invalid_argument);
}

provider::Desired shop(std::int64_t generation, std::vector<provider::DesiredGroup> groups) {
  provider::Desired desired{.tenant = "acme", .application = "shop", .rollout = "r1", .token = 1};
  desired.generation = generation;
  desired.hosts = {"shop.test"};
  desired.groups = std::move(groups);
  return desired;
}

provider::DesiredGroup stable(const provider::Release& release, int replicas, std::uint32_t weight) {
  return {"stable", release, replicas, weight};
}

provider::DesiredGroup next(const provider::Release& release, int replicas, std::uint32_t weight) {
  return {"next", release, replicas, weight};
}

provider::DesiredGroup baseline(const provider::Release& release, int replicas, std::uint32_t weight) {
  return {"baseline", release, replicas, weight};
}

provider::ObservedGroup group_of(const provider::Observation& seen, const std::string& version) {
  const auto found = std::ranges::find(seen.groups, version, &provider::ObservedGroup::release);
  return found == seen.groups.end() ? provider::ObservedGroup{} : *found;
}

std::uint64_t sum_of_weights(const provider::Observation& seen) {
  std::uint64_t sum = 0;
  for (const auto& group : seen.groups) sum += group.weight;
  return sum;
}

}  // namespace slipway::test
