// What a successor inherits: export, import, export again, and state that cannot be read.
#include <slipway/interfaces/plugin.hpp>
#include <slipway/json.hpp>

#include "tools/kit/generator.hpp"
#include "tools/kit/loaded.hpp"
#include "tools/kit/scenario.hpp"
#include "tools/kit/test.hpp"

namespace slipway::kit {
namespace {

const manifest::StateSchema& must_hand_over(const Context& context) {
  const auto& state = context.package.must_have_manifest().state;
  if (state.kind != manifest::StateKind::snapshot)
    skip("plugin.json says no \"state\": {\"kind\": \"snapshot\"}: nothing is handed over");
  return state;
}

Method own_method(const slipway_plugin& table, std::string_view name) {
  for (const Method& method : methods_of(table)) {
    if (method.interface == plugin::kId && method.name == name) return method;
  }
  fail("provides no " + std::string(plugin::kId));
}

// The state document of a quiesced instance.
Json exported(Subject& subject, const slipway_plugin& table) {
  const Completion answer = subject.call(own_method(table, plugin::ExportState::name), "{}");
  if (answer.status != SLIPWAY_OK)
    fail("export_state ends with status " + std::to_string(answer.status) + ": " + answer.payload);
  auto document = parse_json(answer.payload, {.bytes = std::size_t{64} << 20});
  if (!document.ok() || !document->is_object() || !document->value("version", Json()).is_number_integer())
    fail("export_state answers with no state document {\"version\", \"state\"}: " + answer.payload.substr(0, 200));
  return std::move(*document);
}

Json state_after_some_work(Context& context, const slipway_plugin& table) {
  Subject subject(context, table, "the old generation");
  subject.run();
  for (int round = 0; round < 3; ++round) call_everything(context, subject, methods_of(table));
  subject.quiesce();
  Json state = exported(subject, table);
  subject.destroy();
  return state;
}

Completion import(Subject& subject, const slipway_plugin& table, const std::string& document) {
  return subject.call(own_method(table, plugin::ImportState::name), document);
}

void survives_a_hand_over(Context& context) {
  const auto& declared = must_hand_over(context);
  const Loaded loaded(context, context.package.library);
  const Json state = state_after_some_work(context, loaded.table());
  if (state["version"] != declared.writes)
    fail("exports state of version " + state["version"].dump() + "; plugin.json says that it writes " +
         std::to_string(declared.writes));
  Subject next(context, loaded.table(), "the new generation");
  next.run();
  const Completion answer = import(next, loaded.table(), to_text(state));
  if (answer.status != SLIPWAY_OK)
    fail("cannot read the state that it exported: import_state ends with status " + std::to_string(answer.status) +
         ": " + answer.payload.substr(0, 300));
  next.quiesce();
  const Json again = exported(next, loaded.table());
  next.destroy();
  if (again != state)
    fail("exports another state than it imported: " + to_text(again).substr(0, 200) + " instead of " +
         to_text(state).substr(0, 200));
}

void refuses_another_version(Context& context) {
  const auto& declared = must_hand_over(context);
  const Loaded loaded(context, context.package.library);
  Json state = state_after_some_work(context, loaded.table());
  std::int64_t other = 1'000'000;
  while (std::ranges::count(declared.reads, other) > 0) ++other;
  state["version"] = other;
  Subject next(context, loaded.table(), "the new generation");
  next.run();
  if (import(next, loaded.table(), to_text(state)).status == SLIPWAY_OK)
    fail("imports state of version " + std::to_string(other) + ", which plugin.json does not say that it reads");
  next.quiesce();
  next.destroy();
}

void survives_damaged_state(Context& context) {
  must_hand_over(context);
  const Loaded loaded(context, context.package.library);
  const Json state = state_after_some_work(context, loaded.table());
  for (const Damage damage : {Damage::cut_off, Damage::flipped_bits, Damage::not_utf8, Damage::wrong_types}) {
    for (int i = 0; i < 8; ++i) {
      const std::string text = damaged(state, damage, context.random);
      Subject next(context, loaded.table(), "the new generation");
      next.run();
      const Completion answer = import(next, loaded.table(), text);
      if (answer.status == SLIPWAY_OK && !parse_json(text).ok())
        fail("imports state that is no document: " + std::string(name_of(damage)));
      next.quiesce();
      next.destroy();
    }
  }
}

void add(Tests& tests, std::string name, std::string what, void (*run)(Context&)) {
  tests.push_back({.group = "state",
                   .name = std::move(name),
                   .what = std::move(what),
                   .run = run,
                   .level = Level::swap,
                   .needs = "lifecycle.create_start_call_destroy"});
}

}  // namespace

void add_state_tests(Tests& tests) {
  add(tests, "survives_a_hand_over", "A new instance takes the exported state, and exports the same again.",
      survives_a_hand_over);
  add(tests, "refuses_another_version", "State of a version that plugin.json does not list is refused.",
      refuses_another_version);
  add(tests, "survives_damaged_state", "State that is cut off or changed is refused or read, and harms nobody.",
      survives_damaged_state);
}

}  // namespace slipway::kit
