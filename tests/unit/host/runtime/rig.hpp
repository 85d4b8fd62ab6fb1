// What the tests of host/runtime share: running threads, a recording host, and waits that end.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "host/runtime/async_call.hpp"
#include "host/runtime/instance.hpp"
#include "host/runtime/runtime.hpp"
#include "tests/support/scripted_plugin.hpp"

namespace slipway::runtime {

inline constexpr std::chrono::seconds kTestDeadline{20};

template <class T>
boost::asio::awaitable<void> keep(boost::asio::awaitable<T> work, std::shared_ptr<std::promise<T>> value) {
  value->set_value(co_await std::move(work));
}

// Runs the coroutine on the runtime and waits for its value.
template <class T>
T await_on(Runtime& runtime, boost::asio::awaitable<T> work) {
  auto value = std::make_shared<std::promise<T>>();
  auto future = value->get_future();
  boost::asio::co_spawn(runtime.executor(), keep(std::move(work), value), boost::asio::detached);
  if (future.wait_for(kTestDeadline) != std::future_status::ready) throw std::runtime_error("not done in time");
  return future.get();
}

// Values that threads hand to the test, which waits for as many as it expects.
template <class T>
class Collected {
 public:
  void add(T value) {
    const std::lock_guard lock(mutex_);
    values_.push_back(std::move(value));
    changed_.notify_all();
  }
  std::vector<T> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    const bool in_time = changed_.wait_for(lock, kTestDeadline, [&] { return values_.size() >= count; });
    if (!in_time) {
      throw std::runtime_error("only " + std::to_string(values_.size()) + " of " + std::to_string(count) + " in time");
    }
    return values_;
  }
  std::size_t size() {
    const std::lock_guard lock(mutex_);
    return values_.size();
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    values_.clear();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<T> values_;
};

struct LogRecord {
  std::uint32_t level;
  std::string message;
  bool by_host = false;
};

// Keeps requests until the test answers them; with `respond` they are answered at once.
class RecordingSink final : public HostSink {
 public:
  struct Asked {
    HostRequest request;
    std::shared_ptr<Answerer> answer;
  };
  void log(std::uint32_t level, std::string_view message, std::string_view) override {
    logs.add({level, std::string(message)});
  }
  void host_log(std::uint32_t level, std::string_view message) override {
    logs.add({level, std::string(message), true});
  }
  void metric(std::uint32_t, std::string_view name, std::string_view labels, double value) override {
    metrics.add(std::string(name) + std::string(labels) + "=" + std::to_string(value));
  }
  void request(HostRequest request, Answerer answer) override {
    if (respond) return respond(std::move(request), std::move(answer));
    asked.add({std::move(request), std::make_shared<Answerer>(std::move(answer))});
  }

  std::function<void(HostRequest, Answerer)> respond;
  Collected<LogRecord> logs;
  Collected<std::string> metrics;
  Collected<Asked> asked;
};

class InstanceTest : public ::testing::Test {
 protected:
  InstanceTest() { runtime.start(); }
  ~InstanceTest() override {
    if (instance && instance->state() != State::stopped) {
      EXPECT_EQ(stop(), Status());
    }
    instance.reset();
    runtime.stop();
  }

  Result<std::shared_ptr<Instance>> create(Threading threading, InstanceLimits limits = {}) {
    return Instance::create(runtime, plugin.table(), nullptr,
                            {.name = "echo", .plugin = "test-echo", .threading = threading, .limits = limits}, sink);
  }
  // Creates and starts `instance`.
  void run(Threading threading, InstanceLimits limits = {}) {
    auto created = create(threading, limits);
    ASSERT_TRUE(created.ok()) << to_string(created.status());
    instance = *created;
    ASSERT_EQ(await_on(runtime, instance->start(seconds(10))), Status());
  }
  Status stop(StopSettings settings = {.drain = seconds(10), .cancel = seconds(1), .patience = seconds(10)}) {
    return await_on(runtime, instance->stop(settings));
  }
  Result<std::string> call(std::string payload, std::int64_t budget_ns = seconds(10).ns) {
    return await_on(runtime, async_call(instance, {.budget_ns = budget_ns, .payload = std::move(payload)}));
  }
  // A call whose result is collected when it comes.
  void call_later(std::string payload, std::int64_t budget_ns = seconds(10).ns) {
    boost::asio::co_spawn(runtime.executor(), collect(std::move(payload), budget_ns), boost::asio::detached);
  }
  boost::asio::awaitable<void> collect(std::string payload, std::int64_t budget_ns) {
    CallRequest request{.budget_ns = budget_ns, .payload = std::move(payload)};
    results.add(co_await async_call(instance, std::move(request)));
  }

  Runtime runtime{{.threads = 2, .blocking = {.name = "blocking", .threads = 2, .limit = 64}}};
  test::ScriptedPlugin plugin;
  std::shared_ptr<RecordingSink> sink = std::make_shared<RecordingSink>();
  std::shared_ptr<Instance> instance;
  Collected<Result<std::string>> results;
};

}  // namespace slipway::runtime
