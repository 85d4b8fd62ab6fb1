// Every method of the plugin: answered once, whatever it was sent, and without touching what it only borrowed.
#include <slipway/json.hpp>

#include "host/config/schema.hpp"
#include "tools/kit/generator.hpp"
#include "tools/kit/loaded.hpp"
#include "tools/kit/scenario.hpp"
#include "tools/kit/test.hpp"

namespace slipway::kit {
namespace {

constexpr int kRounds = 3;
constexpr int kOpenAtOnce = 256;
constexpr std::size_t kOversized = std::size_t{5} << 20;

// A started instance and its methods.
struct Running {
  explicit Running(Context& context)
      : loaded(context, context.package.library),
        methods(methods_of(loaded.table())),
        subject(context, loaded.table()) {
    subject.run();
  }
  void end() {
    subject.deliver_for(kAfterwards);
    subject.quiesce();
    subject.destroy();
  }

  Loaded loaded;
  std::vector<Method> methods;
  Subject subject;
};

void answers_once(Context& context) {
  Running running(context);
  for (int round = 0; round < kRounds; ++round) call_everything(context, running.subject, running.methods);
  running.end();
}

std::string faults_of(const Json& schema, const std::string& text) {
  const auto document = parse_json(text, {.bytes = std::size_t{64} << 20});
  const auto parsed = config::Schema::parse(schema);
  if (!document.ok() || !parsed.ok()) return "";
  const Problems problems = parsed->check(*document);
  return problems.empty() ? "" : problems.front().path + ": " + problems.front().message;
}

void replies_fit_their_schemas(Context& context) {
  Running running(context);
  std::size_t answered = 0;
  for (int round = 0; round < kRounds; ++round) {
    for (const Method& method : running.methods) {
      if (!method.is_known()) continue;
      const std::string request = request_for(method, context.random);
      const Completion answer = running.subject.call(method, request);
      if (answer.status != SLIPWAY_OK) continue;
      ++answered;
      const std::string fault = faults_of(method.reply, answer.payload);
      if (!fault.empty())
        fail("answers " + method.label() + " with a document that does not fit its schema: " + fault +
             "; the request was " + request.substr(0, 500));
    }
  }
  running.end();
  context.note = std::to_string(answered) + " replies";
}

void valid_requests_cause_no_internal_error(Context& context) {
  Running running(context);
  for (const Method& method : running.methods) {
    const std::string request = request_for(method, context.random);
    const Completion answer = running.subject.call(method, request);
    if (answer.status == SLIPWAY_INTERNAL || answer.status == SLIPWAY_UNKNOWN)
      context.warnings.push_back("ends " + method.label() + " with status " + std::to_string(answer.status) +
                                 " on a valid request: " + answer.payload.substr(0, 200) + "; the request was " +
                                 request.substr(0, 500));
  }
  running.end();
}

void cancelled_calls_are_answered_once(Context& context) {
  Running running(context);
  for (const Method& method : running.methods) {
    const std::uint64_t id = running.subject.begin(method, request_for(method, context.random), std::chrono::hours(1));
    if (!running.subject.host().completion(id)) running.subject.cancel(id);
    running.subject.await(id);
  }
  running.end();
}

void cancel_after_the_answer_is_harmless(Context& context) {
  Running running(context);
  for (const Method& method : running.methods) {
    const std::uint64_t id = running.subject.begin(method, request_for(method, context.random));
    running.subject.await(id);
    running.subject.cancel(id);
  }
  running.end();
}

void answers_without_a_budget(Context& context) {
  Running running(context);
  for (const Method& method : running.methods)
    running.subject.await(
        running.subject.begin(method, request_for(method, context.random), std::chrono::nanoseconds(0)));
  running.end();
}

void oversized_requests(Context& context) {
  Running running(context);
  const std::string text = R"({"settings":")" + std::string(kOversized, 'a') + "\"}";
  for (const Method& method : running.methods) running.subject.call(method, text);
  running.end();
}

// No plugin serves these numbers.
void check_unknown(Context& context, Subject& subject, const Method& method) {
  const Completion answer = subject.call(method, "{}");
  if (answer.status == SLIPWAY_OK) fail("answers OK to " + method.label() + ", which there is not");
  if (answer.status != SLIPWAY_UNIMPLEMENTED)
    context.warnings.push_back("answers " + method.label() + ", which there is not, with status " +
                               std::to_string(answer.status) + " instead of UNIMPLEMENTED");
}

void unknown_methods(Context& context) {
  Running running(context);
  for (std::uint32_t i = 0; i < running.loaded.table().interface_count; ++i) {
    for (const std::uint32_t number : {1'000U, 0xffff'ffffU})
      check_unknown(context, running.subject,
                    {.interface_index = i,
                     .number = number,
                     .interface = "interface " + std::to_string(i),
                     .name = {},
                     .request = {},
                     .reply = {}});
  }
  running.end();
}

void unknown_interfaces(Context& context) {
  Running running(context);
  for (const std::uint32_t index : {running.loaded.table().interface_count, 1'000U, 0xffff'ffffU})
    check_unknown(context, running.subject,
                  {.interface_index = index,
                   .number = 0,
                   .interface = "interface " + std::to_string(index),
                   .name = {},
                   .request = {},
                   .reply = {}});
  running.end();
}

// `document` cannot be read, so that OK for it means that nobody looked.
void check_damaged(Context& context, const Method& method, Damage damage, const Completion& answer,
                   const std::string& document) {
  const bool readable = parse_json(document).ok();
  if (answer.status == SLIPWAY_OK && !readable && method.wants_fields())
    context.warnings.push_back("answers OK to " + method.label() +
                               " although the request was damaged: " + std::string(name_of(damage)));
}

void damaged_requests(Context& context, Damage damage) {
  constexpr int kTries = 6;
  Running running(context);
  for (int i = 0; i < kTries; ++i) {
    std::vector<std::uint64_t> ids;
    std::vector<std::string> texts;
    for (const Method& method : running.methods) {
      const Json request = method.is_known() ? make_document(method.request, context.random) : Json{{"key", "value"}};
      texts.push_back(damaged(request, damage, context.random));
      ids.push_back(running.subject.begin(method, texts.back()));
    }
    running.subject.await_all(ids);
    for (std::size_t m = 0; m < ids.size(); ++m)
      check_damaged(context, running.methods[m], damage, *running.subject.host().completion(ids[m]), texts[m]);
  }
  running.end();
}

void many_open_calls(Context& context) {
  Running running(context);
  std::vector<std::uint64_t> ids;
  for (int i = 0; i < kOpenAtOnce; ++i) {
    const Method& method = running.methods[static_cast<std::size_t>(i) % running.methods.size()];
    ids.push_back(running.subject.begin(method, request_for(method, context.random)));
  }
  running.subject.await_all(ids);
  running.end();
}

// The pages are watched in every test; here nothing else is looked at.
void borrowed_bytes(Context& context) {
  Running running(context);
  call_everything(context, running.subject, running.methods);
  running.subject.deliver_for(kAfterwards);
  running.end();
}

void payloads_stay_until_released(Context& context) {
  Running running(context);
  for (int round = 0; round < kRounds; ++round) call_everything(context, running.subject, running.methods);
  running.end();
}

void add(Tests& tests, std::string name, std::string what, std::function<void(Context&)> run) {
  tests.push_back({.group = "calls",
                   .name = std::move(name),
                   .what = std::move(what),
                   .run = std::move(run),
                   .needs = "lifecycle.create_start_call_destroy"});
}

void add_damages(Tests& tests) {
  const std::pair<Damage, const char*> kinds[] = {{Damage::cut_off, "truncated_requests"},
                                                  {Damage::flipped_bits, "requests_with_flipped_bits"},
                                                  {Damage::embedded_nul, "requests_with_a_nul"},
                                                  {Damage::not_utf8, "requests_that_are_no_utf8"},
                                                  {Damage::too_deep, "requests_that_are_too_deep"},
                                                  {Damage::wrong_types, "requests_of_wrong_types"},
                                                  {Damage::empty, "empty_requests"}};
  for (const auto& [damage, name] : kinds) {
    add(tests, name, "A request with " + std::string(name_of(damage)) + " is answered once, and never with OK.",
        [damage = damage](Context& context) { damaged_requests(context, damage); });
  }
}

}  // namespace

