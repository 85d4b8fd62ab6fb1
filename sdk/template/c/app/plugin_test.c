#include "test_host.h"

enum { kRoutes = 0, kHandle = 1, kOnEvent = 2, kTick = 3 };

#define LINKS "{\"docs\":\"https://docs.example/\"}"

int main(void) {
  static test_host host;
  begin(&host, "{\"links\":");
  expect(&host, "a broken configuration", SLIPWAY_INVALID_ARGUMENT,
         "{\"message\":\"the configuration is no JSON object\"}");

  if (!begin(&host, "{\"links\":" LINKS "}")) return 1;
  ask(&host, "what it serves", kRoutes, "{}", SLIPWAY_OK,
      "{\"routes\":["
      "{\"verb\":\"GET\",\"path\":\"/api/links\",\"access\":\"read\",\"doc\":\"All links.\"},"
      "{\"verb\":\"GET\",\"path\":\"/api/links/{name}\",\"access\":\"read\",\"doc\":\"Where one link leads.\"}"
      "],\"events\":[]}");
  ask(&host, "all links", kHandle, "{\"route\":0}", SLIPWAY_OK, "{\"status\":200,\"body\":" LINKS "}");
  ask(&host, "one link", kHandle, "{\"route\":1,\"parameters\":{\"name\":\"docs\"}}", SLIPWAY_OK,
      "{\"status\":200,\"body\":\"https://docs.example/\"}");
  ask(&host, "a link that there is not", kHandle, "{\"route\":1,\"parameters\":{\"name\":\"wiki\"}}", SLIPWAY_NOT_FOUND,
      "{\"message\":\"there is no such link\"}");
  ask(&host, "no name", kHandle, "{\"route\":1}", SLIPWAY_INVALID_ARGUMENT,
      "{\"message\":\"the request has no parameter \\\"name\\\"\"}");
  ask(&host, "another route", kHandle, "{\"route\":2}", SLIPWAY_NOT_FOUND,
      "{\"message\":\"there is no such route; there are 2, counted from 0\"}");
  ask(&host, "no route", kHandle, "{}", SLIPWAY_NOT_FOUND,
      "{\"message\":\"there is no such route; there are 2, counted from 0\"}");
  ask(&host, "an event", kOnEvent, "{\"id\":\"ev-1\"}", SLIPWAY_OK, "{}");
  ask(&host, "the time", kTick, "{\"now\":\"2026-03-01T12:00:00Z\"}", SLIPWAY_OK, "{}");
  ask(&host, "no such method", 9, "{}", SLIPWAY_UNIMPLEMENTED, "{\"message\":\"slipway.app/1 has no such method\"}");
  end(&host);

  if (!begin(&host, "{}")) return 1;
  ask(&host, "no links at all", kHandle, "{\"route\":0}", SLIPWAY_OK, "{\"status\":200,\"body\":{}}");
  end(&host);
  return host.faults == 0 ? 0 : 1;
}
