// The life of an instance: every walk through the state machine, and what each part of it may leave behind.
#include <slipway/json.hpp>

#include "tools/kit/loaded.hpp"
#include "tools/kit/process_state.hpp"
#include "tools/kit/scenario.hpp"
#include "tools/kit/test.hpp"

namespace slipway::kit {
namespace {

constexpr std::size_t kInstances = 8;

void take_step(Context& context, Subject& subject, const Method& health, Step step) {
  switch (step) {
    case Step::start:
      return subject.start();
    case Step::call:
      subject.call(health, request_for(health, context.random));
      return;
    case Step::quiesce:
      return subject.quiesce();
    case Step::destroy:
      return subject.destroy();
  }
}

void walk(Context& context, const Walk& steps) {
  const Loaded loaded(context, context.package.library);
  const Method called = health(loaded.table());
  Subject subject(context, loaded.table());
  subject.create();
  for (const Step step : steps) take_step(context, subject, called, step);
}

// Two configurations that no schema allows.
void refuses_a_broken_configuration(Context& context) {
  const Loaded loaded(context, context.package.library);
  const slipway_plugin& table = loaded.table();
  TestHost& host = TestHost::make(context, "");
  for (const std::string_view config : {"[1,2,3]", "{\"a\":"}) {
    const Borrowed bytes(config, "the bytes of the configuration");
    slipway_blob error{};
    auto* const untouched = reinterpret_cast<slipway_instance*>(&error);
    slipway_instance* instance = untouched;
    context.board.at("create with a broken configuration");
    const slipway_status status = table.create(host.table(), bytes.span(), &instance, &error);
    const std::string text = take(error);
    if (status == SLIPWAY_OK) fail("create accepts the configuration " + std::string(config));
    if (instance != untouched) fail("create fails and changes *instance, which it is to leave alone");
    const auto document = parse_json(text);
    if (!document.ok() || !document->is_object() || !document->value("message", Json()).is_string())
      fail("create refuses with what is no error document: " + to_text(text.substr(0, 200)));
  }
}

void many_instances(Context& context) {
  const Loaded loaded(context, context.package.library);
  const auto methods = methods_of(loaded.table());
  std::vector<std::unique_ptr<Subject>> all;
  for (std::size_t i = 1; i <= kInstances; ++i) {
    all.push_back(std::make_unique<Subject>(context, loaded.table(), "instance " + std::to_string(i)));
    all.back()->run();
  }
  const Method called = health(loaded.table());
  for (int round = 0; round < 2; ++round) {
    for (auto& subject : all) subject->call(called, "{}");
  }
  // From the first: the others go on without it.
  for (auto& subject : all) {
    call_everything(context, *subject, methods);
    subject->quiesce();
    subject->destroy();
  }
}

void create_does_no_io(Context& context) {
  const Loaded loaded(context, context.package.library);
  Subject subject(context, loaded.table());
  const auto threads_before = threads();
  const auto descriptors_before = descriptors();
  subject.create();
  if (const auto more = additions(threads_before, threads()); !more.empty())
    fail("create starts threads: " + more + "; start is the place for it");
  if (const auto more = additions(descriptors_before, descriptors()); !more.empty())
    fail("create opens descriptors: " + more + "; start is the place for it");
  subject.destroy();
}

void nothing_comes_after_destroy(Context& context) {
  const Loaded loaded(context, context.package.library);
  Subject subject(context, loaded.table());
  subject.run();
  call_everything(context, subject, methods_of(loaded.table()));
  subject.destroy();
  // The host's table lies on a page that ends the process when it is read; who kept its functions is counted.
  eventually([&] { return !context.breaches.empty(); }, std::chrono::milliseconds(250));
}

void destroys_with_open_calls(Context& context) {
  const Loaded loaded(context, context.package.library);
  Subject subject(context, loaded.table());
  subject.run();
  for (const Method& method : methods_of(loaded.table()))
    subject.begin(method, request_for(method, context.random), std::chrono::hours(1));
  subject.quiesce();
  subject.destroy();
  eventually([&] { return !context.breaches.empty() || !context.breaches.harmless().empty(); }, kAfterwards);
}

void add(Tests& tests, std::string name, std::string what, std::function<void(Context&)> run) {
  tests.push_back({.group = "lifecycle",
                   .name = std::move(name),
                   .what = std::move(what),
                   .run = std::move(run),
                   .needs = "entry.loads"});
}

}  // namespace

void add_lifecycle_tests(Tests& tests) {
  for (const Walk& steps : walks())
    add(tests, name_of(steps), "This walk through the states of an instance succeeds.",
        [steps](Context& context) { walk(context, steps); });
  add(tests, "refuses_a_broken_configuration",
      "create refuses what is no JSON object, with an error document, and leaves *instance alone.",
      refuses_a_broken_configuration);
  add(tests, "many_instances", "Instances live side by side, and go one by one.", many_instances);
  add(tests, "create_does_no_io", "create starts no thread and opens no descriptor.", create_does_no_io);
  add(tests, "nothing_comes_after_destroy", "Once destroy has returned, nothing of the host is used.",
      nothing_comes_after_destroy);
  add(tests, "destroys_with_open_calls", "destroy comes to an end with calls open, and completes none of them.",
      destroys_with_open_calls);
}

}  // namespace slipway::kit
