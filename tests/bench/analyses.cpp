// A host with 10,000 rollouts, in each of which four metrics are judged by `sequential` every 15 seconds: what that
// takes of the processors, from the question to the source to the stored state, and of memory.
//
// Counted is the process's own time between two counts of answers, the rollouts' looks at the world included. The
// source is in memory. Beside it stands what the analyzer alone takes, asked the same questions one after the other.
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <slipway/testing/fake_host.hpp>
#include <slipway/testing/library.hpp>
#include <thread>

#include "tests/bench/copies.hpp"
#include "tests/bench/engine_host.hpp"
#include "tests/bench/processor_time.hpp"
#include "tests/bench/report.hpp"
#include "tests/support/temporary_directory.hpp"

namespace slipway::bench {
namespace {

constexpr std::int64_t kMetrics = 4;
constexpr double kLooksASecond = 10'000.0 * kMetrics / 15;

// SLIPWAY_BENCH_SECONDS shortens a run that only shows that the benchmark works.
bool is_short() { return std::getenv("SLIPWAY_BENCH_SECONDS") != nullptr; }
std::int64_t rollouts() { return is_short() ? 20 : 10'000; }
Duration interval() { return is_short() ? milliseconds(200) : seconds(15); }

// Hears what the analyzer is asked.
class Questions {
 public:
  void hear(std::string_view binding, std::uint32_t method, const std::string& payload) {
    if (!binding.starts_with("analyzers.") || method != analyzer::Interface::index_of<analyzer::Judge>()) return;
    ++asked_;
    const std::scoped_lock lock(mutex_);
    last_ = payload;
  }
  void until_asked(std::int64_t times) const {
    until([&] { return asked_ >= times; }, std::chrono::seconds(300), "the analyses do not go on");
  }
  [[nodiscard]] std::int64_t asked() const { return asked_; }
  [[nodiscard]] analyzer::JudgeRequest last() const {
    const std::scoped_lock lock(mutex_);
    return value_or_throw(decode_text<analyzer::JudgeRequest>(last_, "the question"));
  }

 private:
  std::atomic<std::int64_t> asked_ = 0;
  mutable std::mutex mutex_;
  std::string last_;
};

rollout::EngineSettings settings() {
  rollout::EngineSettings settings;
  settings.look_again = seconds(15);
  settings.bounds.max_active = 1'000'000;
  return settings;
}

StorePlugin store_at(const std::filesystem::path& path) {
  return {"storage-sqlite", to_text({{"path", path.string()}}), runtime::Threading::concurrent};
}

rollout::ApplicationSpec application() {
  rollout::ApplicationSpec spec{.name = kFirst, .replicas = 4};
  Json names = Json::array();
  for (std::int64_t i = 0; i < kMetrics; ++i) {
    rollout::AnalysisSpec analysis{.name = "errors-" + std::to_string(i), .interval = interval()};
    analysis.settings = {R"({"min_duration":"24h","max_duration":"24h"})"};
    names.push_back(analysis.name);
    spec.analyses.push_back(std::move(analysis));
  }
  const Json steps = Json::array({{{"weight", "10%"}}, {{"analysis", names}}});
  spec.strategy = {"canary", json_text(Json{{"steps", steps}})};
  return spec;
}

// The canary of the first application, whose analyses have each judged a window.
void begin_one(const std::filesystem::path& store) {
  Questions questions;
  EngineHost host(store_at(store), settings(),
                  [&](auto binding, auto method, const auto& payload) { questions.hear(binding, method, payload); });
  host.make_application(application());
  for (const char* version : {"1.0", "1.1"}) {
    host.make_release(kFirst, version);
    host.deploy(kFirst, version);
    if (version == std::string_view("1.0")) host.until_all_are_done();
  }
  host.until_all_have_begun();
  questions.until_asked(2 * kMetrics);
}

// Microseconds for one question.
double analyzer_alone(const analyzer::JudgeRequest& question) {
  const test::Library library(SLIPWAY_SEQUENTIAL);
  test::FakeHost host(library.table());
  require(host.run().ok(), "the analyzer does not start");
  const int times = is_short() ? 10 : 20'000;
  const double begun = processor_time_here();
  for (int i = 0; i < times; ++i) {
    const auto reply = host.call<analyzer::Interface, analyzer::Judge>(question);
    require(reply.ok(), reply.status().message);
  }
  return (processor_time_here() - begun) / times;
}

int run() {
  const test::TemporaryDirectory directory;
  const auto store = directory.path() / "store.db";
  begin_one(store);
  copy_the_first(store, static_cast<int>(rollouts()));
  Questions questions;
  const double before = resident_mib();
  double each_look = 0;
  double each_rollout = 0;
  {
    EngineHost host(store_at(store), settings(),
                    [&](auto binding, auto method, const auto& payload) { questions.hear(binding, method, payload); });
    const std::int64_t round = kMetrics * rollouts();
    until([&] { return host.busy() == static_cast<std::size_t>(rollouts()); }, std::chrono::seconds(300),
          "not every rollout is taken up");
    questions.until_asked(questions.asked() + 2 * round);  // what came with the start is over
    const double begun = processor_time_here();
    const std::int64_t asked = questions.asked();
    questions.until_asked(asked + 3 * round);
    each_look = (processor_time_here() - begun) / static_cast<double>(questions.asked() - asked);
    each_rollout = (resident_mib() - before) * 1024 / static_cast<double>(rollouts());
    require(host.busy() == static_cast<std::size_t>(rollouts()), "not every rollout is under way");
  }
  const double alone = analyzer_alone(questions.last());
  const auto share = [](double look) { return look * kLooksASecond / 1e6 * 100; };
  report({"analyses.analyzer", share(alone), "%", std::nullopt,
          "≤ 10 % of one core, the analyzer in 10,000 rollouts of 4 metrics", share(alone) <= 10 || is_short()});
  report({"analyses.processor", share(each_look), "%", share(alone),
          "none, to be watched: of one core, the whole host with the question, the engine and the store", true});
  report({"analyses.look", each_look, "us", alone, "none, to be watched", true});
  report({"analyses.memory", each_rollout, "KiB", std::nullopt, "none, to be watched: a rollout with its 4 metrics",
          true});
  return 0;
}

}  // namespace
}  // namespace slipway::bench

int main() { return slipway::bench::run(); }
