/* What makes this plugin different from any other: its interface and its answers. plugin.c does the rest. */
#ifndef ACME_GREETER_ANSWERS_H
#define ACME_GREETER_ANSWERS_H

#include "json.h"

/* The interface served, and slipway.plugin/1. */
extern const slipway_span kInterfaces[2];
#define INTERFACE(id) \
  { (const uint8_t*)(id), sizeof(id) - 1 }

/* Answers a call of the interface: SLIPWAY_OK and the reply document in `out`, or another status and a sentence in it.
 * `config` is the configuration, an object or empty; `request` is valid JSON. May be called from several threads at
 * once. */
slipway_status answer(slipway_span config, uint32_t method, slipway_span request, json_writer* out);

#endif
