#include "host/rollout/validate.hpp"

#include <gmock/gmock.h>

namespace slipway::rollout {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> lines(const Problems& problems) {
  std::vector<std::string> list;
  for (const Problem& problem : problems)
    list.push_back(problem.path + ": " + problem.message +
                   (problem.value.empty() ? "" : " (was " + problem.value + ")"));
  return list;
}

TEST(Names, BeginAndEndWithALetterOrDigit) {
  EXPECT_TRUE(is_name("shop-2.1"));
  for (const char* bad : {"", "-shop", "shop-", "Shop", "a b", "a/b", ".", "ä"}) EXPECT_FALSE(is_name(bad)) << bad;
  EXPECT_TRUE(is_name(std::string(63, 'a')));
  EXPECT_FALSE(is_name(std::string(64, 'a')));
}

TEST(Applications, AGoodOneHasNoFault) { EXPECT_THAT(faults_of(ApplicationSpec{.name = "shop"}), IsEmpty()); }

TEST(Applications, EveryFaultIsFoundAtOnce) {
  ApplicationSpec spec{.name = "Shop", .hosts = {"Shop.example"}};
  spec.analyses = {{.name = "errors"}, {.name = "errors", .interval = milliseconds(1)}};
  spec.verification = {.period = {}, .analyses = {"latency"}};
  EXPECT_THAT(lines(faults_of(spec)),
              ElementsAre("/name: want lower-case letters, digits, dots and dashes, beginning and ending with a letter "
                          "or digit (was \"Shop\")",
                          "/hosts/0: want a Host header in lower case, such as shop.example.com (was \"Shop.example\")",
                          "/analyses/1/name: is used twice; each analysis has a name of its own (was \"errors\")",
                          "/analyses/1/interval: want at least 100ms (was \"1ms\")",
                          "/verification/analyses/0: is none of the application's analyses (was \"latency\")",
                          "/verification/period: want a duration above 0, or no analyses (was \"0\")"));
}

TEST(Applications, AWatchLastsAtLeastAsLongAsTheFirstWindowOfEachOfItsAnalyses) {
  ApplicationSpec spec{.name = "shop"};
  spec.analyses = {{.name = "errors", .interval = seconds(5), .initial_delay = seconds(1)},
                   {.name = "slow", .interval = seconds(60)}};
  spec.verification = {.period = seconds(5), .analyses = {"errors"}};
  EXPECT_THAT(lines(faults_of(spec)), ElementsAre("/verification/period: ends before the first window of the analysis "
                                                  "errors; want at least 6s (was \"5s\")"));
  spec.verification.period = seconds(6);
  EXPECT_THAT(faults_of(spec), IsEmpty());
  spec.verification.analyses = {};
  EXPECT_THAT(faults_of(spec), testing::SizeIs(1)) << "without names all of them watch";
}

TEST(Applications, OneThatIsTooLargeIsToldWithItsLargestPart) {
  ApplicationSpec spec{.name = "shop"};
  spec.analyses = {{.name = "errors"}, {.name = "slow", .query = {{"text", std::string(300'000, 'x')}}}};
  EXPECT_THAT(lines(faults_of(spec)),
              ElementsAre("/analyses/1/query/text: has 300002 bytes, the most in a document of " +
                          std::to_string(encode_text(spec).size()) + " bytes; at most 262144 are allowed"));
}

TEST(Releases, OneThatIsTooLargeIsToldWithItsLargestPart) {
  ReleaseRequest request{.release = {.version = "1.0", .command = {"/bin/app"}}};
  for (int i = 0; i < 9; ++i) request.release.files.push_back({"f" + std::to_string(i), std::string(100'000, 'x')});
  const auto told = lines(faults_of(request));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_THAT(told[0], testing::StartsWith("/release/files: has 9"));
  EXPECT_THAT(told[0], testing::EndsWith("; at most 786432 are allowed"));
}

TEST(Releases, AGoodOneHasNoFault) {
  EXPECT_THAT(faults_of(ReleaseRequest{.release = {.version = "1.0", .command = {"/bin/app"}}}), IsEmpty());
}

TEST(Releases, EveryFaultIsFoundAtOnceAndNoSecretIsRepeated) {
  ReleaseRequest request{.release = {.version = "1.0", .command = {}}};
  request.release.artefact = {.path = "/opt/app", .archive = "app.tar", .digest = ""};
  request.release.env = {{"TOKEN", "x"}};
  request.release.secrets = {{"TOKEN", "hunter2"}};
  request.release.files = {{.path = "../etc/passwd", .content = ""}};
  EXPECT_THAT(lines(faults_of(request)),
              ElementsAre("/release/artefact: want path or archive, not both",
                          "/release/artefact/archive: want an absolute path (was \"app.tar\")",
                          "/release/artefact/digest: an archive needs its digest, sha256:<64 hex digits>",
                          "/release/command/0: want the program to run",
                          "/release/secrets/TOKEN: is given twice, in env and in secrets",
                          "/release/secrets/TOKEN: want a reference such as env:NAME or file:name, never a value",
                          "/release/files/0/path: want a path inside the working directory (was \"../etc/passwd\")"));
}

}  // namespace
}  // namespace slipway::rollout
