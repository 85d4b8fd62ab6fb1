/* Plays the host for a test: makes instances, asks them, and compares their answers with what they should be. */
#ifndef ACME_GREETER_TEST_HOST_H
#define ACME_GREETER_TEST_HOST_H

#include <slipway/abi/plugin.h>
#include <stdio.h>
#include <string.h>

const slipway_plugin* slipway_plugin_entry(uint32_t host_major, uint32_t host_minor, slipway_blob* error);

typedef struct test_host {
  const slipway_plugin* plugin;
  slipway_instance* instance;
  slipway_host table;
  slipway_status status; /* of the last answer */
  char text[16384];      /* of the last answer */
  int answers;
  int faults;
} test_host;

static inline slipway_span span_of(const char* text) {
  const slipway_span span = {(const uint8_t*)text, strlen(text)};
  return span;
}

static inline void keep(test_host* host, slipway_status status, slipway_blob payload) {
  const uint64_t room = sizeof host->text - 1;
  const uint64_t size = payload.size < room ? payload.size : room;
  host->status = status;
  if (size != 0) memcpy(host->text, payload.data, size);
  host->text[size] = 0;
  if (payload.release != NULL) payload.release(payload.owner);
}

static inline void on_complete(void* context, uint64_t call_id, slipway_status status, slipway_blob payload) {
  test_host* host = context;
  (void)call_id;
  ++host->answers;
  keep(host, status, payload);
}

/* An instance with this configuration, started; its refusal is the last answer. 1 when it runs. */
static inline int begin(test_host* host, const char* config) {
  slipway_blob error = {0};
  host->plugin = slipway_plugin_entry(SLIPWAY_ABI_MAJOR, SLIPWAY_ABI_MINOR, &error);
  host->table.size = sizeof host->table;
  host->table.context = host;
  host->table.complete = on_complete;
  slipway_status status = host->plugin->create(&host->table, span_of(config), &host->instance, &error);
  if (status == SLIPWAY_OK) status = host->plugin->start(host->instance, &error);
  keep(host, status, error);
  return status == SLIPWAY_OK;
}

static inline void end(test_host* host) {
  host->plugin->quiesce(host->instance);
  host->plugin->destroy(host->instance);
  host->instance = NULL;
}

static inline void expect(test_host* host, const char* what, slipway_status status, const char* text) {
  if (host->status == status && strcmp(host->text, text) == 0) return;
  ++host->faults;
  fprintf(stderr, "%s: got %d %s, wanted %d %s\n", what, (int)host->status, host->text, (int)status, text);
}

/* One call, and the answer that it should have. */
static inline void ask(test_host* host, const char* what, uint32_t method, const char* request, slipway_status status,
                       const char* text) {
  const int before = host->answers;
  slipway_call call = {.size = sizeof call, .method = method, .id = 1, .budget_ns = 1000000000};
  call.payload = span_of(request);
  host->plugin->invoke(host->instance, &call);
  if (host->answers != before + 1) {
    ++host->faults;
    fprintf(stderr, "%s: answered %d times\n", what, host->answers - before);
  }
  expect(host, what, status, text);
}

#endif
