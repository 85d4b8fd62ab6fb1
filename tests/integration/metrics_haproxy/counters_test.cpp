#include <fstream>

#include "tests/integration/metrics_haproxy/edge.hpp"

namespace slipway::test {
namespace {

TEST(HaproxyCountersLive, StepInWhenThereAreNoRecords) {
  Haproxy haproxy(Ring::absent);
  haproxy.start();
  Metrics metrics(haproxy, {{"sample_every", "20ms"}});
  ASSERT_TRUE(eventually([&] { return metrics.is_healthy("counters"); }));
  Client client(haproxy.port());
  const Instant from = wall_clock();
  // Once it answers, a sample lies between the window's begin and the first request.
  ASSERT_TRUE(eventually([&] { return metrics.stable(from, wall_clock()).values.contains("requests"); }));
  for (int i = 0; i < 60; ++i) client.get(i < 6 ? "/a/fail" : "/a");
  for (int i = 0; i < 5; ++i) client.get("/c");
  // On a busy machine a sample takes long, and the next one is not taken at once.
  std::vector<metrics::GroupSamples> groups;
  ASSERT_TRUE(eventually([&] {
    groups = metrics.ask(from, wall_clock()).groups;
    return groups.at(2).values.contains("requests");
  }));
  const auto found = groups.at(1);
  EXPECT_EQ(groups.at(2).values.at("requests"), 5);
  EXPECT_EQ(found.values.at("requests"), 60);
  EXPECT_EQ(found.values.at("failures"), 6);
  EXPECT_GT(found.completeness, 0.5);
  EXPECT_FALSE(found.values.contains("latency_p99"));
  EXPECT_EQ(found.problem, "no access records: HAProxy is not connected");
}

TEST(HaproxySockets, ASocketThatCannotBeMadeIsToldAtTheStart) {
  try {
    Hosted plugin("metrics-haproxy", {{"records_socket", "/no/such/directory/records.sock"}, {"stats_socket", ""}});
    FAIL() << "it started";
  } catch (const Error& error) {
    EXPECT_EQ(
        error.status(),
        Status(Code::failed_precondition,
               "cannot listen for access records on \"/no/such/directory/records.sock\": No such file or directory"));
  }
}

TEST(HaproxySockets, NothingToReadIsRefused) {
  EXPECT_THROW(Hosted("metrics-haproxy", {{"records_socket", ""}, {"stats_socket", ""}}), Error);
}

TEST(HaproxySockets, TheRecordsSocketIsItsOwnersAndGoesWithThePlugin) {
  TemporaryDirectory directory;
  const auto path = directory.path() / "records.sock";
  std::ofstream(path) << "left over";
  {
    Hosted plugin("metrics-haproxy", {{"records_socket", path.string()}, {"stats_socket", ""}});
    EXPECT_TRUE(std::filesystem::is_socket(path));
    EXPECT_EQ(std::filesystem::status(path).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

}  // namespace
}  // namespace slipway::test
