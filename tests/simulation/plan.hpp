// What a seed says: an application or two, their releases, and everything that befalls them. The same seed gives the
// same plan, and a plan with some of its mishaps left out is a plan again, so that a failing one can be made smaller.
#pragma once

#include <slipway/document.hpp>
#include <string>
#include <vector>

#include "host/rollout/model.hpp"

namespace slipway::sim {

enum class Mischief {
  // of one call, the next one of a binding
  fail_before,
  fail_after,
  late,
  repeated,
  slow,
  hang,
  crash_before,
  crash_after,
  torn_order,
  // of one host
  crash,
  freeze,
  cut_off,
  lose_lease,
  // of the world
  clock_forward,
  clock_back,
  kill_replica,
  flap,
  lie,
  false_alarm,
  swap_strategy,
  shut_gate,
  // what people do
  deploy,
  replace,
  resize,
  promote,
  pause,
  resume,
  abort,
  retry,
  skip,
  rollback,
  approve,
  // what people do to hosts and to whole applications
  drain,
  undrain,
  stop,
  remove,
  make,
};
constexpr auto enum_names(Mischief) {
  return std::array<EnumName<Mischief>, 37>{{{Mischief::fail_before, "call fails before the deed"},
                                             {Mischief::fail_after, "answer lost after the deed"},
                                             {Mischief::late, "deed done after the deadline"},
                                             {Mischief::repeated, "call delivered twice"},
                                             {Mischief::slow, "slow answer"},
                                             {Mischief::hang, "no answer"},
                                             {Mischief::crash_before, "host dies before the deed"},
                                             {Mischief::crash_after, "host dies after the deed"},
                                             {Mischief::torn_order, "order carried out in part"},
                                             {Mischief::crash, "host dies"},
                                             {Mischief::freeze, "host stands still"},
                                             {Mischief::cut_off, "host without its store"},
                                             {Mischief::lose_lease, "host without its lease"},
                                             {Mischief::clock_forward, "clock forward"},
                                             {Mischief::clock_back, "clock back"},
                                             {Mischief::kill_replica, "replica dies"},
                                             {Mischief::flap, "replica flaps"},
                                             {Mischief::lie, "replicas that are ready and fail"},
                                             {Mischief::false_alarm, "event without a change"},
                                             {Mischief::swap_strategy, "another version of the strategy"},
                                             {Mischief::shut_gate, "gate shut for a while"},
                                             {Mischief::deploy, "deploy"},
                                             {Mischief::replace, "deploy that replaces"},
                                             {Mischief::resize, "other number of replicas"},
                                             {Mischief::promote, "promote"},
                                             {Mischief::pause, "pause"},
                                             {Mischief::resume, "resume"},
                                             {Mischief::abort, "abort"},
                                             {Mischief::retry, "retry"},
                                             {Mischief::skip, "skip"},
                                             {Mischief::rollback, "rollback"},
                                             {Mischief::approve, "approve"},
                                             {Mischief::drain, "host drained"},
                                             {Mischief::undrain, "host undrained"},
                                             {Mischief::stop, "host stopped"},
                                             {Mischief::remove, "application deleted"},
                                             {Mischief::make, "application made again"}}};
}

// `detail` decides the rest: which host, which binding, which release, for how long.
struct Mishap {
  Duration at;  // after the begin
  Mischief kind = Mischief::deploy;
  std::uint64_t detail = 0;
  std::size_t application = 0;  // which of the plan's
};

// How a release does.
enum class Quality { good, bad, never_ready, slow_to_start };

// How a machine's clock goes, beside the world's: at most kMostSkew ahead, and kMostDrift faster or slower.
inline constexpr Duration kMostSkew = seconds(4);
inline constexpr std::int64_t kMostDrift = 20'000;  // ppm; two such clocks part by less than the tenth of a lease
struct Going {
  Duration skew;
  std::int64_t ppm = 0;
};

struct Product {
  rollout::ApplicationSpec spec;
  std::vector<Quality> releases;  // of all but the first, which is good
};
struct Plan {
  std::uint64_t seed = 0;
  std::vector<Product> products;  // one or two
  bool two_hosts = false;
  Going first, second, store;
  std::vector<Mishap> mishaps;  // in the order of time
};

inline constexpr Duration kStorm = seconds(60);

// Of the first product 1.0, 1.1 and so on, of the second 2.0, 2.1 ...: no two have one of the same name.
std::string release_name(std::size_t product, std::uint64_t number);
// Of the plans' analysis by this analyzer.
Json settings_of(std::string_view analyzer);
Plan plan_of(std::uint64_t seed);
std::string text_of(const Mishap& mishap);

}  // namespace slipway::sim
