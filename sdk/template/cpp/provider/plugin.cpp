// acme.greeter: a provider that writes down what shall be and reports it as done. Put the making of replicas between.
#include <chrono>
#include <slipway/interfaces/provider.hpp>
#include <slipway/plugin.hpp>

namespace acme_greeter {
namespace {

namespace provider = slipway::provider;
using slipway::Code;
using slipway::Empty;
using slipway::Error;
using slipway::task;

// What people write; `config` of plugin.json says the same as a schema.
struct Settings {
  std::int32_t most_replicas = 100;
  static constexpr auto fields() {
    return slipway::fields(slipway::field("most_replicas", &Settings::most_replicas,
                                          "Replicas of one application at once.", slipway::between(1, 10'000)));
  }
};

// What the host's store keeps of one application. Another host may go on from it.
struct Record {
  std::int64_t token = 0;
  std::optional<provider::Desired> desired;
  slipway::Instant since;
  static constexpr auto fields() {
    return slipway::fields(slipway::field("token", &Record::token, "Largest fencing token seen."),
                           slipway::field("desired", &Record::desired, "What shall be; absent once removed."),
                           slipway::field("since", &Record::since, "Since when."));
  }
};
struct Kept {
  Record record;
  std::int64_t version = 0;
};

slipway::Instant wall_clock() {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::nanoseconds>(since_1970).count()};
}

class Provider final : public slipway::Plugin<Settings> {
 public:
  using Serves = slipway::Interfaces<provider::Interface>;
  using Plugin::Plugin;

  [[nodiscard]] provider::CapabilitiesReply capabilities(const Empty&) const { return {}; }

  [[nodiscard]] provider::ValidateReply validate(const provider::Desired& desired) const {
    std::int32_t replicas = 0;
    for (const auto& group : desired.groups) replicas += group.replicas;
    provider::ValidateReply reply;
    if (replicas > settings().most_replicas) {
      reply.problems.push_back(std::to_string(replicas) + " replicas are more than the " +
                               std::to_string(settings().most_replicas) + " of most_replicas");
    }
    if (!desired.routes.empty()) reply.problems.emplace_back("header_routes: this provider has none");
    if (desired.mirror) reply.problems.emplace_back("mirroring: this provider has none");
    return reply;
  }

  // May be repeated, and may come from another host: the token tells which order is the newer one.
  task<Empty> apply(provider::Desired desired) {
    Kept kept = co_await load(desired.tenant, desired.application);
    refuse_older(kept.record, desired.token, desired.generation);
    const std::string tenant = desired.tenant;
    const std::string application = desired.application;
    kept.record.token = desired.token;
    kept.record.desired = std::move(desired);
    kept.record.since = wall_clock();
    co_await save(tenant, application, std::move(kept));
    slipway::Json changed{{"tenant", tenant}, {"application", application}};
    co_await host().emit(std::string(provider::kChanged), std::move(changed));
    co_return Empty{};
  }

  task<provider::Observation> observe(provider::Target target) {
    const Kept kept = co_await load(target.tenant, target.application);
    if (!kept.record.desired) throw Error(Code::not_found, "there is no application " + target.application);
    co_return observed(kept.record);
  }

  task<Empty> remove(provider::Removal removal) {
    Kept kept = co_await load(removal.tenant, removal.application);
    if (removal.token < kept.record.token) throw Error(Code::aborted, older(removal.token, kept.record.token));
    kept.record.token = removal.token;
    kept.record.desired.reset();
    co_await save(removal.tenant, removal.application, std::move(kept));
    co_return Empty{};
  }

 private:
  task<Kept> load(const std::string& tenant, const std::string& application) {
    slipway::services::StoreGetRequest request{tenant, "application/" + application};
    const auto found = co_await host().store_get(std::move(request));
    Kept kept;
    kept.version = found.version;
    if (found.value) kept.record = value_or_throw(slipway::decode<Record>(*found.value, "the record"));
    co_return kept;
  }
  // ABORTED when another order was faster.
  task<void> save(const std::string& tenant, const std::string& application, Kept kept) {
    slipway::services::StorePutRequest request{tenant, "application/" + application, slipway::encode(kept.record),
                                               kept.version};
    co_await host().store_put(std::move(request));
  }

  static std::string older(std::int64_t token, std::int64_t newest) {
    return "an order under token " + std::to_string(newest) + " came before this one under token " +
           std::to_string(token);
  }
  static void refuse_older(const Record& record, std::int64_t token, std::int64_t generation) {
    if (token < record.token) throw Error(Code::aborted, older(token, record.token));
    if (token == record.token && record.desired && generation < record.desired->generation) {
      throw Error(Code::aborted, "generation " + std::to_string(generation) + " is older than " +
                                     std::to_string(record.desired->generation));
    }
  }
  static provider::Observation observed(const Record& record) {
    provider::Observation seen;
    seen.generation = record.desired->generation;
    seen.converged = true;
    for (const auto& wanted : record.desired->groups) {
      provider::ObservedGroup group;
      group.role = wanted.role;
      group.release = wanted.release.version;
      group.replicas = group.running = group.ready = wanted.replicas;
      group.ready_since.assign(static_cast<std::size_t>(wanted.replicas), record.since);
      group.weight = wanted.weight;
      seen.groups.push_back(std::move(group));
    }
    return seen;
  }
};

}  // namespace
}  // namespace acme_greeter

SLIPWAY_PLUGIN(acme_greeter::Provider)
