/* What makes this plugin different from any other: its interface, its settings, its answers. plugin.c does the rest. */
#ifndef ACME_GREETER_ANSWERS_H
#define ACME_GREETER_ANSWERS_H

#include "json.h"

typedef struct settings settings;

/* The interface served, and slipway.plugin/1. */
extern const slipway_span kInterfaces[2];
#define INTERFACE(id) \
  { (const uint8_t*)(id), sizeof(id) - 1 }

/* Reads the configuration, a JSON object. SLIPWAY_OK and *made, or another status and a sentence in `error`. */
slipway_status settings_read(slipway_span config, settings** made, json_writer* error);
void settings_free(settings* made);

/* Answers a call of the interface: SLIPWAY_OK and the reply document in `out`, or another status and a sentence in it.
 * `request` is valid JSON. May be called from several threads at once. */
slipway_status answer(const settings* settings, uint32_t method, slipway_span request, json_writer* out);

#endif
