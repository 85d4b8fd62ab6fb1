// Real threads against each other: every call is answered exactly once, whoever wins. Meant for the tsan preset too.
#include <boost/asio/post.hpp>
#include <thread>

#include "host/base/random.hpp"
#include "tests/unit/host/runtime/rig.hpp"

namespace slipway::runtime {
namespace {

using test::text_of;

// Threads of the plugin's own that complete what invoke gave them, each call `times` times.
class Completers {
 public:
  Completers(test::ScriptedPlugin& plugin, int threads, int times) : plugin_(plugin), times_(times) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
  }
  Completers(const Completers&) = delete;
  Completers& operator=(const Completers&) = delete;
  ~Completers() { finish(); }

  void add(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    for (int i = 0; i < times_; ++i) ids_.push_back(id);
    changed_.notify_all();
  }
  void finish() {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
      changed_.notify_all();
    }
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [&] { return done_ || !ids_.empty(); });
      if (ids_.empty()) return;
      const std::uint64_t id = ids_.back();
      ids_.pop_back();
      lock.unlock();
      plugin_.complete(id, SLIPWAY_OK, "answer");
      lock.lock();
    }
  }

  test::ScriptedPlugin& plugin_;
  const int times_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::uint64_t> ids_;
  bool done_ = false;
  std::vector<std::thread> threads_;
};

// Callers that use the callback interface and count what comes back.
struct Tally {
  std::atomic<int> ok{0};
  std::atomic<int> failed{0};
  [[nodiscard]] int all() const { return ok + failed; }
  void count(const Answer& answer) { ++(answer.fault == Fault::none ? ok : failed); }
  static void on_answer(void* context, const Answer& answer) { static_cast<Tally*>(context)->count(answer); }
};

class RacesTest : public InstanceTest, public ::testing::WithParamInterface<Threading> {
 protected:
  static constexpr int kCalls = 4000;

  // Returns the id of a pending call, 0 otherwise.
  std::uint64_t call_raw(std::int64_t budget_ns) {
    Reply reply;
    const std::uint64_t id =
        instance->call({.budget_ns = budget_ns, .payload = "x"}, {&Tally::on_answer, &tally}, nullptr, reply).id;
    if (id == 0) tally.count(reply.answer());
    return id;
  }
  void expect_all(int calls) {
    const auto until = std::chrono::steady_clock::now() + kTestDeadline;
    while (tally.all() < calls && std::chrono::steady_clock::now() < until) std::this_thread::yield();
    EXPECT_EQ(tally.all(), calls);
  }

  Tally tally;
};

INSTANTIATE_TEST_SUITE_P(threading, RacesTest,
                         ::testing::Values(Threading::serial, Threading::concurrent, Threading::blocking),
                         [](const auto& suite) {
                           return suite.param == Threading::serial       ? "serial"
                                  : suite.param == Threading::concurrent ? "concurrent"
                                                                         : "blocking";
                         });

TEST_P(RacesTest, completions_racing_deadlines_answer_each_call_once) {
  Completers completers(plugin, 2, 1);
  plugin.on_invoke = [&](const slipway_call& call) { completers.add(call.id); };
  run(GetParam(), {.open_calls = 64});
  std::vector<std::thread> callers;
  for (int thread = 0; thread < 2; ++thread) {
    callers.emplace_back([this, thread] {
      base::SeededRandom random(static_cast<std::uint64_t>(thread));
      for (int i = 0; i < kCalls / 2; ++i) call_raw(static_cast<std::int64_t>(1 + random.below(60'000)));
    });
  }
  for (std::thread& caller : callers) caller.join();
  expect_all(kCalls);
  EXPECT_EQ(stop(), Status());
  EXPECT_EQ(instance->refused_completions().unknown, 0U);
}

TEST_P(RacesTest, cancels_racing_completions_answer_each_call_once) {
  Completers completers(plugin, 2, 1);
  plugin.on_invoke = [&](const slipway_call& call) { completers.add(call.id); };
  run(GetParam(), {.open_calls = 64});
  for (int i = 0; i < kCalls; ++i) {
    const std::uint64_t id = call_raw(seconds(10).ns);
    if (id != 0 && i % 2 == 0) instance->cancel(id);
  }
  expect_all(kCalls);
  EXPECT_EQ(stop(), Status());
}

TEST_P(RacesTest, completions_from_two_threads_at_once_count_once) {
  Completers completers(plugin, 2, 2);
  std::atomic<int> invoked{0};
  plugin.on_invoke = [&](const slipway_call& call) {
    ++invoked;
    completers.add(call.id);
  };
  run(GetParam(), {.open_calls = 64});
  for (int i = 0; i < kCalls; ++i) call_raw(seconds(10).ns);
  expect_all(kCalls);
  completers.finish();
  const RefusedCompletions refused = instance->refused_completions();
  EXPECT_EQ(refused.repeated, static_cast<std::uint64_t>(invoked.load()));
  EXPECT_EQ(refused.late + refused.unknown, 0U);
}

TEST_P(RacesTest, stopping_with_open_calls_answers_each_once) {
  Collected<std::uint64_t> open;
  plugin.on_invoke = [&](const slipway_call& call) { open.add(call.id); };
  std::atomic<bool> destroyed{false};
  plugin.on_destroy = [&] { destroyed = true; };
  run(GetParam(), {.open_calls = 256});
  std::atomic<bool> go_on{true};
  std::atomic<int> made{0};
  std::vector<std::thread> callers;
  for (int thread = 0; thread < 2; ++thread) {
    callers.emplace_back([&] {
      while (go_on) {
        call_raw(seconds(10).ns);
        ++made;
      }
    });
  }
  open.wait_for(10);
  EXPECT_EQ(stop({.drain = milliseconds(1), .cancel = milliseconds(1), .patience = seconds(10)}), Status());
  EXPECT_TRUE(destroyed.load());
  go_on = false;
  for (std::thread& caller : callers) caller.join();
  expect_all(made);
  EXPECT_EQ(tally.ok.load(), 0);
}

TEST_P(RacesTest, awaited_calls_from_many_coroutines_all_resume) {
  Completers completers(plugin, 2, 1);
  plugin.on_invoke = [&](const slipway_call& call) { completers.add(call.id); };
  run(GetParam());
  for (int i = 0; i < 500; ++i) call_later("x", i % 3 == 0 ? 30'000 : seconds(10).ns);
  results.wait_for(500);
}

TEST_P(RacesTest, wakes_and_requests_from_the_plugins_threads_race_its_end) {
  sink->respond = [](HostRequest, Answerer answer) { answer.succeed("x"); };
  run(GetParam());
  std::atomic<bool> go_on{true};
  std::atomic<int> rounds{0};
  std::thread worker([&] {
    const slipway_host& host = plugin.host();
    while (go_on) {
      host.wake(host.context, 1);
      plugin.request("timers", "sleep", 1, "{}");
      ++rounds;
    }
  });
  while (rounds < 100) std::this_thread::yield();
  plugin.on_destroy = [&] {
    go_on = false;
    worker.join();
  };
  EXPECT_EQ(stop(), Status());
}

}  // namespace
}  // namespace slipway::runtime
