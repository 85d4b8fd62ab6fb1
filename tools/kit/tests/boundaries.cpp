// The end of a worker between any two frames of its life.
#include "tools/kit/relay.hpp"
#include "tools/kit/scenario.hpp"
#include "tools/kit/test.hpp"
#include "tools/kit/worker.hpp"

namespace slipway::kit {
namespace {

// More than a life with one call of each method has; a plugin that talks without end has no last frame.
constexpr std::size_t kMostFrames = 300;
// The tests' limit is twice that.
constexpr std::chrono::seconds kLongEnough{60};
constexpr std::chrono::milliseconds kRestart{10'000};

std::string said(const std::string& what, const Completion& answer, std::size_t frame) {
  return what + " ended with status " + std::to_string(answer.status) + " " + answer.payload.substr(0, 200) +
         " when its worker was killed before frame " + std::to_string(frame);
}

// Whether it went on; where it did not, it must be for the worker's end.
bool went_on(const std::string& what, const Completion& answer, const Boundary& boundary) {
  if (answer.status == SLIPWAY_OK) return true;
  if (answer.status != SLIPWAY_UNAVAILABLE || boundary.killed == 0) fail(said(what, answer, boundary.before));
  return false;
}

void serve_again(const Worker& worker, Subject& subject, const Boundary& boundary) {
  const auto back = [&] {
    const auto status = worker.status();
    return status.process != boundary.killed && status.state == isolation::WorkerState::running;
  };
  if (!eventually(back, kRestart))
    fail("does not come back after its worker was killed before frame " + std::to_string(boundary.before) + ": " +
         worker.status().reason);
  const Completion answer = subject.call(health(worker.table()), "{}");
  if (answer.status != SLIPWAY_OK) fail(said("health", answer, boundary.before));
}

void call_each_method(Context& context, const Worker& worker, Subject& subject) {
  std::vector<std::uint64_t> open;
  for (const Method& method : methods_of(worker.table()))
    open.push_back(subject.begin(method, request_for(method, context.random)));
  subject.await_all(open);
}

// A life from the first frame to the last one, unless the boundary comes.
void live_until(Context& context, Boundary& boundary) {
  auto loaded = Worker::behind(context, [&boundary](std::unique_ptr<isolation::Launcher> launcher) {
    return std::make_unique<Relay>(std::move(launcher), boundary);
  });
  if (!loaded.ok() && boundary.killed == 0) fail("can't be loaded in a worker: " + loaded.status().message);
  if (!loaded.ok()) return;
  Subject subject(context, loaded->table());
  subject.made_by(loaded->make());
  if (!went_on("create", subject.try_to_create(), boundary)) return;
  if (went_on("start", subject.try_to_start(), boundary)) {
    call_each_method(context, *loaded, subject);
    if (boundary.killed != 0) serve_again(*loaded, subject, boundary);
    subject.quiesce();
  }
  subject.destroy();
}

void ends_between_any_two_frames(Context& context) {
  const auto end = Clock::now() + kLongEnough;
  std::size_t frame = 0;
  bool last = false;
  while (!last && frame < kMostFrames && Clock::now() < end) {
    // Workers may go on for a moment behind a test that has ended.
    auto& boundary = *new Boundary(++frame);
    live_until(context, boundary);
    last = boundary.killed == 0;
  }
  context.note = "killed before each of " + std::to_string(last ? frame - 1 : frame) + " frames";
  if (last) return;
  if (frame < kMostFrames)
    context.note += ", then the time was over";
  else
    context.warnings.push_back("has more frames in a life than the " + std::to_string(kMostFrames) +
                               " that were gone through");
}

}  // namespace

void add_boundary_tests(Tests& tests) {
  tests.push_back({.group = "kill",
                   .name = "ends_between_any_two_frames",
                   .what = "A worker that is killed before any frame of its life is an instance that is refused, or "
                           "that serves again; each call ends once.",
                   .run = ends_between_any_two_frames,
                   .level = Level::isolated,
                   .limit = 2 * kLongEnough,
                   .needs = "lifecycle.create_start_call_destroy"});
}

}  // namespace slipway::kit
