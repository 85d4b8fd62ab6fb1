/* A gate that lets the rollouts of some tenants wait. */
#include "answers.h"

#include <stdlib.h>
#include <string.h>

const slipway_span kInterfaces[2] = {INTERFACE("slipway.gate/1"), INTERFACE("slipway.plugin/1")};

enum { kCheck = 0 }; /* the one method of slipway.gate/1 */

/* The configuration as it came: it is small, and read at each call. */
struct settings {
  uint8_t* text;
  uint64_t size;
};

slipway_status settings_read(slipway_span config, settings** made, json_writer* error) {
  if (config.size != 0 && !json_is_valid(config)) {
    json_write(error, "the configuration is not JSON");
    return SLIPWAY_INVALID_ARGUMENT;
  }
  settings* kept = calloc(1, sizeof *kept);
  uint8_t* text = malloc(config.size + 1);
  if (kept == NULL || text == NULL) {
    free(kept);
    free(text);
    json_write(error, "out of memory");
    return SLIPWAY_RESOURCE_EXHAUSTED;
  }
  if (config.size != 0) memcpy(text, config.data, config.size);
  kept->text = text;
  kept->size = config.size;
  *made = kept;
  return SLIPWAY_OK;
}

void settings_free(settings* made) {
  free(made->text);
  free(made);
}

/* A setting of the rollout, else of the configuration. */
static slipway_span setting(const settings* settings, slipway_span request, const char* name) {
  const slipway_span own = json_member(json_member(request, "settings"), name);
  if (own.size != 0) return own;
  const slipway_span config = {settings->text, settings->size};
  return json_member(config, name);
}

static int is_held(slipway_span held, const char* tenant) {
  uint64_t place = 0;
  slipway_span item;
  while (json_next_item(held, &place, &item)) {
    char name[256];
    if (json_text(item, name, sizeof name) >= 0 && strcmp(name, tenant) == 0) return 1;
  }
  return 0;
}

static slipway_status check(const settings* settings, slipway_span request, json_writer* out) {
  char tenant[256];
  char reason[2048] = "rollouts of this tenant are held";
  if (json_text(json_member(request, "tenant"), tenant, sizeof tenant) < 0) {
    json_write(out, "the request has no \"tenant\"");
    return SLIPWAY_INVALID_ARGUMENT;
  }
  const int held = is_held(setting(settings, request, "held"), tenant);
  if (held) {
    json_text(setting(settings, request, "reason"), reason, sizeof reason);
  } else {
    strcpy(reason, "nothing holds this tenant");
  }
  json_write(out, held ? "{\"state\":\"pending\",\"reason\":" : "{\"state\":\"open\",\"reason\":");
  json_write_string(out, reason);
  json_write(out, "}");
  return SLIPWAY_OK;
}

slipway_status answer(const settings* settings, uint32_t method, slipway_span request, json_writer* out) {
  if (method == kCheck) return check(settings, request, out);
  json_write(out, "slipway.gate/1 has no such method");
  return SLIPWAY_UNIMPLEMENTED;
}
