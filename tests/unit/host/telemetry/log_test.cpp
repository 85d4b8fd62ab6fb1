#include "host/telemetry/log.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <slipway/json.hpp>
#include <thread>

#include "host/base/files.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/temporary_directory.hpp"

namespace slipway::telemetry {
namespace {

class Logging : public testing::Test {
 protected:
  Log log(LogFormat format, Level level = Level::debug) {
    return Log::to([this](std::string_view line) { lines.emplace_back(line); },
                   {.format = format, .level = level, .file = ""}, clock);
  }

  test::ManualClock clock{Instant{1'767'225'600'250'000'000}};
  std::vector<std::string> lines;
};

TEST_F(Logging, ATextRecordIsOneLineWithTimeLevelMessageAndFields) {
  log(LogFormat::text)
      .warn("replica is slow",
            {{"app", "shop"}, {"replica", 3}, {"seconds", 1.5}, {"ready", false}, {"why", "took too long"}});
  EXPECT_EQ(
      lines.at(0),
      "2026-01-01T00:00:00.25Z WARN  replica is slow app=shop replica=3 seconds=1.5 ready=false why=\"took too long\"");
}

TEST_F(Logging, AJsonRecordIsOneObjectWithTypedFields) {
  log(LogFormat::json).info("hello \"you\"", {{"app", std::string("shop")}, {"weight", 250000U}, {"low", -1}});
  EXPECT_EQ(
      lines.at(0),
      R"({"time":"2026-01-01T00:00:00.25Z","level":"info","message":"hello \"you\"","app":"shop","weight":250000,"low":-1})");
}

TEST_F(Logging, BoundFieldsGoWithEachRecordAndALaterOneOfTheSameNameWins) {
  const auto base = log(LogFormat::text);
  const auto bound = base.with({{"request_id", "r1"}, {"trace_id", "t1"}});
  bound.info("one");
  bound.with({{"trace_id", "t2"}}).info("two", {{"request_id", "r2"}});
  base.info("three");
  EXPECT_EQ(lines.at(0), "2026-01-01T00:00:00.25Z INFO  one request_id=r1 trace_id=t1");
  EXPECT_EQ(lines.at(1), "2026-01-01T00:00:00.25Z INFO  two trace_id=t2 request_id=r2");
  EXPECT_EQ(lines.at(2), "2026-01-01T00:00:00.25Z INFO  three");
}

TEST_F(Logging, ALevelChangeReachesEveryCopy) {
  const auto first = log(LogFormat::text, Level::warn);
  const auto second = first.with({{"a", 1}});
  second.info("not yet");
  EXPECT_FALSE(second.enabled(Level::info));
  first.set_level(Level::debug);
  EXPECT_TRUE(second.enabled(Level::debug));
  second.debug("now");
  EXPECT_EQ(lines.size(), 1U);
}

TEST_F(Logging, AFieldWhoseNameSaysSecretIsRedactedAndSoIsABearerToken) {
  log(LogFormat::text)
      .info("sent Authorization: Bearer abc.def to x",
            {{"Password", "hunter2"}, {"token", 5}, {"header", "bearer xyz"}, {"fencing_token", 5}});
  log(LogFormat::json).info("m", {{"api_key", "k"}});
  EXPECT_EQ(
      lines.at(0),
      "2026-01-01T00:00:00.25Z INFO  sent Authorization: Bearer [redacted] to x Password=[redacted] token=[redacted] "
      "header=\"bearer [redacted]\" fencing_token=5");
  EXPECT_EQ(lines.at(1), R"({"time":"2026-01-01T00:00:00.25Z","level":"info","message":"m","api_key":"[redacted]"})");
}

TEST_F(Logging, TextFromOutsideCannotForgeALineNorAFieldOfTheRecord) {
  log(LogFormat::text).info("a\nb \"c\" \\ d", {{"x", "1\n2"}, {"level", "error"}});
  EXPECT_EQ(lines.at(0), "2026-01-01T00:00:00.25Z INFO  a\\nb \"c\" \\ d x=\"1\\n2\" field_level=error");
}

TEST_F(Logging, BytesThatAreNotUtf8AndNumbersThatAreNoneStayValidJson) {
  log(LogFormat::json).info("bad \xff byte", {{"nan", 0.0 / 0.0}, {"raw", "\xc3"}});
  const auto record = parse_json(lines.at(0));
  ASSERT_TRUE(record.ok()) << lines.at(0);
  EXPECT_EQ((*record)["message"], "bad \xef\xbf\xbd byte");
}

TEST_F(Logging, ATextBeyondTheLimitIsCutAtACharacter) {
  const std::string kept(8191, 'x');
  log(LogFormat::json).info(kept + "ä and much more");
  EXPECT_EQ((*parse_json(lines.at(0)))["message"], kept + "…");
}

TEST_F(Logging, FieldsCollectedAtRunTimeAreWrittenToo) {
  const std::vector<Field> fields{{"a", 1}, {"b", "two"}};
  log(LogFormat::text).write(Level::error, "m", fields);
  EXPECT_EQ(lines.at(0), "2026-01-01T00:00:00.25Z ERROR m a=1 b=two");
}

TEST_F(Logging, NothingIsWrittenByALogThatIsNone) {
  const auto none = Log::none();
  none.set_level(Level::debug);
  EXPECT_FALSE(none.enabled(Level::error));
  none.with({{"a", 1}}).error("lost");
  EXPECT_TRUE(none.reopen("").ok());
}

TEST_F(Logging, AFileIsAppendedToAndFoundAgainAfterARotation) {
  const test::TemporaryDirectory folder;
  const auto path = folder.path() / "slipwayd.log";
  const auto file = Log::open({.format = LogFormat::text, .level = Level::info, .file = path.string()}, clock);
  ASSERT_TRUE(file.ok());
  file->info("one");
  std::filesystem::rename(path, folder.path() / "slipwayd.log.1");
  ASSERT_TRUE(file->reopen(path.string()).ok());
  file->info("two");
  EXPECT_EQ(*base::read_file(folder.path() / "slipwayd.log.1"), "2026-01-01T00:00:00.25Z INFO  one\n");
  EXPECT_EQ(*base::read_file(path), "2026-01-01T00:00:00.25Z INFO  two\n");
}

TEST_F(Logging, AnotherFileIsWrittenFromThenOnAndOneThatCannotBeOpenedChangesNothing) {
  const test::TemporaryDirectory folder;
  const auto first = folder.path() / "first.log";
  const auto second = folder.path() / "second.log";
  const auto file = Log::open({.format = LogFormat::text, .level = Level::info, .file = first.string()}, clock);
  ASSERT_TRUE(file.ok());
  const Log copy = file->with({{"a", 1}});
  ASSERT_TRUE(file->reopen(second.string()).ok());
  copy.info("one");
  EXPECT_EQ(file->reopen("/proc/nowhere/log").code, Code::unavailable);
  copy.info("two");
  EXPECT_EQ(*base::read_file(first), "");
  EXPECT_EQ(*base::read_file(second), "2026-01-01T00:00:00.25Z INFO  one a=1\n2026-01-01T00:00:00.25Z INFO  two a=1\n");
}

TEST_F(Logging, AFileThatCannotBeOpenedIsNamedAtOnce) {
  const auto result = Log::open({.format = LogFormat::text, .level = Level::info, .file = "/proc/nowhere/log"}, clock);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.status().code, Code::unavailable);
  EXPECT_EQ(result.status().message.substr(0, 26), "log file /proc/nowhere/log");
}

TEST_F(Logging, RecordsOfManyThreadsNeverMix) {
  const auto shared = log(LogFormat::json);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&shared, i] {
        for (int n = 0; n < 100; ++n) shared.info("m", {{"thread", i}});
      });
    }
  }
  ASSERT_EQ(lines.size(), 400U);
  for (const auto& line : lines) EXPECT_TRUE(parse_json(line).ok()) << line;
}

}  // namespace
}  // namespace slipway::telemetry
