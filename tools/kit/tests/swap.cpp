// Two generations at the same time, as in a hot swap.
#include <filesystem>
#include <utility>

#include "tools/kit/loaded.hpp"
#include "tools/kit/scenario.hpp"
#include "tools/kit/test.hpp"

namespace slipway::kit {
namespace {

// The linker gives the same code again for the same file; a copy is a library of its own.
std::filesystem::path copy_of_library(const Context& context) {
  const auto copy = std::filesystem::current_path() / "new-generation.so";
  std::filesystem::copy_file(context.package.library, copy, std::filesystem::copy_options::overwrite_existing);
  return copy;
}

struct Generations {
  explicit Generations(Context& context)
      : old_library(context, context.package.library),
        new_library(context, copy_of_library(context)),
        methods(methods_of(old_library.table())),
        old_one(context, old_library.table(), "the old generation"),
        new_one(context, new_library.table(), "the new generation") {
    old_one.run();
    new_one.run();
  }

  Loaded old_library;
  Loaded new_library;
  std::vector<Method> methods;
  Subject old_one;
  Subject new_one;
};

void live_side_by_side(Context& context) {
  Generations both(context);
  for (int round = 0; round < 2; ++round) {
    call_everything(context, both.old_one, both.methods);
    call_everything(context, both.new_one, both.methods);
  }
  both.old_one.quiesce();
  both.old_one.destroy();
  call_everything(context, both.new_one, both.methods);
  both.new_one.quiesce();
  both.new_one.destroy();
}

void drains_while_the_other_is_called(Context& context) {
  Generations both(context);
  std::vector<std::uint64_t> open;
  for (int i = 0; i < 32; ++i) {
    const Method& method = both.methods[static_cast<std::size_t>(i) % both.methods.size()];
    open.push_back(both.old_one.begin(method, request_for(method, context.random)));
  }
  both.old_one.quiesce();
  call_everything(context, both.new_one, both.methods);
  both.old_one.await_all(open);
  both.old_one.destroy();
  call_everything(context, both.new_one, both.methods);
  both.new_one.quiesce();
  both.new_one.destroy();
}

// Calls that never pause: each round begins before the one before it is waited for. Counted in rounds, not by a clock.
class Load {
 public:
  Load(Context& context, Subject& subject, const std::vector<Method>& methods)
      : context_(context), subject_(subject), methods_(methods) {}

  void go_on() {
    for (int round = 0; round < kRounds; ++round) {
      std::vector<std::uint64_t> next;
      for (const Method& method : methods_)
        next.push_back(subject_.begin(method, request_for(method, context_.random)));
      end();
      open_ = std::move(next);
    }
  }
  void end() { subject_.await_all(std::exchange(open_, {})); }

 private:
  static constexpr int kRounds = 3;

  Context& context_;
  Subject& subject_;
  const std::vector<Method>& methods_;
  std::vector<std::uint64_t> open_;
};

// From one generation to the next, as a host swaps: calls of one or both are open at each step.
void goes_on_under_load(Context& context) {
  const Loaded old_library(context, context.package.library);
  const Loaded new_library(context, copy_of_library(context));
  const auto methods = methods_of(old_library.table());
  Subject old_one(context, old_library.table(), "the old generation");
  Subject new_one(context, new_library.table(), "the new generation");
  Load before(context, old_one, methods);
  Load after(context, new_one, methods);
  old_one.run();
  before.go_on();
  new_one.run();
  before.go_on();
  after.go_on();
  old_one.quiesce();
  after.go_on();
  before.end();
  old_one.destroy();
  after.go_on();
  after.end();
  new_one.quiesce();
  new_one.destroy();
}

void add(Tests& tests, std::string name, std::string what, void (*run)(Context&)) {
  tests.push_back({.group = "swap",
                   .name = std::move(name),
                   .what = std::move(what),
                   .run = run,
                   .level = Level::swap,
                   .needs = "lifecycle.create_start_call_destroy"});
}

}  // namespace

void add_swap_tests(Tests& tests) {
  add(tests, "live_side_by_side", "Two generations are called in turn; one goes, the other stays.", live_side_by_side);
  add(tests, "drains_while_the_other_is_called",
      "Open calls of the old generation are answered while the new one works.", drains_while_the_other_is_called);
  add(tests, "goes_on_under_load",
      "From the start of the new generation to the end of the old one calls are open, and each is answered once.",
      goes_on_under_load);
}

}  // namespace slipway::kit
