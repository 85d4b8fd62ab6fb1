// What stays when a plugin goes: its library, threads, descriptors, processes.
#include <sys/wait.h>

#include "tools/kit/loaded.hpp"
#include "tools/kit/process_state.hpp"
#include "tools/kit/scenario.hpp"
#include "tools/kit/test.hpp"

namespace slipway::kit {
namespace {

constexpr std::chrono::milliseconds kJoin{3'000};
constexpr int kReloads = 20;

void leaves_no_thread(Context& context) {
  const Loaded loaded(context, context.package.library);
  const auto before = threads();
  live(context, loaded.table(), [](const std::string&) {});
  // A thread that was joined may still be in the list for a moment.
  eventually([&] { return additions(before, threads()).empty(); }, kJoin);
  if (const auto more = additions(before, threads()); !more.empty()) fail("leaves threads behind: " + more);
}

void leaves_no_descriptor(Context& context) {
  const Loaded loaded(context, context.package.library);
  const auto before = descriptors();
  live(context, loaded.table(), [](const std::string&) {});
  if (const auto more = additions(before, descriptors()); !more.empty()) fail("leaves descriptors behind: " + more);
}

void leaves_no_process(Context& context) {
  const bool may = context.package.must_have_manifest().permissions.processes != manifest::Grant{};
  fail_if_it_repeats([&]() -> std::optional<std::string> {
    const Loaded loaded(context, context.package.library);
    live(context, loaded.table(), [](const std::string&) {});
    const pid_t child = ::waitpid(-1, nullptr, WNOHANG);
    if (child > 0)
      return "leaves a process behind that has ended and was not waited for, number " + std::to_string(child);
    if (child == 0 && !may) fail("leaves a process behind, and does not ask for the permission \"processes\"");
    if (child == 0) context.note = "leaves a process behind, and asks for the permission \"processes\"";
    return std::nullopt;
  });
}

// Why a library is still there, as far as can be told from outside.
std::string reason_to_stay(const Context& context, const std::map<int, std::string>& threads_before) {
  const auto& image = context.package.must_have_image();
  if (image.never_unloads) return "it is linked with -z nodelete";
  if (!image.unique.empty())
    return "it has " + std::to_string(image.unique.size()) + " unique symbols, " + image.unique.front() + " for one";
  if (const auto more = additions(threads_before, threads()); !more.empty()) return "its threads run on: " + more;
  return "a destructor of a thread_local, or somebody who opened it again, holds it";
}

void unloads(Context& context) {
  if (context.package.must_have_manifest().unload == manifest::Unload::keep)
    skip("plugin.json says \"unload\": \"keep\"");
  const auto before = threads();
  Loaded loaded(context, context.package.library);
  live(context, loaded.table(), [](const std::string&) {});
  if (const auto more = additions(before, threads());
      !eventually([&] { return additions(before, threads()).empty(); }, kJoin))
    fail("can't be unloaded: its threads run on: " + more);
  if (loaded.unmap() == loader::Residency::parked)
    fail("stays in memory after it was unloaded: " + reason_to_stay(context, before));
}

void loads_again_and_again(Context& context) {
  if (context.package.must_have_manifest().unload == manifest::Unload::keep)
    skip("plugin.json says \"unload\": \"keep\"");
  for (int i = 0; i < kReloads; ++i) {
    Loaded loaded(context, context.package.library);
    Subject subject(context, loaded.table());
    subject.run();
    subject.call(health(loaded.table()), "{}");
    subject.destroy();
    if (loaded.unmap() == loader::Residency::parked)
      fail("stays in memory after it was unloaded " + std::to_string(i + 1) + " times");
  }
}

void add(Tests& tests, std::string name, std::string what, void (*run)(Context&)) {
  tests.push_back({.group = "unload",
                   .name = std::move(name),
                   .what = std::move(what),
                   .run = run,
                   .needs = "lifecycle.create_start_call_destroy"});
}

}  // namespace

void add_unload_tests(Tests& tests) {
  add(tests, "leaves_no_thread", "Every thread has ended when destroy returns.", leaves_no_thread);
  add(tests, "leaves_no_descriptor", "Every descriptor is closed when destroy returns.", leaves_no_descriptor);
  add(tests, "leaves_no_process",
      "Every process that it started has ended, unless plugin.json asks for \"processes\", and was waited for.",
      leaves_no_process);
  add(tests, "unloads", "The library is gone once it is unloaded, by the linker's own word.", unloads);
  add(tests, "loads_again_and_again", "It can be loaded, used and unloaded twenty times.", loads_again_and_again);
}

}  // namespace slipway::kit
