#include "tools/kit/run_test.hpp"

#include <functional>
#include <slipway/json.hpp>

#include "host/base/files.hpp"
#include "tools/kit/generator.hpp"
#include "tools/kit/guarded.hpp"

namespace slipway::kit {
namespace {

// FNV-1a, so that each test has random numbers of its own, whatever runs beside it.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

// What the plugin's schema asks for and no more; its defaults do the rest.
std::string least_config(const Package& package, base::Random& random) {
  Json config = Json::object();
  if (!package.manifest.ok()) return "{}";
  const Json& schema = package.manifest->config_schema;
  if (!schema.is_object()) return "{}";
  for (const Json& name : schema.value("required", Json::array()))
    config[name.get<std::string>()] = make_document(schema["properties"][name.get<std::string>()], random);
  return to_text(config);
}

std::string config_of(const Subjects& subjects, const Package& package, base::Random& random) {
  if (subjects.config.empty()) return least_config(package, random);
  const auto text = base::read_file(subjects.config);
  if (!text.ok()) fail("the configuration can't be read: " + text.status().message);
  const auto document = parse_json(*text);
  if (!document.ok()) fail(subjects.config.string() + ": " + document.status().message);
  return to_text(*document);
}

Outcome judge(const Context& context) {
  if (!context.breaches.empty()) return {Verdict::fail, context.breaches.summary()};
  if (const std::string text = context.breaches.harmless(); !text.empty()) return {Verdict::warn, "the plugin " + text};
  if (!context.warnings.empty()) return {Verdict::warn, "the plugin " + context.warnings.front()};
  return {Verdict::pass, context.note};
}

Outcome run(const Test& test, Context& context, const Subjects& subjects) {
  try {
    context.config = config_of(subjects, context.package, context.random);
    test.run(context);
    return judge(context);
  } catch (const Ended& ended) {
    // What the plugin did wrong says more than what came of it.
    if (ended.outcome().verdict == Verdict::fail && !context.breaches.empty())
      return {Verdict::fail, ended.outcome().reason + "; before that " + context.breaches.summary()};
    return ended.outcome();
  } catch (const std::exception& error) {
    return {Verdict::fail, std::string("the test itself failed: ") + error.what()};
  }
}

}  // namespace

void run_test(const Test& test, const Subjects& subjects, const Package& package, Board& board) {
  watch_borrowed_bytes(board);
  base::SeededRandom random(subjects.seed ^ hash_of(test.full_name()));
  // Threads that the plugin left behind may still use the context.
  auto& context = *new Context{.package = package, .board = board, .random = random, .key = subjects.key, .config = {}};
  const Outcome outcome = run(test, context, subjects);
  board.decide(outcome.verdict, outcome.reason);
}

}  // namespace slipway::kit
