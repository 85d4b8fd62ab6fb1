// metrics-probe: checks a group's replicas at their own addresses.
#include <slipway/metrics_answers.hpp>
#include <slipway/plugin.hpp>

#include "plugins/metrics/probe/checks.hpp"

namespace slipway::probe {
namespace {

using namespace slipway::metrics;

constexpr std::size_t kRemembered = 256;
constexpr std::size_t kLargestQuery = 256 << 10;

struct Settings {
  std::int32_t max_replicas = 64;
  bool commands = true;
  static constexpr auto fields() {
    return slipway::fields(field("max_replicas", &Settings::max_replicas,
                                 "Replicas of a group that are checked; of more, the first ones.", between(1, 1000)),
                           field("commands", &Settings::commands,
                                 "Whether checks may run programs on this machine, as the daemon's user."));
  }
};

class Probe final : public Plugin<Settings> {
 public:
  using Serves = Interfaces<metrics::Interface>;
  using Plugin::Plugin;

  void start() { worker_ = std::make_unique<Worker>(); }

  DescribeReply describe(const Empty&) {
    return {{{"cases", "", "Checks made, one for each check and replica."},
             {"failed_cases", "", "Those that failed."},
             {"passed_ratio", "", "Part of the checks that passed, 0 to 1."},
             {"latency_p50", "ms", "Median time of the answers."},
             {"latency_max", "ms", "Time of the slowest answer."}},
            schema_of<Query>()};
  }

  task<QueryReply> query(QueryRequest request) {
    const Query query = accepted(request.query);
    const std::string key = Answers::key_of(request);
    if (auto known = answers_.find(key)) co_return std::move(*known);
    QueryReply reply;
    std::vector<Replica> replicas = replicas_of(request, query, reply.warnings);
    co_await check_all({host(), *worker_}, query, replicas);
    reply.groups = samples(request, query, replicas);
    co_return answers_.keep(key, std::move(reply));
  }

 private:
  Query accepted(const Json& document) const {
    if (to_text(document).size() > kLargestQuery)
      throw Error(Code::invalid_argument, "the query has more than 256 KiB");
    Query query = value_or_throw(read_query(document));
    for (const Check& check : query.checks) {
      if (check.kind == Kind::command && !settings().commands)
        throw Error(Code::permission_denied,
                    "check \"" + check.name + "\" is a command, and this profile sets commands: false");
    }
    return query;
  }
  std::vector<Replica> replicas_of(const QueryRequest& request, const Query& query,
                                   std::vector<std::string>& warnings) const {
    std::vector<Replica> replicas;
    const std::size_t most = query.all_replicas ? static_cast<std::size_t>(settings().max_replicas) : 1;
    for (std::size_t g = 0; g < request.groups.size(); ++g) {
      const GroupRef& group = request.groups[g];
      const std::size_t count = std::min(most, group.addresses.size());
      for (std::size_t i = 0; i < count; ++i)
        replicas.push_back({g, group.addresses[i], request.application, group.release, group.role, {}});
      if (query.all_replicas && count < group.addresses.size())
        warnings.push_back(std::to_string(count) + " of the " + std::to_string(group.addresses.size()) +
                           " replicas of \"" + group.role + "\" were checked (max_replicas)");
    }
    return replicas;
  }
  static std::vector<GroupSamples> samples(const QueryRequest& request, const Query& query,
                                           const std::vector<Replica>& replicas) {
    std::vector<std::vector<NamedOutcome>> found(request.groups.size());
    for (const Replica& replica : replicas) {
      for (std::size_t i = 0; i < replica.outcomes.size(); ++i)
        found[replica.group].push_back({query.checks[i].name + " at " + replica.address, replica.outcomes[i]});
    }
    std::vector<GroupSamples> groups;
    for (std::size_t g = 0; g < found.size(); ++g) groups.push_back(samples_of(request.groups[g].role, found[g]));
    return groups;
  }

  Answers answers_{kRemembered};
  std::unique_ptr<Worker> worker_;
};

}  // namespace
}  // namespace slipway::probe

SLIPWAY_PLUGIN(slipway::probe::Probe)
