// The two placements: the same answers, and a worker's end at any moment.
#include "tools/kit/test.hpp"

namespace slipway::kit {
namespace {

void without_a_worker(Context&) { skip("slipway-worker is not there: the isolated placement can't be tried"); }

}  // namespace

void add_placement_tests(Tests& tests) {
  tests.push_back({.group = "parity",
                   .name = "replies_are_the_same",
                   .what = "Replies are byte for byte the same in both placements.",
                   .run = without_a_worker,
                   .level = Level::isolated});
  tests.push_back({.group = "kill",
                   .name = "calls_end_with_unavailable",
                   .what = "A worker killed between two frames ends each open call once, with UNAVAILABLE.",
                   .run = without_a_worker,
                   .level = Level::isolated});
}

}  // namespace slipway::kit
