// Times of google-benchmark's functions as numbers, so that a program can hold one against another.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace slipway::bench {

// Runs what is registered, each `repetitions` times in turns, and keeps the median of the CPU time per iteration. On a
// shared machine the median of interleaved runs is what stays put.
class Medians final : public benchmark::BenchmarkReporter {
 public:
  static std::map<std::string, double> of_registered() {
    Medians medians;
    benchmark::RunSpecifiedBenchmarks(&medians);
    std::map<std::string, double> result;
    for (auto& [name, times] : medians.times_) {
      const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
      std::nth_element(times.begin(), middle, times.end());
      result[name] = *middle;
    }
    return result;
  }

  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type == Run::RT_Iteration) times_[run.run_name.function_name].push_back(run.GetAdjustedCPUTime());
    }
  }

 private:
  std::map<std::string, std::vector<double>> times_;
};

}  // namespace slipway::bench
