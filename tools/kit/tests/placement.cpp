// The two placements: the same answers, and the end of a worker at any moment.
#include <signal.h>

#include <algorithm>

#include "tools/kit/loaded.hpp"
#include "tools/kit/scenario.hpp"
#include "tools/kit/test.hpp"
#include "tools/kit/worker.hpp"

namespace slipway::kit {
namespace {

constexpr int kRounds = 3;
constexpr std::size_t kMostOpen = 6;
constexpr std::chrono::milliseconds kRestart{10'000};

struct Request {
  Method method;
  std::string text;
};

std::vector<Request> requests_for(Context& context, const std::vector<Method>& methods) {
  std::vector<Request> requests;
  for (int round = 0; round < kRounds; ++round) {
    for (const Method& method : methods) requests.push_back({method, request_for(method, context.random)});
  }
  return requests;
}

// The answers of a whole life, in the order of the requests.
std::vector<Completion> answers_of(Subject& subject, const std::vector<Request>& requests) {
  subject.run();
  std::vector<Completion> answers;
  for (const Request& request : requests) answers.push_back(subject.call(request.method, request.text));
  subject.quiesce();
  subject.destroy();
  return answers;
}

bool same(const Completion& a, const Completion& b) { return a.status == b.status && a.payload == b.payload; }

std::string words_of(const Completion& answer) {
  return "status " + std::to_string(answer.status) + " " + answer.payload.substr(0, 200);
}

void replies_are_the_same(Context& context) {
  const Worker worker(context);
  const Loaded loaded(context, context.package.library);
  const auto requests = requests_for(context, methods_of(loaded.table()));
  Subject first(context, loaded.table(), "in process");
  Subject second(context, loaded.table(), "in process, the second time");
  Subject apart(context, worker.table(), "isolated");
  apart.made_by(worker.make());
  const auto expected = answers_of(first, requests);
  const auto again = answers_of(second, requests);
  const auto found = answers_of(apart, requests);
  std::size_t compared = 0;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    // What differs from one life to the next, a time for one, says nothing.
    if (!same(expected[i], again[i])) continue;
    ++compared;
    if (!same(expected[i], found[i]))
      fail("answers " + requests[i].method.label() + " with " + words_of(found[i]) + " in a worker, with " +
           words_of(expected[i]) + " in process; the request was " + requests[i].text.substr(0, 300));
  }
  if (compared == 0)
    warn("no reply is the same in two lives of one process, so none of " + std::to_string(requests.size()) +
         " was compared with a worker's");
  context.note = std::to_string(compared) + " of " + std::to_string(requests.size()) + " replies compared";
}

pid_t process_of(const Worker& worker) {
  const auto status = worker.status();
  if (status.process <= 0) fail("the worker is gone: " + status.reason);
  return status.process;
}

void come_back(const Worker& worker, pid_t killed) {
  const auto back = [&] {
    const auto status = worker.status();
    return status.process != killed && status.state == isolation::WorkerState::running;
  };
  if (!eventually(back, kRestart)) fail("does not come back after its worker was killed: " + worker.status().reason);
}

// Calls are sent to a worker that stands still, so that all of them are open when it is killed.
void kill_with_open_calls(Context& context, const Worker& worker, Subject& subject, std::size_t count) {
  const auto methods = methods_of(worker.table());
  const pid_t process = process_of(worker);
  ::kill(process, SIGSTOP);
  std::vector<std::uint64_t> open;
  for (std::size_t i = 0; i < count; ++i)
    open.push_back(
        subject.begin(methods[i % methods.size()], request_for(methods[i % methods.size()], context.random)));
  ::kill(process, SIGKILL);
  const auto ended = [&] {
    return std::ranges::all_of(open, [&](std::uint64_t id) { return subject.host().completion(id).has_value(); });
  };
  if (!subject.deliver_until(ended, kPatience)) fail("a call of a worker that was killed has no answer");
  for (const std::uint64_t id : open) {
    const Completion answer = *subject.host().completion(id);
    if (answer.status != SLIPWAY_UNAVAILABLE)
      fail("a call of " + subject.host().label(id) + " ended with " + words_of(answer) +
           " instead of UNAVAILABLE when its worker was killed");
  }
  come_back(worker, process);
}

void kill_once_all_is_answered(const Worker& worker) {
  const pid_t process = process_of(worker);
  ::kill(process, SIGKILL);
  come_back(worker, process);
}

void kill_with_one_unanswered(const Worker& worker, Subject& subject, const Method& method,
                              const std::string& request) {
  const pid_t process = process_of(worker);
  ::kill(process, SIGSTOP);
  const std::uint64_t id = subject.begin(method, request);
  ::kill(process, SIGKILL);
  const Completion answer = subject.await(id);
  if (answer.status != SLIPWAY_UNAVAILABLE)
    fail(method.label() + " ended with " + words_of(answer) + " instead of UNAVAILABLE when its worker was killed");
  come_back(worker, process);
}

void goes_on_around_every_message(Context& context) {
  const Worker worker(context);
  Subject subject(context, worker.table());
  subject.made_by(worker.make());
  subject.run();
  for (const Method& method : methods_of(worker.table())) {
    kill_with_one_unanswered(worker, subject, method, request_for(method, context.random));
    subject.call(method, request_for(method, context.random));
    kill_once_all_is_answered(worker);
  }
  subject.quiesce();
  subject.destroy();
}

void calls_end_with_unavailable(Context& context) {
  const Worker worker(context);
  Subject subject(context, worker.table());
  subject.made_by(worker.make());
  subject.run();
  const Method called = health(worker.table());
  for (std::size_t open = 0; open <= kMostOpen; ++open) {
    kill_with_open_calls(context, worker, subject, open);
    const Completion answer = subject.call(called, "{}");
    if (answer.status != SLIPWAY_OK) fail("health of a new worker ends with " + words_of(answer));
  }
  subject.deliver_for(kAfterwards);
  subject.quiesce();
  subject.destroy();
}

}  // namespace

void add_placement_tests(Tests& tests) {
  tests.push_back({.group = "parity",
                   .name = "replies_are_the_same",
                   .what = "Replies are byte for byte the same in both placements.",
                   .run = replies_are_the_same,
                   .level = Level::isolated,
                   .limit = std::chrono::seconds(120),
                   .needs = "lifecycle.create_start_call_destroy"});
  tests.push_back(
      {.group = "kill",
       .name = "calls_end_with_unavailable",
       .what =
           "Each call that is open when its worker is killed ends once, with UNAVAILABLE, and the next worker serves.",
       .run = calls_end_with_unavailable,
       .level = Level::isolated,
       .limit = std::chrono::seconds(120),
       .needs = "lifecycle.create_start_call_destroy"});
  tests.push_back({.group = "kill",
                   .name = "goes_on_around_every_message",
                   .what = "A worker that is killed before and after the answer of each method comes back, with the "
                           "state that it had given away.",
                   .run = goes_on_around_every_message,
                   .level = Level::isolated,
                   .limit = std::chrono::seconds(120),
                   .needs = "lifecycle.create_start_call_destroy"});
}

}  // namespace slipway::kit
