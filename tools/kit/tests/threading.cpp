// From which threads the plugin is called, and how long it keeps them.
#include <atomic>
#include <thread>

#include "tools/kit/loaded.hpp"
#include "tools/kit/scenario.hpp"
#include "tools/kit/test.hpp"

namespace slipway::kit {
namespace {

constexpr std::chrono::milliseconds kMostBlocked{250};
constexpr int kThreads = 4;
constexpr int kCallsEach = 25;

void works_on_any_thread(Context& context) {
  const Loaded loaded(context, context.package.library);
  Subject subject(context, loaded.table(), "", Strand::another_thread_each_time);
  subject.run();
  for (int round = 0; round < 2; ++round) call_everything(context, subject, methods_of(loaded.table()));
  subject.quiesce();
  subject.destroy();
}

void does_not_block(Context& context) {
  if (context.package.must_have_manifest().threading == manifest::Threading::blocking)
    skip("plugin.json says \"threading\": \"blocking\"");
  const Loaded loaded(context, context.package.library);
  fail_if_it_repeats([&]() -> std::optional<std::string> {
    Subject subject(context, loaded.table());
    subject.run();
    call_everything(context, subject, methods_of(loaded.table()));
    subject.quiesce();
    const auto longest = subject.longest();
    subject.destroy();
    if (longest.time <= kMostBlocked || longest.where == "start" || longest.where == "quiesce") return std::nullopt;
    return "blocks its caller in " + longest.where + " for " +
           std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(longest.time).count()) +
           " ms, at most " + std::to_string(kMostBlocked.count()) +
           " are allowed; use the host's timers and services, or say \"threading\": \"blocking\" in plugin.json";
  });
}

void calls_overlap(Context& context) {
  if (context.package.must_have_manifest().threading == manifest::Threading::serial)
    skip("plugin.json says \"threading\": \"serial\"");
  const Loaded loaded(context, context.package.library);
  const auto methods = methods_of(loaded.table());
  Subject subject(context, loaded.table());
  subject.run();
  std::vector<std::string> requests;
  for (const Method& method : methods) requests.push_back(request_for(method, context.random));
  std::vector<std::vector<std::uint64_t>> ids(kThreads);
  std::atomic<int> running{kThreads};
  std::vector<std::thread> callers;
  for (std::vector<std::uint64_t>& mine : ids) {
    callers.emplace_back([&] {
      for (int i = 0; i < kCallsEach; ++i) {
        const std::size_t which = static_cast<std::size_t>(i) % methods.size();
        mine.push_back(subject.begin(methods[which], requests[which]));
      }
      --running;
    });
  }
  // Answers are delivered on this thread meanwhile.
  subject.deliver_until([&] { return running == 0; }, std::chrono::seconds(15));
  for (std::thread& caller : callers) caller.join();
  for (const auto& mine : ids) subject.await_all(mine);
  subject.quiesce();
  subject.destroy();
}

void add(Tests& tests, std::string name, std::string what, void (*run)(Context&)) {
  tests.push_back({.group = "threading",
                   .name = std::move(name),
                   .what = std::move(what),
                   .run = run,
                   .needs = "lifecycle.create_start_call_destroy"});
}

}  // namespace

void add_threading_tests(Tests& tests) {
  add(tests, "works_on_any_thread", "Each call into an instance may come on another thread.", works_on_any_thread);
  add(tests, "does_not_block", "A plugin that is not blocking gives the thread back within 250 ms.", does_not_block);
  add(tests, "calls_overlap", "Calls of a plugin that is not serial may overlap on four threads.", calls_overlap);
}

}  // namespace slipway::kit
