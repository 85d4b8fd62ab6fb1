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

void add(Routing& routing, const Routed& window) {
  const std::uint32_t weight = window.weight.value_or(0);
  const std::uint32_t wanted = weight < kAllTraffic ? weight : 0;
  if (routing.weight != wanted) {
    routing = {0, 0, wanted, log_evidence(routing)};
    return;
  }
  if (wanted == 0 || !window.follows) return;
  routing.next += window.next;
  routing.stable += window.stable;
}

double log_evidence(const Routing& routing) { return routing.before + evidence_now(routing); }

std::string routing_sentence(const Routing& routing, double evidence, double threshold) {
  const std::int64_t all = routing.next + routing.stable;
  const std::string against = "log-evidence " + number(evidence) + " of the " + number(threshold) + " that alpha " +
                              number(kRoutingAlpha) + " asks for";
  if (all == 0 && evidence >= threshold)
    return "the routing did not follow the weights before they changed: " + against;
  if (all == 0) return "in no two windows in a row did the weights alone decide where requests go";
  return std::string(evidence >= threshold ? "the routing does not follow the weights: " : "") + number(routing.next) +
         " of " + number(all) + " requests (" + percent(routing.next, all) + ") went to next, where " +
         share_to_string(routing.weight) + " should; " + against;
}

}  // namespace slipway::sequential
