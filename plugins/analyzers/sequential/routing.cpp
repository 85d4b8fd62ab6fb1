#include "plugins/analyzers/sequential/routing.hpp"

#include "plugins/analyzers/sequential/split.hpp"
#include "plugins/analyzers/sequential/words.hpp"

namespace slipway::sequential {
namespace {

constexpr double kConcentration = 10'000;

double evidence_now(const Routing& routing) {
  const double share = static_cast<double>(routing.weight) / kAllTraffic;
  const std::array<std::int64_t, 2> counts{routing.next, routing.stable};
  const std::array<double, 2> shares{share, 1 - share};
  return routing.next + routing.stable == 0 ? 0 : split_evidence(counts, shares, kConcentration);
}

}  // namespace

void add(Routing& routing, std::int64_t next, std::int64_t stable, std::uint32_t weight) {
  if (weight == 0 || weight >= kAllTraffic) return;
  if (routing.weight != weight) routing = {0, 0, weight, log_evidence(routing)};
  routing.next += next;
  routing.stable += stable;
}

double log_evidence(const Routing& routing) { return routing.before + evidence_now(routing); }

std::string routing_sentence(const Routing& routing, double evidence, double threshold) {
  if (routing.weight == 0) return "in no window so far did the weights alone decide where requests go";
  const std::int64_t all = routing.next + routing.stable;
  return std::string(evidence >= threshold ? "the routing does not follow the weights: " : "") + number(routing.next) +
         " of " + number(all) + " requests (" + percent(routing.next, all) + ") went to next, where " +
         share_to_string(routing.weight) + " should; log-evidence " + number(evidence) + " of the " +
         number(threshold) + " that alpha " + number(kRoutingAlpha) + " asks for";
}

}  // namespace slipway::sequential
