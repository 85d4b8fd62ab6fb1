/* Plays the host: makes an instance, asks it, and compares the answers with what they should be. */
#include <slipway/abi/plugin.h>
#include <stdio.h>
#include <string.h>

const slipway_plugin* slipway_plugin_entry(uint32_t host_major, uint32_t host_minor, slipway_blob* error);

static slipway_status last_status;
static char last_text[1024];
static int answers;
static int faults;

static slipway_span span_of(const char* text) {
  slipway_span span = {(const uint8_t*)text, strlen(text)};
  return span;
}
static void keep(slipway_status status, slipway_blob payload) {
  const uint64_t size = payload.size < sizeof last_text - 1 ? payload.size : sizeof last_text - 1;
  last_status = status;
  if (size != 0) memcpy(last_text, payload.data, size);
  last_text[size] = 0;
  if (payload.release != NULL) payload.release(payload.owner);
}
static void complete(void* context, uint64_t call_id, slipway_status status, slipway_blob payload) {
  (void)context;
  (void)call_id;
  ++answers;
  keep(status, payload);
}
static const slipway_host kHost = {.size = sizeof kHost, .abi_minor = SLIPWAY_ABI_MINOR, .complete = complete};

static void expect(const char* what, slipway_status status, const char* text) {
  if (last_status == status && strcmp(last_text, text) == 0) return;
  ++faults;
  fprintf(stderr, "%s: got %d %s, wanted %d %s\n", what, last_status, last_text, status, text);
}

static void ask(const slipway_plugin* plugin, slipway_instance* instance, uint32_t interface_index,
                const char* request) {
  const int before = answers;
  slipway_call call = {.size = sizeof call, .interface_index = interface_index, .id = 1, .budget_ns = 1000000000};
  call.payload = span_of(request);
  plugin->invoke(instance, &call);
  if (answers == before + 1) return;
  ++faults;
  fprintf(stderr, "%s: answered %d times\n", request, answers - before);
}

int main(void) {
  slipway_blob error = {0};
  slipway_instance* instance = NULL;
  if (slipway_plugin_entry(SLIPWAY_ABI_MAJOR + 1, 0, &error) != NULL) ++faults;
  const slipway_plugin* plugin = slipway_plugin_entry(SLIPWAY_ABI_MAJOR, SLIPWAY_ABI_MINOR, &error);

  keep(plugin->create(&kHost, span_of("{\"held\":"), &instance, &error), error);
  expect("a broken configuration", SLIPWAY_INVALID_ARGUMENT, "{\"message\":\"the configuration is not JSON\"}");
  if (plugin->create(&kHost, span_of("{\"held\":[\"acme\"],\"reason\":\"it \\\"rains\\\"\"}"), &instance, &error) != 0)
    return 1;
  if (plugin->start(instance, &error) != SLIPWAY_OK) return 1;

  ask(plugin, instance, 0, "{\"tenant\":\"globex\"}");
  expect("another tenant", SLIPWAY_OK, "{\"state\":\"open\",\"reason\":\"nothing holds this tenant\"}");
  ask(plugin, instance, 0, "{\"tenant\":\"acme\"}");
  expect("a held tenant", SLIPWAY_OK, "{\"state\":\"pending\",\"reason\":\"it \\\"rains\\\"\"}");
  ask(plugin, instance, 0, "{\"tenant\":\"\\u0061cme\",\"settings\":{\"held\":[]}}");
  expect("the rollout's own settings", SLIPWAY_OK, "{\"state\":\"open\",\"reason\":\"nothing holds this tenant\"}");
  ask(plugin, instance, 0, "{\"tenant\":7}");
  expect("no tenant", SLIPWAY_INVALID_ARGUMENT, "{\"message\":\"the request has no \\\"tenant\\\"\"}");
  ask(plugin, instance, 0, "{\"tenant\"");
  expect("no JSON", SLIPWAY_INVALID_ARGUMENT, "{\"message\":\"the request is not JSON\"}");
  ask(plugin, instance, 1, "{}");
  expect("health", SLIPWAY_OK, "{\"condition\":\"healthy\"}");

  plugin->quiesce(instance);
  plugin->destroy(instance);
  return faults == 0 ? 0 : 1;
}
