/* The plugin's side of the C interface: one table of functions, and the one exported symbol. Every call is answered
 * before invoke returns, so there is nothing to cancel, to wait for or to wake. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"

struct slipway_instance {
  const slipway_host* host;
  slipway_span config; /* its own copy, behind the struct */
};

/* Hands the writer's memory over: the receiver releases it. */
static slipway_blob blob_of(json_writer* text) {
  slipway_blob blob = {(const uint8_t*)text->text, text->size, text->text, free};
  memset(text, 0, sizeof *text);
  return blob;
}

/* {"message": "..."} of a sentence. */
static slipway_blob error_of(json_writer* sentence) {
  static const char kNoMemory[] = "{\"message\":\"out of memory\"}";
  json_writer document = {0};
  if (!sentence->failed && sentence->size > 0) {
    json_write(&document, "{\"message\":");
    char* text = malloc(sentence->size + 1);
    if (text == NULL) document.failed = 1;
    if (text != NULL) {
      memcpy(text, sentence->text, sentence->size);
      text[sentence->size] = 0;
      json_write_string(&document, text);
      free(text);
    }
    json_write(&document, "}");
  }
  const int failed = sentence->failed || document.failed;
  json_free(sentence);
  if (!failed) return blob_of(&document);
  json_free(&document);
  slipway_blob fixed = {(const uint8_t*)kNoMemory, sizeof kNoMemory - 1, NULL, NULL};
  return fixed;
}

static int is_object(slipway_span text) {
  for (uint64_t i = 0; i < text.size; ++i) {
    if (strchr(" \t\r\n", text.data[i]) == NULL) return text.data[i] == '{';
  }
  return 0;
}

static slipway_status refuse(const char* text, slipway_status status, slipway_blob* error) {
  json_writer sentence = {0};
  json_write(&sentence, text);
  *error = error_of(&sentence);
  return status;
}

static slipway_status create(const slipway_host* host, slipway_span config, slipway_instance** instance,
                             slipway_blob* error) {
  if (config.size != 0 && !(json_is_valid(config) && is_object(config)))
    return refuse("the configuration is no JSON object", SLIPWAY_INVALID_ARGUMENT, error);
  slipway_instance* made = malloc(sizeof *made + config.size);
  if (made == NULL) return refuse("out of memory", SLIPWAY_RESOURCE_EXHAUSTED, error);
  uint8_t* copy = (uint8_t*)(made + 1);
  if (config.size != 0) memcpy(copy, config.data, config.size);
  made->host = host;
  made->config.data = copy;
  made->config.size = config.size;
  *instance = made;
  return SLIPWAY_OK;
}

static slipway_status start(slipway_instance* instance, slipway_blob* error) {
  (void)instance;
  (void)error;
  return SLIPWAY_OK;
}

/* A version and a state; this plugin keeps none, so there is nothing to take over. */
static int is_state(slipway_span request) {
  double version = 0;
  const int has_version = json_number(json_member(request, "version"), &version);
  const int is_whole = version > -9e18 && version < 9e18 && (double)(int64_t)version == version;
  return has_version && is_whole && json_member(request, "state").size > 0;
}

/* slipway.plugin/1: health, quiesce, export_state, import_state. */
static slipway_status answer_own(uint32_t method, slipway_span request, json_writer* out) {
  static const char* const kReplies[] = {"{\"condition\":\"healthy\"}", "{}", "{\"version\":0,\"state\":null}", "{}"};
  if (method >= sizeof kReplies / sizeof *kReplies) {
    json_write(out, "slipway.plugin/1 has no such method");
    return SLIPWAY_UNIMPLEMENTED;
  }
  if (method == 3 && !is_state(request)) {
    json_write(out, "want {\"version\": a whole number, \"state\": ...}");
    return SLIPWAY_INVALID_ARGUMENT;
  }
  json_write(out, kReplies[method]);
  return SLIPWAY_OK;
}

static slipway_status answer_call(const slipway_instance* instance, const slipway_call* call, json_writer* out) {
  if (!json_is_valid(call->payload)) {
    json_write(out, "the request is not JSON");
    return SLIPWAY_INVALID_ARGUMENT;
  }
  if (call->interface_index == 0) return answer(instance->config, call->method, call->payload, out);
  if (call->interface_index == 1) return answer_own(call->method, call->payload, out);
  json_write(out, "there is no such interface");
  return SLIPWAY_UNIMPLEMENTED;
}

static void invoke(slipway_instance* instance, const slipway_call* call) {
  json_writer out = {0};
  slipway_status status = answer_call(instance, call, &out);
  if (status == SLIPWAY_OK && out.failed) status = SLIPWAY_RESOURCE_EXHAUSTED;
  const slipway_blob payload = status == SLIPWAY_OK ? blob_of(&out) : error_of(&out);
  instance->host->complete(instance->host->context, call->id, status, payload);
}

static void cancel(slipway_instance* instance, uint64_t call_id) {
  (void)instance;
  (void)call_id;
}
static void on_reply(slipway_instance* instance, uint64_t token, slipway_status status, slipway_span payload) {
  (void)instance;
  (void)token;
  (void)status;
  (void)payload;
}
static void on_wake(slipway_instance* instance, uint64_t token) {
  (void)instance;
  (void)token;
}
static void quiesce(slipway_instance* instance) { (void)instance; }

static void destroy(slipway_instance* instance) { free(instance); }

#if defined(__GNUC__) && !defined(_WIN32)
__attribute__((visibility("default")))
#endif
const slipway_plugin*
slipway_plugin_entry(uint32_t host_major, uint32_t host_minor, slipway_blob* error);

const slipway_plugin* slipway_plugin_entry(uint32_t host_major, uint32_t host_minor, slipway_blob* error) {
  static const slipway_plugin table = {
      sizeof table, SLIPWAY_ABI_MAJOR, SLIPWAY_ABI_MINOR, 0,       kInterfaces, 2, 0, create, start, invoke,
      cancel,       on_reply,          on_wake,           quiesce, destroy};
  if (host_major != SLIPWAY_ABI_MAJOR) {
    char sentence[128];
    snprintf(sentence, sizeof sentence, "the host speaks ABI %u.%u, this plugin wants %u.0 or a later minor",
             host_major, host_minor, SLIPWAY_ABI_MAJOR);
    refuse(sentence, SLIPWAY_UNIMPLEMENTED, error);
    return NULL;
  }
  return &table;
}