void add_calls_tests(Tests& tests) {
  add(tests, "answers_once", "Every method answers each valid request exactly once.", answers_once);
  add(tests, "replies_fit_their_schemas", "What is answered with OK fits the interface's schema.",
      replies_fit_their_schemas);
  add(tests, "valid_requests_cause_no_internal_error",
      "A valid request ends with a status that tells its caller something.", valid_requests_cause_no_internal_error);
  add(tests, "cancelled_calls_are_answered_once", "A call that is cancelled is completed soon, and once.",
      cancelled_calls_are_answered_once);
  add(tests, "cancel_after_the_answer_is_harmless", "A cancel that comes too late changes nothing.",
      cancel_after_the_answer_is_harmless);
  add(tests, "answers_without_a_budget", "A call whose deadline has passed is still completed.",
      answers_without_a_budget);
  add(tests, "oversized_requests", "A request of 5 MiB is answered once.", oversized_requests);
  add(tests, "unknown_methods", "A method that there is not is UNIMPLEMENTED.", unknown_methods);
  add(tests, "unknown_interfaces", "An interface that there is not is UNIMPLEMENTED.", unknown_interfaces);
  add_damages(tests);
  add(tests, "many_open_calls", "256 calls that are open at the same time are each answered once.", many_open_calls);
  add(tests, "borrowed_bytes", "Borrowed bytes are only read, only within their size, and not after the call.",
      borrowed_bytes);
  add(tests, "payloads_stay_until_released", "A reply's bytes stay what they are until the host releases them.",
      payloads_stay_until_released);
}

}  // namespace slipway::kit
