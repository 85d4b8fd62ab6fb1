// The entry function and the table that it returns.
#include <slipway/json.hpp>

#include "host/loader/table_checks.hpp"
#include "tools/kit/loaded.hpp"
#include "tools/kit/test.hpp"

namespace slipway::kit {
namespace {

constexpr std::string_view kOfEntry = "its entry function ";

void loads(Context& context) {
  const Loaded loaded(context, context.package.library);
  static_cast<void>(loaded.table());
}

void takes_a_newer_minor(Context& context) {
  const Loaded loaded(context, context.package.library);
  slipway_blob error{};
  const auto* table = loaded.entry()(SLIPWAY_ABI_MAJOR, SLIPWAY_ABI_MINOR + 7, &error);
  const std::string reason = take(error);
  if (table == nullptr)
    fail(std::string(kOfEntry) + "refuses a host with a newer minor version, which only appends: " + reason);
}

// Refused, with an error document that holds both numbers.
void check_refusal(const Loaded& loaded, std::uint32_t major_number, std::uint32_t minor_number, std::uint32_t wanted) {
  slipway_blob error{};
  const auto* table = loaded.entry()(major_number, minor_number, &error);
  const std::string text = take(error);
  const std::string host = "a host of ABI " + std::to_string(major_number) + "." + std::to_string(minor_number);
  if (table != nullptr) fail(std::string(kOfEntry) + "takes " + host + ", for which it was not built");
  const auto document = parse_json(text);
  if (!document.ok() || !document->is_object() || !document->value("message", Json()).is_string())
    fail(std::string(kOfEntry) + "refuses " + host +
         " with what is no error document: " + to_text(text.substr(0, 200)));
  const std::string message = document->at("message");
  for (const std::uint32_t number : {major_number, wanted}) {
    if (message.find(std::to_string(number)) == message.npos)
      fail(std::string(kOfEntry) + "refuses " + host + " without naming both versions: " + message);
  }
}

void refuses_another_major(Context& context) {
  const Loaded loaded(context, context.package.library);
  check_refusal(loaded, SLIPWAY_ABI_MAJOR + 8, SLIPWAY_ABI_MINOR, SLIPWAY_ABI_MAJOR);
  check_refusal(loaded, 0, SLIPWAY_ABI_MINOR, SLIPWAY_ABI_MAJOR);
  const std::uint32_t least = loaded.table().min_host_minor;
  if (least > 0) check_refusal(loaded, SLIPWAY_ABI_MAJOR, least - 1, least);
}

void gives_the_same_table_twice(Context& context) {
  const Loaded loaded(context, context.package.library);
  if (&loaded.table() != &loaded.table()) fail(std::string(kOfEntry) + "returns another table the second time");
}

void table_has_its_size(Context& context) {
  const Loaded loaded(context, context.package.library);
  const slipway_plugin& table = loaded.table();
  const std::string size = std::to_string(table.size);
  const std::string mine = std::to_string(sizeof(slipway_plugin));
  if (table.size < sizeof(slipway_plugin)) fail("its table says it has " + size + " bytes; ABI 1.0 wants " + mine);
  if (table.abi_minor <= SLIPWAY_ABI_MINOR && table.size != sizeof(slipway_plugin))
    fail("its table says it has " + size + " bytes; the table of ABI 1." + std::to_string(table.abi_minor) + " has " +
         mine);
}

void table_is_of_this_abi(Context& context) {
  const Loaded loaded(context, context.package.library);
  const slipway_plugin& table = loaded.table();
  if (table.abi_major != SLIPWAY_ABI_MAJOR) fail("its table is of ABI major " + std::to_string(table.abi_major));
  if (table.min_host_minor > table.abi_minor)
    fail("its table asks for host minor " + std::to_string(table.min_host_minor) + " and was built against " +
         std::to_string(table.abi_minor));
  if (table.reserved != 0) fail("its table has " + std::to_string(table.reserved) + " in its reserved field; want 0");
}

// What a host looks at too, in its words.
void need(const Status& status) {
  if (!status.ok()) fail(status.message);
}

void table_has_every_function(Context& context) {
  const Loaded loaded(context, context.package.library);
  need(loader::check_table(loaded.table(), {}));
}

void interfaces_are_those_of_plugin_json(Context& context) {
  const Loaded loaded(context, context.package.library);
  const slipway_plugin& table = loaded.table();
  need(loader::check_table(table, {}));
  need(loader::match_interfaces(loader::interfaces_of(table), context.package.must_have_manifest().interfaces));
}

void add(Tests& tests, std::string name, std::string what, void (*run)(Context&)) {
  const std::string needs = name == "loads" ? "" : "entry.loads";
  tests.push_back({.group = "entry", .name = std::move(name), .what = std::move(what), .run = run, .needs = needs});
}

}  // namespace

void add_entry_tests(Tests& tests) {
  add(tests, "loads", "The library can be mapped, and its entry function returns a table.", loads);
  add(tests, "takes_a_newer_minor", "A host with a newer minor version is accepted.", takes_a_newer_minor);
  add(tests, "refuses_another_major",
      "A host of another major version, or too old a minor, is refused with an error document that names both.",
      refuses_another_major);
  add(tests, "gives_the_same_table_twice", "The table is static.", gives_the_same_table_twice);
  add(tests, "table_has_its_size", "The table has the size of its ABI version.", table_has_its_size);
  add(tests, "table_is_of_this_abi", "The table's versions fit one another, and its reserved field is 0.",
      table_is_of_this_abi);
  add(tests, "table_has_every_function", "No function is missing, and every interface has an id.",
      table_has_every_function);
  add(tests, "interfaces_are_those_of_plugin_json", "The table and plugin.json list the same interfaces.",
      interfaces_are_those_of_plugin_json);
}

}  // namespace slipway::kit
