#include "plugins/providers/local/pool/merge.hpp"

#include <gmock/gmock.h>

#include "tests/unit/plugins/providers/local/fakes.hpp"

namespace slipway::local::test {
namespace {

using ::testing::ElementsAre;

Order order() {
  Order made;
  made.desired = desired(7, {group("stable", "1.0", 4, 600'000), group("next", "1.1", 1, 400'000)});
  made.revision = 3;
  made.shares = {{"a", "1.0", 2}, {"b", "1.0", 2}, {"b", "1.1", 1}};
  return made;
}

provider::ObservedGroup seen(const std::string& version, std::int32_t ready, std::uint32_t weight) {
  provider::ObservedGroup made;
  made.release = version;
  made.running = made.ready = ready;
  made.weight = weight;
  for (std::int32_t i = 0; i < ready; ++i) made.ready_since.push_back(Instant{i});
  return made;
}

Report report(const std::string& machine, std::vector<provider::ObservedGroup> groups) {
  Report made;
  made.machine = machine;
  made.revision = 3;
  made.seen.converged = true;
  made.seen.groups = std::move(groups);
  return made;
}

TEST(Merge, adds_up_what_the_machines_have) {
  Report a = report("a", {seen("1.0", 2, 600'000), seen("1.1", 0, 400'000)});
  Report b = report("b", {seen("1.0", 2, 600'000), seen("1.1", 1, 400'000)});
  b.offers_number = 4;
  a.heard["b"] = 4;
  b.heard["a"] = 0;
  const auto whole = merged(order(), {a, b});
  EXPECT_TRUE(whole.converged);
  EXPECT_EQ(whole.generation, 7);
  ASSERT_EQ(whole.groups.size(), 2U);
  EXPECT_EQ(whole.groups[0].role, "stable");
  EXPECT_EQ(whole.groups[0].replicas, 4);
  EXPECT_EQ(whole.groups[0].ready, 4);
  EXPECT_EQ(whole.groups[0].ready_since.size(), 4U);
  EXPECT_EQ(whole.groups[0].weight, 600'000U);
  EXPECT_EQ(whole.groups[1].ready, 1);
  EXPECT_EQ(whole.groups[1].weight, 400'000U);
}

TEST(Merge, is_not_done_while_an_edge_has_not_heard_of_a_replica_of_another_machine) {
  Report a = report("a", {seen("1.0", 2, kAllTraffic)});
  Report b = report("b", {seen("1.0", 2, kAllTraffic)});
  b.offers_number = 4;
  a.heard["b"] = 3;
  b.heard["a"] = 0;
  EXPECT_FALSE(merged(order(), {a, b}).converged);
}

TEST(Merge, has_a_weight_only_when_each_edge_has_it) {
  const auto whole = merged(order(), {report("a", {seen("1.0", 2, 600'000), seen("1.1", 0, 400'000)}),
                                      report("b", {seen("1.0", 2, kAllTraffic), seen("1.1", 1, 0)})});
  EXPECT_EQ(whole.groups[0].weight, 800'000U);
  EXPECT_EQ(whole.groups[1].weight, 200'000U);
}

TEST(Merge, weights_add_up_although_means_are_cut) {
  Report third = report("c", {seen("1.0", 2, kAllTraffic)});
  const auto whole = merged(order(), {report("a", {seen("1.0", 2, 600'000), seen("1.1", 1, 400'000)}),
                                      report("b", {seen("1.0", 2, 600'000), seen("1.1", 1, 400'000)}), third});
  EXPECT_EQ(whole.groups[0].weight + whole.groups[1].weight, kAllTraffic);
  EXPECT_EQ(whole.groups[1].weight, 266'666U);
}

TEST(Merge, is_not_done_while_a_machine_is_behind_or_has_said_nothing) {
  Report behind = report("b", {seen("1.0", 2, 600'000)});
  behind.revision = 2;
  EXPECT_FALSE(merged(order(), {report("a", {}), behind}).converged);
  Report silent;
  silent.machine = "b";
  EXPECT_FALSE(merged(order(), {report("a", {}), silent}).converged);
  EXPECT_FALSE(merged(order(), {}).converged);
}

TEST(Merge, tells_whose_problem_it_is) {
  auto ill = seen("1.0", 1, 600'000);
  ill.problem = "replica 1.0-2 can't start: no port";
  Report report_b = report("b", {ill});
  report_b.seen.problems = {"HAProxy does not answer"};
  const auto whole = merged(order(), {report("a", {seen("1.0", 2, 600'000)}), report_b});
  EXPECT_EQ(whole.groups[0].problem, "machine b: replica 1.0-2 can't start: no port");
  EXPECT_THAT(whole.problems, ElementsAre("machine b: HAProxy does not answer"));
}

TEST(Merge, tells_of_replicas_that_have_no_machine) {
  Order full = order();
  full.shares = {{"a", "1.0", 3}, {"a", "1.1", 1}};
  const auto whole = merged(full, {report("a", {seen("1.0", 3, 600'000)})});
  EXPECT_FALSE(whole.converged);
  EXPECT_EQ(whole.groups[0].problem,
            "1 of 4 replicas have no machine; the pool's machines that are alive have no room for them");
}

}  // namespace
}  // namespace slipway::local::test
