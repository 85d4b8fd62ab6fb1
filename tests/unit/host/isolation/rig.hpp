// What the tests of isolated instances share: a real worker that runs a fixture, behind an instance of the host.
#pragma once

#include <fcntl.h>

#include <filesystem>
#include <fstream>

#include "host/base/sha256.hpp"
#include "host/isolation/isolated_instance.hpp"
#include "tests/unit/host/runtime/rig.hpp"

namespace slipway::isolation {

// The library as the loader would have verified it.
inline loader::VerifiedPackage package_of(const std::string& fixture, const std::filesystem::path& path) {
  loader::VerifiedPackage package;
  package.package.manifest.id = "gate-" + fixture;
  package.package.manifest.interfaces = {"slipway.gate/1"};
  package.library = {path, base::sha256_hex_of_file(path).value(), std::filesystem::file_size(path),
                     loader::Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC))};
  return package;
}

inline loader::VerifiedPackage package_of(const std::string& fixture) {
  return package_of(fixture, std::filesystem::path(SLIPWAY_FIXTURES) / (fixture + ".so"));
}

class IsolatedTest : public ::testing::Test {
 protected:
  IsolatedTest() {
    settings.name = "tricks";
    isolation.program.path = SLIPWAY_WORKER;
    isolation.restart.first = milliseconds(1);
    isolation.random = std::make_shared<base::SeededRandom>(7);
    runtime.start();
  }
  ~IsolatedTest() override {
    if (instance) {
      EXPECT_EQ(stop(), Status());
    }
    instance.reset();
    worker.reset();
    runtime.stop();
  }

  Result<Isolated> make(const std::string& fixture = "worker_tricks") { return make(package_of(fixture)); }
  Result<Isolated> make(const loader::VerifiedPackage& package) {
    settings.plugin = package.package.manifest.id;
    return make_isolated(runtime, package, granted, settings, sink, isolation);
  }
  // Makes and starts `instance`.
  void run() {
    auto made = make();
    ASSERT_TRUE(made.ok()) << to_string(made.status());
    instance = made->instance;
    worker = made->worker;
    ASSERT_EQ(runtime::await_on(runtime, instance->start(seconds(10))), Status());
  }
  Status stop() {
    return runtime::await_on(
        runtime, instance->stop({.drain = milliseconds(1), .cancel = milliseconds(1), .patience = seconds(10)}));
  }
  Result<std::string> call(std::string payload, Duration budget = seconds(15), std::uint32_t interface_index = 0,
                           std::uint32_t method = 0) {
    return runtime::await_on(runtime, runtime::async_call(instance, {.interface_index = interface_index,
                                                                     .method = method,
                                                                     .budget_ns = budget.ns,
                                                                     .payload = std::move(payload)}));
  }
  void call_later(std::string payload, Duration budget = seconds(15)) {
    boost::asio::co_spawn(runtime.executor(), collect(std::move(payload), budget), boost::asio::detached);
  }
  boost::asio::awaitable<void> collect(std::string payload, Duration budget) {
    runtime::CallRequest request{.budget_ns = budget.ns, .payload = std::move(payload)};
    results.add(co_await runtime::async_call(instance, std::move(request)));
  }
  // The value of a call, or the text of its failure.
  std::string say(std::string payload) {
    const auto answer = call(std::move(payload));
    return answer.ok() ? *answer : to_string(answer.status());
  }
  // Until the condition holds; false after the tests' deadline.
  template <class Condition>
  static bool eventually(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + runtime::kTestDeadline;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
  }
  bool runs_again() {
    return eventually([&] { return worker->status().state == WorkerState::running; });
  }

  runtime::Runtime runtime{{.threads = 2, .blocking = {.name = "blocking", .threads = 2, .limit = 64}}};
  manifest::Permissions granted;
  runtime::InstanceSettings settings;
  IsolationSettings isolation;
  std::shared_ptr<runtime::RecordingSink> sink = std::make_shared<runtime::RecordingSink>();
  std::shared_ptr<runtime::Instance> instance;
  std::shared_ptr<const WorkerLink> worker;
  runtime::Collected<Result<std::string>> results;
};

}  // namespace slipway::isolation
