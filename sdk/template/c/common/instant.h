/* Moments of documents: RFC 3339 in UTC. */
#ifndef ACME_GREETER_INSTANT_H
#define ACME_GREETER_INSTANT_H

#include "json.h"

/* Seconds since 1970 of "2026-01-31T12:00:00.25Z"; 0 for what is no instant. */
double instant_of(slipway_span value);

/* Rounded up to whole seconds. */
void write_instant(json_writer* out, double instant);

#endif
