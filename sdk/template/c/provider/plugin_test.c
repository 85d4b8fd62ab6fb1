#include <stdlib.h>
#include <unistd.h>

#include "test_host.h"

enum { kValidate = 1, kApply = 2, kObserve = 3, kRemove = 4 };

#define TARGET "\"tenant\":\"acme\",\"application\":\"shop\""
#define ORDER(token, generation)                               \
  "{" TARGET ",\"token\":" token ",\"generation\":" generation \
  ",\"groups\":[{\"role\":\"stable\",\"release\":{\"version\":\"1.2\"},\"replicas\":2,\"weight\":1000000}]}"
#define NEWER_TOKEN "{\"message\":\"an order under a newer token came before this one\"}"
#define NOT_THERE "{\"message\":\"there is no such application\"}"

static void expect_observed(test_host* host) {
  static const char kWanted[] =
      "{\"converged\":true,\"generation\":5,\"groups\":[{\"role\":\"stable\",\"release\":\"1.2\",\"replicas\":2,"
      "\"running\":2,\"ready\":2,"
      "\"weight\":1000000,\"ready_since\":[\"";
  if (strncmp(host->text, kWanted, strlen(kWanted)) == 0) return;
  ++host->faults;
  fprintf(stderr, "observed: got %s, wanted %s…\n", host->text, kWanted);
}

int main(void) {
  static test_host host;
  char folder[] = "/tmp/acme-greeter-XXXXXX";
  if (mkdtemp(folder) == NULL || chdir(folder) != 0) return 1;
  if (!begin(&host, "{\"directory\":\".\"}")) return 1;
  ask(&host, "nothing ordered", kObserve, "{" TARGET "}", SLIPWAY_NOT_FOUND, NOT_THERE);
  ask(&host, "an order", kApply, ORDER("2", "5"), SLIPWAY_OK, "{}");
  ask(&host, "the same again", kApply, ORDER("2", "5"), SLIPWAY_OK, "{}");
  ask(&host, "an older token", kApply, ORDER("1", "9"), SLIPWAY_ABORTED, NEWER_TOKEN);
  ask(&host, "an older generation", kApply, ORDER("2", "4"), SLIPWAY_ABORTED,
      "{\"message\":\"an order of a newer generation came before this one\"}");
  slipway_call call = {.size = sizeof call, .method = kObserve, .id = 1, .budget_ns = 1000000000};
  call.payload = span_of("{" TARGET "}");
  host.plugin->invoke(host.instance, &call);
  expect_observed(&host);
  ask(&host, "an older removal", kRemove, "{" TARGET ",\"token\":1}", SLIPWAY_ABORTED, NEWER_TOKEN);
  ask(&host, "a removal", kRemove, "{" TARGET ",\"token\":3}", SLIPWAY_OK, "{}");
  ask(&host, "nothing is left", kObserve, "{" TARGET "}", SLIPWAY_NOT_FOUND, NOT_THERE);
  ask(&host, "but the token", kApply, ORDER("2", "9"), SLIPWAY_ABORTED, NEWER_TOKEN);
  ask(&host, "a way out of the folder", kObserve, "{\"tenant\":\"..\",\"application\":\"shop\"}",
      SLIPWAY_INVALID_ARGUMENT, "{\"message\":\"the request has no \\\"tenant\\\", or no \\\"application\\\"\"}");
  ask(&host, "what it can't do", kValidate, "{" TARGET ",\"routes\":[{}],\"mirror\":{}}", SLIPWAY_OK,
      "{\"problems\":[\"header_routes: this provider has none\",\"mirroring: this provider has none\"]}");
  end(&host);
  unlink("acme.shop.json");
  rmdir(folder);
  return host.faults == 0 ? 0 : 1;
}
