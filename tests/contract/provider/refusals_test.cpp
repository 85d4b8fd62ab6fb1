// Capabilities are the truth: what is listed works, what is not is refused by name; and so is what makes no sense.
#include "tests/contract/provider/provider_contract.hpp"

namespace slipway::test {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::Not;

TEST_P(ProviderContract, weights_are_possible_or_refused_by_name) {
  const auto can = capabilities();
  const std::uint32_t share = can.weight_granularity;
  auto split = shop(1, {stable(place_->good("1.0"), 1, kAllTraffic - share), next(place_->good("1.1"), 1, share)});
  expect_as_listed(can.weights, split, "weight");
  if (!can.weights || can.weight_granularity == 1) return;
  split.groups[0].weight -= 1;
  split.groups[1].weight += 1;
  EXPECT_THAT(problems_of(split), Contains(testing::HasSubstr("weight")));
}

TEST_P(ProviderContract, header_routes_are_possible_or_refused_by_name) {
  auto wanted = shop(1, {stable(place_->good("1.0"), 1), next(place_->good("1.1"), 1, 0)});
  wanted.routes.push_back({"x-canary", "yes", "next"});
  expect_as_listed(capabilities().header_routes, wanted, "header");
}

TEST_P(ProviderContract, mirroring_is_possible_or_refused_by_name) {
  auto wanted = shop(1, {stable(place_->good("1.0"), 1), next(place_->good("1.1"), 1, 0)});
  wanted.mirror = provider::Mirror{"next", 100'000, 4};
  expect_as_listed(capabilities().mirroring, wanted, "mirror");
}

TEST_P(ProviderContract, a_baseline_is_possible_beside_next_or_refused_by_name) {
  auto wanted = shop(1, {stable(place_->good("1.0"), 1), next(place_->good("1.1"), 1, 0),
                         baseline(place_->good("1.0+baseline"), 1, 0)});
  expect_as_listed(capabilities().max_groups >= 3, wanted, "baseline");
  wanted.groups.erase(wanted.groups.begin() + 1);
  EXPECT_THAT(problems_of(wanted), Contains(testing::HasSubstr("baseline")));
  EXPECT_EQ(apply(wanted).code, Code::invalid_argument);
}

TEST_P(ProviderContract, more_groups_than_listed_are_refused) {
  auto wanted = shop(1, {stable(place_->good("1.0"), 1)});
  for (int i = 0; i < capabilities().max_groups; ++i)
    wanted.groups.push_back(next(place_->good("2." + std::to_string(i)), 1, 0));
  EXPECT_THAT(problems_of(wanted), Not(IsEmpty()));
  EXPECT_EQ(apply(wanted).code, Code::invalid_argument);
}

TEST_P(ProviderContract, validation_does_nothing) {
  EXPECT_THAT(problems_of(shop(1, {stable(place_->good("1.0"), 1)})), IsEmpty());
  EXPECT_EQ(observe().status().code, Code::not_found);
  EXPECT_EQ(place_->started(), 0);
}

TEST_P(ProviderContract, what_makes_no_sense_is_refused_by_validate_and_by_apply_and_leaves_what_was) {
  const auto good = shop(1, {stable(place_->good("1.0"), 1)});
  converge(good);
  std::vector<std::pair<const char*, std::function<void(provider::Desired&)>>> faults = {
      {"999999", [](auto& d) { d.groups[0].weight = 999'999; }},
      {"no replicas", [](auto& d) { d.groups[0].replicas = 0; }},
      {"preview", [](auto& d) { d.groups[0].role = "preview"; }},
      {"occurs twice", [this](auto& d) { d.groups.push_back(stable(place_->good("1.1"), 1, 0)); }},
      {"in two groups", [this](auto& d) { d.groups.push_back(next(place_->good("1.0"), 1, 0)); }},
      {"elsewhere",
       [](auto& d) {
         d.routes.push_back({"x-canary", "yes", "elsewhere"});
       }},
      {"elsewhere", [](auto& d) {
         d.mirror = provider::Mirror{"elsewhere", 1, 1};
       }}};
  for (const auto& [named, spoil] : faults) {
    auto wanted = shop(2, {stable(place_->good("1.0"), 1)});
    spoil(wanted);
    EXPECT_THAT(problems_of(wanted), Contains(testing::HasSubstr(named)));
    const Status refused = apply(wanted);
    EXPECT_EQ(refused.code, Code::invalid_argument) << named;
    EXPECT_THAT(refused.problems, Not(IsEmpty())) << named;
  }
  const auto seen = observe();
  EXPECT_EQ(seen->generation, 1);
  EXPECT_TRUE(seen->converged);
  EXPECT_EQ(place_->started(), 1);
}

TEST_P(ProviderContract, wrong_settings_are_refused_before_the_start_and_the_field_is_named) {
  for (const WrongSettings& wrong : place_->wrong_settings()) {
    Json settings = place_->settings();
    settings.merge_patch(wrong.changes);
    const Status refused = start_with(settings);
    EXPECT_EQ(refused.code, Code::invalid_argument) << wrong.path;
    EXPECT_THAT(refused.problems, Contains(testing::Field(&Problem::path, wrong.path))) << to_string(refused);
  }
}

TEST_P(ProviderContract, documents_that_are_none_are_refused_and_nothing_is_done) {
  for (const char* payload : {"", "nonsense", "\xff", "[]", "{}", R"({"tenant":7,"application":"shop"})"}) {
    for (std::uint32_t method = provider::Interface::index_of<provider::Validate>();
         method <= provider::Interface::index_of<provider::Remove>(); ++method) {
      EXPECT_EQ(call_text(method, payload).status().code, Code::invalid_argument) << method << " " << payload;
    }
  }
  EXPECT_EQ(call_text(99, "{}").status().code, Code::unimplemented);
  EXPECT_EQ(observe().status().code, Code::not_found);
  EXPECT_EQ(place_->started(), 0);
}

}  // namespace
}  // namespace slipway::test
