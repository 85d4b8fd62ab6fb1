#include "tools/backtest/recording.hpp"

#include <gtest/gtest.h>

namespace slipway::backtest {
namespace {

std::string refusal(const std::string& csv) { return rows_of_csv(csv, "m.csv").status().message; }

TEST(Recording, OfCsvHasValuesAndDistributions) {
  const auto rows = rows_of_csv(
      "time,group,requests,failures,latency<=100,latency<=inf\n"
      "2026-01-31T12:00:00Z,stable,10,1,8,2\r\n"
      "\n"
      "1769860860,next,5,,5,\n",
      "m.csv");
  ASSERT_TRUE(rows.ok()) << rows.status().message;
  ASSERT_EQ(rows->size(), 2U);
  EXPECT_EQ((*rows)[0].samples.role, "stable");
  EXPECT_EQ((*rows)[0].samples.values, (std::map<std::string, double>{{"requests", 10}, {"failures", 1}}));
  const auto& buckets = (*rows)[0].samples.histograms.at("latency");
  ASSERT_EQ(buckets.size(), 2U);
  EXPECT_EQ(buckets[0].upper, 100);
  EXPECT_EQ(buckets[1].upper, std::nullopt);
  EXPECT_EQ(buckets[1].count, 2);
  EXPECT_EQ((*rows)[1].time - (*rows)[0].time, seconds(60)) << "seconds since 1970";
  EXPECT_FALSE((*rows)[1].samples.values.contains("failures")) << "an empty cell is no value";
}

TEST(Recording, OfJsonHasTheSame) {
  const auto rows = rows_of_json(
      R"([{"time": "2026-01-31T12:00:00Z", "role": "next", "values": {"requests": 3},
           "histograms": {"latency": [{"upper": 100, "count": 3}, {"count": 0}]}}])",
      "m.json");
  ASSERT_TRUE(rows.ok()) << rows.status().message;
  EXPECT_EQ((*rows)[0].samples.values.at("requests"), 3);
  EXPECT_EQ((*rows)[0].samples.histograms.at("latency").size(), 2U);
  EXPECT_FALSE(rows_of_json(R"([{"time": "2026-01-31T12:00:00Z", "group": "next"}])", "m.json").ok());
}

// That of stable is what next has not.
TEST(Recording, HasTheWeightOfTheNewReleaseWhereARowTellsIt) {
  const auto of_csv = rows_of_csv("time,group,weight\n0,next,10%\n0,stable,90%\n60,next,\n", "m.csv");
  ASSERT_TRUE(of_csv.ok()) << of_csv.status().message;
  const auto recording = recording_of(*of_csv, {}, {});
  EXPECT_EQ(recording->windows[0].weight, share(10));
  EXPECT_EQ(recording->windows[1].weight, std::nullopt);
  EXPECT_TRUE(recording->windows[0].groups[0].values.empty()) << "it is no value";
  const auto of_json = rows_of_json(R"([{"time": "2026-01-31T12:00:00Z", "role": "next", "weight": "5%"}])", "m.json");
  ASSERT_TRUE(of_json.ok()) << of_json.status().message;
  EXPECT_EQ((*of_json)[0].weight, share(5));
  EXPECT_EQ(refusal("time,group,weight\n0,next,half\n"),
            "m.csv:2: weight: \"half\": want a percentage from 0 to 100 with at most four decimals, like \"12.5%\"");
}

TEST(Recording, SaysWhichLineIsWrong) {
  EXPECT_EQ(refusal("time,requests\n"), R"(m.csv: want one column "group" in its first line)");
  EXPECT_EQ(refusal(""), R"(m.csv: want one column "time" in its first line)");
  EXPECT_EQ(refusal("time,group,cpu\n1,a,2\n2,a,lots\n"), R"(m.csv:3: cpu: "lots" is no number)");
  EXPECT_EQ(refusal("time,group,cpu\n1,a,nan\n"), R"(m.csv:2: cpu: "nan" is no number)");
  EXPECT_EQ(refusal("time,group,cpu\n1,a\n"), "m.csv:2: it has 2 cells where the header has 3");
  EXPECT_EQ(refusal("time,group,l<=x\n1,a,1\n"), "m.csv:2: l<=x: want a bound after <=: a number, or inf");
  EXPECT_TRUE(refusal("time,group\nnoon,a\n").starts_with("m.csv:2: time: ")) << refusal("time,group\nnoon,a\n");
}

Row row(std::int64_t second, const std::string& role) { return {Instant{} + seconds(second), {.role = role}}; }

TEST(Recording, HasWindowsWithoutGapsInOrderOfTime) {
  const auto recording =
      recording_of({row(90, "next"), row(0, "next"), row(0, "stable"), row(30, "next"), row(90, "stable")}, {}, {});
  ASSERT_TRUE(recording.ok());
  EXPECT_EQ(recording->interval, seconds(30));
  ASSERT_EQ(recording->windows.size(), 4U);
  EXPECT_EQ(recording->windows[0].groups.size(), 2U);
  EXPECT_TRUE(recording->windows[2].groups.empty()) << "nobody recorded it";
  EXPECT_EQ(recording->windows[3].from, Instant{} + seconds(90));
}

std::string twins(const Result<std::vector<Row>>& rows) { return recording_of(*rows, {}, {}).status().message; }

TEST(Recording, WithTwoRowsOfOneGroupAndTimeIsRefused) {
  EXPECT_EQ(twins(rows_of_csv("time,group,cpu\n0,next,1\n60,next,1\n60,stable,1\n\n60,next,2\n", "m.csv")),
            "m.csv:6: the group \"next\" has a row for 1970-01-01T00:01:00Z already, at m.csv:3; want one");
  EXPECT_EQ(twins(rows_of_json(R"([{"time": "2026-01-31T12:00:00Z", "role": "next"},
                                   {"time": "2026-01-31T12:00:00Z", "role": "next"}])",
                               "m.json")),
            "m.json/1: the group \"next\" has a row for 2026-01-31T12:00:00Z already, at m.json/0; want one");
}

TEST(Recording, IsCutToTheTimeThatIsAskedFor) {
  const std::vector<Row> rows{row(0, "a"), row(30, "a"), row(60, "a"), row(90, "a")};
  const auto recording = recording_of(rows, Instant{} + seconds(30), Instant{} + seconds(90));
  ASSERT_TRUE(recording.ok());
  EXPECT_EQ(recording->windows.front().from, Instant{} + seconds(30));
  EXPECT_EQ(recording->windows.size(), 2U);
}

TEST(Recording, OfOneWindowOrOfTooManyIsRefused) {
  EXPECT_EQ(recording_of({row(0, "a"), row(0, "b")}, {}, {}).status().message,
            "the recording has fewer than two windows in that time: want two times at least");
  EXPECT_EQ(recording_of({row(0, "a"), row(1, "a"), row(300'000, "a")}, {}, {}).status().message,
            "the recording has 300001 windows of 1s: want at most 200000; narrow --from and --to");
}

}  // namespace
}  // namespace slipway::backtest
