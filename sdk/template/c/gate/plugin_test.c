#include "test_host.h"

static const char kOpen[] = "{\"state\":\"open\",\"reason\":\"nothing holds this tenant\"}";

int main(void) {
  static test_host host;
  begin(&host, "{\"held\":");
  expect(&host, "a broken configuration", SLIPWAY_INVALID_ARGUMENT,
         "{\"message\":\"the configuration is no JSON object\"}");

  if (!begin(&host, "{\"held\":[\"acme\"],\"reason\":\"it \\\"rains\\\"\"}")) return 1;
  ask(&host, "another tenant", 0, "{\"tenant\":\"globex\"}", SLIPWAY_OK, kOpen);
  ask(&host, "a held tenant", 0, "{\"tenant\":\"acme\"}", SLIPWAY_OK,
      "{\"state\":\"pending\",\"reason\":\"it \\\"rains\\\"\"}");
  ask(&host, "the rollout's own settings", 0, "{\"tenant\":\"\\u0061cme\",\"settings\":{\"held\":[]}}", SLIPWAY_OK,
      kOpen);
  ask(&host, "no tenant", 0, "{\"tenant\":7}", SLIPWAY_INVALID_ARGUMENT,
      "{\"message\":\"the request has no \\\"tenant\\\"\"}");
  ask(&host, "no JSON", 0, "{\"tenant\"", SLIPWAY_INVALID_ARGUMENT, "{\"message\":\"the request is not JSON\"}");
  ask(&host, "no UTF-8", 0, "{\"tenant\":\"\xff\"}", SLIPWAY_INVALID_ARGUMENT,
      "{\"message\":\"the request is not JSON\"}");
  ask(&host, "no such method", 9, "{}", SLIPWAY_UNIMPLEMENTED, "{\"message\":\"slipway.gate/1 has no such method\"}");
  end(&host);
  return host.faults == 0 ? 0 : 1;
}
