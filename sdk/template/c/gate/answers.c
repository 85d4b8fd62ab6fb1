/* A gate that lets the rollouts of some tenants wait. */
#include "answers.h"

#include <string.h>

const slipway_span kInterfaces[2] = {INTERFACE("slipway.gate/1"), INTERFACE("slipway.plugin/1")};

enum { kCheck = 0 };

static int is_held(slipway_span held, const char* tenant) {
  uint64_t place = 0;
  slipway_span item;
  while (json_next_item(held, &place, &item)) {
    char name[256];
    if (json_text(item, name, sizeof name) >= 0 && strcmp(name, tenant) == 0) return 1;
  }
  return 0;
}

static slipway_status check(slipway_span config, slipway_span request, json_writer* out) {
  char tenant[256];
  if (json_text(json_member(request, "tenant"), tenant, sizeof tenant) < 0) {
    json_write(out, "the request has no \"tenant\"");
    return SLIPWAY_INVALID_ARGUMENT;
  }
  const slipway_span reason = json_setting(config, request, "reason");
  const int held = is_held(json_setting(config, request, "held"), tenant);
  json_write(out, held ? "{\"state\":\"pending\",\"reason\":" : "{\"state\":\"open\",\"reason\":");
  if (!held) {
    json_write_string(out, "nothing holds this tenant");
  } else if (reason.size != 0 && reason.data[0] == '"') {
    json_write_span(out, reason);
  } else {
    json_write_string(out, "rollouts of this tenant are held");
  }
  json_write(out, "}");
  return SLIPWAY_OK;
}

slipway_status answer(slipway_span config, uint32_t method, slipway_span request, json_writer* out) {
  if (method == kCheck) return check(config, request, out);
  json_write(out, "slipway.gate/1 has no such method");
  return SLIPWAY_UNIMPLEMENTED;
}
